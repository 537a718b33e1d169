"""Static files with the digest of their content in their names, compressed once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from hexlite import privacy

# The highest quality takes twenty times as long, for a tenth less; `make run` on a fresh machine waits for it.
BROTLI_QUALITY = 9


class StaticStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, quick enough to run at every change of a style sheet. What it makes is for everybody."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, file_permissions_mode=0o644, directory_permissions_mode=0o755, **named)

    def post_process(self, *arguments: Any, **named: Any) -> Iterator[Any]:
        with privacy.for_everybody():
            yield from super().post_process(*arguments, **named)

    def create_compressor(self, **options: object) -> Compressor:
        return CompressesOnce(**options)


class CompressesOnce(Compressor):
    """Compresses a file unless the compressed one beside it was made of the same file."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=BROTLI_QUALITY)

    def compress(self, path: str) -> list[str]:
        made = Path(f"{path}.br")
        # The compressor gives what it makes the time of the original.
        if made.exists() and made.stat().st_mtime_ns // 1000 == Path(path).stat().st_mtime_ns // 1000:
            return []
        return super().compress(path)
