"""How large a picture is on the page, read from its first bytes, so that nothing jumps when it arrives.

A CSS pixel is 1/96 inch: a picture of 144 dots per inch shows three dots for two pixels and is crisp on fine screens.
Up to `SCREEN_DPI` a dot is a pixel, because scaling by a few per cent would only blur.
"""

import io
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import GifImagePlugin, ImageFile, JpegImagePlugin, PngImagePlugin

SCREEN_DPI = 110
LARGEST = 20_000  # CSS pixels; beyond it a size is not believed
HEAD = 512 * 1024  # bytes in which a file says its size: the longest profiles of colours stand before it
LONGEST_NUMBER = 40  # characters

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")

# Opened by the type that the output names, so that no other format's reader sees a file, and never decoded.
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
}
_PER_UNIT = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_SVG_ROOT = re.compile(r"<svg\b[^<>]*>", re.IGNORECASE)
_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)")


@dataclass(frozen=True)
class Picture:
    """Width and height in CSS pixels; `opaque`: it has a background of its own (a PNG without alpha)."""

    width: int
    height: int
    opaque: bool = False


@dataclass(frozen=True)
class _Dots:
    width: float
    height: float
    dpi: float = 0
    opaque: bool = False


def measure(media_type: str, content: bytes, metadata: Mapping[str, Any] | None = None) -> Picture | None:
    """The picture's size, None if it can't be told. `metadata`: the bundle's, where Jupyter's retina figures and
    authors say a width and a height in CSS pixels."""
    dots = _dots(media_type, content)
    said = (metadata or {}).get(media_type)
    width, height = _said(said, "width"), _said(said, "height")
    opaque = dots.opaque if dots else False
    if dots and not (width and height):
        if width or height:
            scale = width / dots.width if width else height / dots.height
        else:
            scale = 96 / dots.dpi if dots.dpi > SCREEN_DPI else 1
        width, height = dots.width * scale, dots.height * scale
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        return None
    return Picture(max(round(width), 1), max(round(height), 1), opaque)


def _said(metadata: object, name: str) -> float:
    value = metadata.get(name) if isinstance(metadata, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0


def _dots(media_type: str, content: bytes) -> _Dots | None:
    """What the file itself says; None for a file that is broken or of another kind."""
    match media_type:
        case "image/svg+xml":
            dots = _svg(content)
        case "image/webp":
            dots = _webp(content[:30])
        case _:
            dots = _of_pixels(media_type, content[:HEAD])
    return dots if dots and dots.width > 0 and dots.height > 0 else None


def _of_pixels(media_type: str, content: bytes) -> _Dots | None:
    """From Pillow, which reads no further than to the pixels; a JPEG of zeros it would look through byte by byte."""
    reader = _READERS.get(media_type)
    if reader is None:
        return None
    try:
        with reader(io.BytesIO(content)) as image:
            width, height = image.size
            opaque = media_type == "image/png" and "A" not in image.mode and "transparency" not in image.info
            return _Dots(width, height, _dpi(image), opaque)
    # What Pillow raises for files that are damaged or of another kind.
    except (SyntaxError, OSError, ValueError, OverflowError, MemoryError):
        return None


def _webp(head: bytes) -> _Dots | None:
    """Read here, because Pillow's reader wants the whole file and makes room for all its pixels."""
    head = head.ljust(30, b"\0")
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return _Dots(width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return _Dots((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
            return _Dots(width, height)
    return None


def _dpi(image: ImageFile.ImageFile) -> float:
    """Of a PNG or a JPEG, 0 where it says none. What a camera writes beside it is not meant for screens."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        across = image.info.get("jfif_density", (0, 0))[0]
        return float(across * {1: 1, 2: 2.54}.get(image.info.get("jfif_unit", 0), 0))
    return round(float(image.info.get("dpi", (0, 0))[0]), 1)


def _svg(content: bytes) -> _Dots | None:
    root = _SVG_ROOT.search(content[:20_000].decode("utf-8", "replace"))
    if root is None:
        return None
    width, height = _length(_attribute(root[0], "width")), _length(_attribute(root[0], "height"))
    box = [float(part) for part in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", _attribute(root[0], "viewBox")[:200])]
    if len(box) == 4 and not (width and height):
        ratio = box[3] / box[2] if box[2] else 0
        if width or height:
            width, height = width or height / (ratio or 1), height or width * ratio
        else:
            width, height = box[2], box[3]
    return _Dots(width, height)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"\s{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    return (found[1] or found[2] or "") if found else ""


def _length(text: str) -> float:
    found = _LENGTH.fullmatch(text.strip()[:LONGEST_NUMBER])
    return float(found[1]) * _PER_UNIT.get(found[2], 0) if found else 0
