"""Which of an output's representations is shown, and which of them need a frame."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from apps_runtime.outputs.table_data import TABLE_TYPE


class FrameKind(StrEnum):
    """What a frame's document draws."""

    PLOTLY = "plotly"
    VEGA = "vega"
    SCRIPT = "script"
    HTML = "html"


PLOTLY_HEIGHT = 400  # pixels, where the author says none; `static/js/frames/plotly.js` draws it so

_VEGA = re.compile(r"application/vnd\.vega(?:lite)?\.v\d[\d.]*\+json")
_BEFORE_HTML = (TABLE_TYPE, "application/vnd.plotly.v1+json")
_AFTER_HTML = (
    "text/markdown",
    "image/svg+xml",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/javascript",
    "application/json",
    "text/plain",
)


def frame_kind(media_type: str) -> FrameKind | None:
    """How a representation is drawn in a frame; None for one that never is."""
    match media_type:
        case "application/vnd.plotly.v1+json":
            return FrameKind.PLOTLY
        case "application/javascript":
            return FrameKind.SCRIPT
        case "text/html":
            return FrameKind.HTML
    return FrameKind.VEGA if _VEGA.fullmatch(media_type) else None


def frame_facts(kind: FrameKind, value: Any) -> dict[str, Any]:
    """What is known of a chart before it is drawn: `title` in plain words, `height` in pixels. Either may be absent."""
    if not isinstance(value, Mapping):
        return {}
    layout = value.get("layout") if kind is FrameKind.PLOTLY else value
    if not isinstance(layout, Mapping):
        layout = {}
    title = layout.get("title")
    if isinstance(title, Mapping):
        title = title.get("text")
    height = layout.get("height")
    facts: dict[str, Any] = {}
    if isinstance(title, str) and title.strip():
        facts["title"] = re.sub(r"<[^>]{0,200}>", " ", title).strip()[:200]
    if isinstance(height, int | float) and 40 <= height <= 4000:
        facts["height"] = round(height)
    elif kind is FrameKind.PLOTLY:
        facts["height"] = PLOTLY_HEIGHT
    return facts


def chosen(data: Mapping[str, Any]) -> str | None:
    """The media type to show, the richest first; None when there is nothing a page can show."""
    vega = next((media_type for media_type in data if _VEGA.fullmatch(media_type)), None)
    order = [*_BEFORE_HTML, *([vega] if vega else []), "text/html", *_AFTER_HTML]
    return next((media_type for media_type in order if media_type in data), None)
