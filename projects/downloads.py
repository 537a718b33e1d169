"""Sending a file of a project to a browser, so that it is saved and never runs (specs/security T14)."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import PurePosixPath

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from projects.files import OpenFile

PIECE = 256 * 1024

# What a browser may be told a file is. Everything else, and all that can carry a script, is just bytes.
_INERT = {
    ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".txt": "text/plain", ".md": "text/plain",
    ".json": "application/json", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp",
}  # fmt: skip


class Download(StreamingHttpResponse):
    """A plain file as an attachment, read in pieces; closes it.

    Django would gather an ordinary iterator into memory before an ASGI server gets the first piece, so the
    asynchronous way is written out.
    """

    def __init__(self, file: OpenFile, path: PurePosixPath) -> None:
        # A file object rather than the number: should nobody call `close`, the collector does.
        self.file, self.left = os.fdopen(file.descriptor, "rb", buffering=0), file.size
        super().__init__(self._pieces(), content_type=_INERT.get(path.suffix.lower(), "application/octet-stream"))
        self._resource_closers.append(self.file.close)
        self.headers["Content-Length"] = str(file.size)
        self.headers["Content-Disposition"] = content_disposition_header(True, path.name)
        self.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        self.headers["X-Content-Type-Options"] = "nosniff"
        self.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        self.headers["X-Robots-Tag"] = "noindex"
        # Access may be taken away at any moment; no cache keeps what it gave.
        self.headers["Cache-Control"] = "private, no-store"

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._next():
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self._next, thread_sensitive=False)
        while piece := await read():
            yield piece

    def _next(self) -> bytes:
        """The next piece; never more than was promised, should the file be growing."""
        piece = self.file.read(min(PIECE, self.left)) if self.left else b""
        self.left -= len(piece)
        return piece
