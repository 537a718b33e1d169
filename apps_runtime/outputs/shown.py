"""What a page shows of outputs, as values that templates draw."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.safestring import SafeString

from apps_runtime.outputs.images import Picture


class Kind(StrEnum):
    """Every kind has the template `templates/outputs/<kind>.html`."""

    TEXT = "text"
    TABLE = "table"
    NUMBERS = "numbers"
    NUMBER = "number"
    IMAGE = "image"
    SVG = "svg"
    HTML = "html"
    MATH = "math"
    MARKDOWN = "markdown"
    JSON = "json"
    FRAME = "frame"
    ERROR = "error"
    PROGRESS = "progress"
    UNDRAWN = "undrawn"


@dataclass(frozen=True)
class OutputBlock:
    """One thing to show. `key` names what is seen: equal keys look the same. `data`: what its template draws.
    `blob`: digest of the bytes that the page fetches for it, "" for none."""

    kind: Kind
    key: str
    data: Any
    blob: str = ""


@dataclass(frozen=True)
class Text:
    """`html` is safe. `is_long`: folded at first; `is_cut`: the middle is not in the page."""

    html: SafeString
    lines: int
    stream: str = ""
    is_long: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class Image:
    """`picture`: its size, None if it can't be told."""

    picture: Picture | None
    alt: str


@dataclass(frozen=True)
class FrameView:
    """`height` in pixels until the frame says its own; `poster` the digest of a picture to show meanwhile."""

    title: str
    height: int | None = None
    poster: str = ""


@dataclass(frozen=True)
class Undrawn:
    """An output that could not be drawn. `text`: what there is of it in plain words, "" for nothing."""

    sentence: str
    text: str = ""
