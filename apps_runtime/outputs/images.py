"""How large a picture is on the page, read from its first bytes, so that nothing jumps when it arrives.

A CSS pixel is 1/96 inch: a picture of 144 dots per inch shows three dots for two pixels and is crisp on fine screens.
Up to `SCREEN_DPI` a dot is a pixel, because scaling by a few per cent would only blur.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCREEN_DPI = 110
LARGEST = 20_000  # CSS pixels; beyond it a size is not believed

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")

_PER_UNIT = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_SVG_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE | re.DOTALL)
_LENGTH = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


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
    try:
        match media_type:
            case "image/png":
                dots = _png(content)
            case "image/jpeg":
                dots = _jpeg(content)
            case "image/gif":
                dots = _gif(content)
            case "image/webp":
                dots = _webp(content)
            case "image/svg+xml":
                dots = _svg(content)
            case _:
                return None
    except (struct.error, IndexError):
        return None
    return dots if dots and dots.width > 0 and dots.height > 0 else None


def _png(content: bytes) -> _Dots | None:
    """https://www.w3.org/TR/png-3/: IHDR first; pHYs and tRNS before the image data."""
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height, _, colour_type = struct.unpack_from(">IIBB", content, 16)
    dpi, transparent = 0.0, colour_type in (4, 6)
    at = 8
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind in (b"IDAT", b"IEND"):
            break
        if kind == b"pHYs":
            across, _, unit = struct.unpack_from(">IIB", content, at + 8)
            dpi = across * 0.0254 if unit == 1 else 0
        transparent = transparent or kind == b"tRNS"
        at += length + 12
    return _Dots(width, height, round(dpi, 1), opaque=not transparent)


def _jpeg(content: bytes) -> _Dots | None:
    if content[:2] != b"\xff\xd8":
        return None
    dpi, at = 0.0, 2
    while at + 4 <= len(content):
        marker, length = struct.unpack_from(">xBH", content, at)
        if marker == 0xE0 and content[at + 4 : at + 9] == b"JFIF\0":
            unit, across = struct.unpack_from(">BH", content, at + 11)
            dpi = across * {1: 1, 2: 2.54}.get(unit, 0)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return _Dots(width, height, dpi)
        at += length + 2
    return None


def _gif(content: bytes) -> _Dots | None:
    return _Dots(*struct.unpack_from("<HH", content, 6)) if content[:4] == b"GIF8" else None


def _webp(content: bytes) -> _Dots | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    match content[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return _Dots(width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", content, 21)
            return _Dots((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
            return _Dots(width, height)
    return None


def _svg(content: bytes) -> _Dots | None:
    root = _SVG_ROOT.search(content[:20_000].decode("utf-8", "replace"))
    if root is None:
        return None
    width, height = _length(_attribute(root[0], "width")), _length(_attribute(root[0], "height"))
    box = [float(part) for part in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", _attribute(root[0], "viewBox"))]
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
    found = _LENGTH.fullmatch(text)
    return float(found[1]) * _PER_UNIT.get(found[2], 0) if found else 0
