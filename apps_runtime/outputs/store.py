"""Outputs as rows keep them, and the bytes beside them.

A value above `INLINE` bytes, every picture and everything drawn in a frame becomes
`{"$blob": {"sha256", "size", "media_type", "encoding", …}}` in the row and a file `blobs/ab/cdef…` in Django's default
storage. The digest is of the media type, a line feed and the bytes. `load` is the exact inverse of `put`,
but for values that say they are of a type of ours and are not: they are not kept.

What a page must know before it has the bytes is kept in the reference: `picture` (width, height, opaque), `head` (the
first rows of a table), `shape` (what kind of thing HTML is), `frame` (title and height of a chart).
"""

import base64
import binascii
import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from apps_runtime.models.outputs import Blob
from apps_runtime.outputs.content import is_json_type
from apps_runtime.outputs.html import LARGEST_IN_PAGE, HtmlShape, shape_of
from apps_runtime.outputs.images import IMAGE_TYPES, measure
from apps_runtime.outputs.representations import frame_facts, frame_kind
from apps_runtime.outputs.table_data import TABLE_TYPE, head_of, is_table
from projects import confined
from projects.confined import NotDone

Output: TypeAlias = dict[str, Any]
Told = TypeVar("Told")

INLINE = 2048
MOST_FAILURES = 3
MEASURED = 2**20  # bytes of a picture, in which its size must stand
OWN_TYPES = "application/vnd.hexlite."
TOUCHED_EVERY = timedelta(hours=1)
REFERENCE = "$blob"
TRACEBACK_TYPE = "application/vnd.hexlite.traceback+json"
# Text, under a name of its own: who may not see errors may not fetch it either (`readers.Reader.may_fetch`).
STDERR_TYPE = "application/vnd.hexlite.stderr"


logger = logging.getLogger(__name__)


class BlobMissing(LookupError):
    """A row refers to bytes that are not in the storage."""


@dataclass(frozen=True)
class _Content:
    """Bytes to be kept under their digest."""

    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.media_type.encode() + b"\n" + self.content).hexdigest()


class _Contents(dict[str, _Content]):
    """What is put at once, by digest. `failures`: how often what is in it could not be told."""

    failures = 0

    def told(self, function: Callable[..., Told], *args: Any, otherwise: Told) -> Told:
        """The fact as a confined process tells it. Whoever puts many that can't be told waits for a few of them."""
        if self.failures >= MOST_FAILURES:
            return otherwise
        try:
            return confined.call(function, *args)
        except NotDone:
            self.failures += 1
            return otherwise


def put(outputs: Sequence[Output]) -> list[Output]:
    """Keep the bytes, return what the row keeps. Raises OSError when there is no room; then nothing is half written."""
    contents = _Contents()
    stored = [_put_output(output, contents) for output in outputs]
    _keep(contents)
    return stored


def load(stored: Sequence[Output]) -> list[Output]:
    """The outputs as `put` was given them. Raises BlobMissing."""
    return [_load_output(output) for output in stored]


def value_of(value: Any) -> Any:
    """A value of a stored output, whether it is in the row or beside it. Raises BlobMissing."""
    reference = reference_of(value)
    return value if reference is None else _decoded(read(reference["sha256"]), reference["encoding"])


def reference_of(value: Any) -> Mapping[str, Any] | None:
    """The reference, if the value is kept beside the row."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get(REFERENCE), Mapping):
        return value[REFERENCE]
    return None


def references(stored: Sequence[Output]) -> Iterator[Mapping[str, Any]]:
    """Every reference in stored outputs."""
    for output in stored:
        for value in (output.get("text"), output.get("traceback"), *output.get("data", {}).values()):
            reference = reference_of(value)
            if reference is not None:
                yield reference


def read(sha256: str) -> bytes:
    """The bytes of a blob. Raises BlobMissing."""
    try:
        with default_storage.open(_path(sha256)) as file:
            return file.read()
    except FileNotFoundError as absent:
        raise BlobMissing(sha256) from absent


# ---- Into the store


def _put_output(output: Output, contents: _Contents) -> Output:
    match output.get("output_type"):
        case "stream":
            media_type = STDERR_TYPE if output.get("name") == "stderr" else "text/plain"
            return {**output, "text": _put_text(output["text"], media_type, contents)}
        case "error":
            return {**output, "traceback": _put_json(output["traceback"], TRACEBACK_TYPE, contents)}
        case "display_data" | "execute_result":
            metadata = output.get("metadata", {})
            data = {
                media_type: _put_value(value, media_type, metadata, contents)
                for media_type, value in _well_shaped(output["data"]).items()
            }
            return {**output, "data": data}
    return dict(output)


def _well_shaped(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what says that it is ours and is not: pages, downloads and comparisons rely on the shape of those."""
    odd = [
        media_type
        for media_type, value in data.items()
        if media_type.startswith(OWN_TYPES) and not (media_type == TABLE_TYPE and is_table(value))
    ]
    if not odd:
        return data
    logger.warning("An output said that it is %s and is not", ", ".join(odd)[:200])
    kept = {media_type: value for media_type, value in data.items() if media_type not in odd}
    return kept or {"text/plain": "An output that hexlite can't read."}


def _put_value(value: Any, media_type: str, metadata: Mapping[str, Any], contents: _Contents) -> Any:
    if media_type in IMAGE_TYPES and isinstance(value, str):
        return _put_picture(value, media_type, metadata, contents)
    if isinstance(value, str) and media_type == "text/html":
        shape = _shape_of(value, contents)
        return _put_text(value, media_type, contents, always=shape is HtmlShape.FRAME, shape=shape.value)
    if isinstance(value, str) and not is_json_type(media_type):
        return _put_text(value, media_type, contents, always=frame_kind(media_type) is not None)
    if media_type == TABLE_TYPE:
        return _put_json(value, media_type, contents, always=True, head=head_of(value))
    kind = frame_kind(media_type)
    facts = frame_facts(kind, value) if kind else None
    return _put_json(value, media_type, contents, always=kind is not None, frame=facts)


def _put_picture(value: str, media_type: str, metadata: Mapping[str, Any], contents: _Contents) -> Any:
    encoding, content = ("text", _bytes(value)) if media_type == "image/svg+xml" else _from_base64(value)
    if encoding == "text" and media_type != "image/svg+xml":
        return _put_text(value, "text/plain", contents)  # No picture: base64 that nothing can read.
    said = {media_type: metadata.get(media_type)}
    picture = contents.told(measure, media_type, content[:MEASURED], said, otherwise=None)
    return _refer(_Content(media_type, content), encoding, contents, picture=asdict(picture) if picture else None)


def _shape_of(html: str, contents: _Contents) -> HtmlShape:
    """Of what can't be told nothing is promised: whoever draws it will say why it can't be."""
    if len(html) > LARGEST_IN_PAGE:
        return HtmlShape.FRAME
    return contents.told(shape_of, html, otherwise=HtmlShape.PAGE)


def _put_text(value: str, media_type: str, contents: _Contents, *, always: bool = False, **facts: Any) -> Any:
    content = _bytes(value)
    if len(content) <= INLINE and not always:
        return value
    return _refer(_Content(media_type, content), "text", contents, **facts)


def _put_json(value: Any, media_type: str, contents: _Contents, *, always: bool = False, **facts: Any) -> Any:
    content = _bytes(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    if len(content) <= INLINE and not always and reference_of(value) is None:
        return value
    return _refer(_Content(media_type, content), "json", contents, **facts)


def _refer(content: _Content, encoding: str, contents: _Contents, **facts: Any) -> dict[str, Any]:
    sha256 = content.sha256
    contents[sha256] = content
    reference = {"sha256": sha256, "size": len(content.content), "media_type": content.media_type}
    known = {name: fact for name, fact in facts.items() if fact}
    return {REFERENCE: {**reference, "encoding": encoding, **known}}


def _keep(contents: Mapping[str, _Content]) -> None:
    """Files first, then rows: a row always has its file. Rows that are there are touched before that, so that no sweep
    takes the file of what is kept again (services.retention)."""
    if not contents:
        return
    now = timezone.now()
    known = dict(Blob.objects.filter(pk__in=contents).values_list("pk", "created_at"))
    for sha256 in [digest for digest, kept_at in known.items() if kept_at < now - TOUCHED_EVERY]:
        if not Blob.objects.filter(pk=sha256).update(created_at=now):
            del known[sha256]  # Taken just now, with its file.
    for sha256, content in contents.items():
        _write(default_storage, _path(sha256), content.content)
    missing = [
        Blob(sha256=sha256, size=len(content.content), media_type=content.media_type)
        for sha256, content in contents.items()
        if sha256 not in known
    ]
    if missing:
        Blob.objects.bulk_create(missing, ignore_conflicts=True)


def _write(storage: Storage, name: str, content: bytes) -> None:
    """Atomic: another process sees the whole file or none. A file cut short by a crash is written again."""
    try:
        target = Path(storage.path(name))
    except NotImplementedError:  # Not a file system; a whole object appears at once there.
        if not storage.exists(name):
            storage.save(name, ContentFile(content))
        return
    if target.exists() and target.stat().st_size == len(content):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _path(sha256: str) -> str:
    return Blob(sha256=sha256).path


# ---- Out of the store


def _load_output(output: Output) -> Output:
    match output.get("output_type"):
        case "stream":
            return {**output, "text": value_of(output["text"])}
        case "error":
            return {**output, "traceback": value_of(output["traceback"])}
        case "display_data" | "execute_result":
            return {**output, "data": {media_type: value_of(value) for media_type, value in output["data"].items()}}
    return dict(output)


# ---- Bytes


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(content: bytes, encoding: str) -> Any:
    match encoding:
        case "text":
            return content.decode("utf-8", "surrogatepass")
        case "json":
            return json.loads(content.decode("utf-8", "surrogatepass"))
        case _:
            return _BASE64[encoding](content)


# How kernels write base64: in one line, in one line with its end, in lines of 76 characters.
_BASE64 = {
    "base64": lambda content: base64.b64encode(content).decode(),
    "base64-line": lambda content: base64.b64encode(content).decode() + "\n",
    "base64-lines": lambda content: base64.encodebytes(content).decode(),
}


def _from_base64(value: str) -> tuple[str, bytes]:
    """The bytes, and how to write them as `value` again; ("text", its UTF-8) if that is not possible."""
    try:
        content = base64.b64decode(value)
    except (binascii.Error, ValueError):
        return "text", _bytes(value)
    for encoding, write in _BASE64.items():
        if write(content) == value:
            return encoding, content
    return "text", _bytes(value)
