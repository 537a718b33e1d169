"""What a kernel sends, made fit to be stored: valid Unicode, no NUL, JSON without NaN, nothing too deep.

A kernel runs its author's code and can send anything (specs/security T18); PostgreSQL refuses NUL and lone
surrogates, JSON has no NaN.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from projects.notebook.media_types import proper

DEEPEST = 60
MOST_REPRESENTATIONS = 40

MEDIA_TYPE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,60}/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,80}")
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """The message does not have the shape its type promises."""


def is_json_type(media_type: str) -> bool:
    """Whether nbformat keeps this media type as JSON rather than as text."""
    return media_type == "application/json" or media_type.endswith("+json")


def clean_text(text: str) -> str:
    """The text with replacement characters for what no database or page can hold."""
    return _UNFIT.sub("\ufffd", text) if _UNFIT.search(text) else text


def clean_bundle(data: object) -> dict[str, Any]:
    """A MIME bundle with the representations that can be stored. Raises Unreadable if it is none, or holds none."""
    if not isinstance(data, Mapping):
        raise Unreadable("not a MIME bundle")
    bundle: dict[str, Any] = {}
    for media_type, value in list(data.items())[:MOST_REPRESENTATIONS]:
        if not isinstance(media_type, str) or not MEDIA_TYPE.fullmatch(media_type):
            continue
        media_type = proper(media_type, value)
        if is_json_type(media_type):
            bundle[media_type] = clean_json(value)
        elif isinstance(value, str):
            bundle[media_type] = clean_text(value)
        elif isinstance(value, list) and all(isinstance(line, str) for line in value):
            bundle[media_type] = clean_text("".join(value))
    if data and not bundle:
        raise Unreadable("no representation that can be stored")
    return bundle


def clean_metadata(metadata: object) -> dict[str, Any]:
    """Metadata of a bundle; anything but a mapping is nothing."""
    return clean_json(metadata) if isinstance(metadata, Mapping) else {}


def clean_json(value: object, depth: int = 0) -> Any:
    """The same value with clean text, null for NaN and infinity, and text for keys. Raises Unreadable if too deep."""
    if depth > DEEPEST:
        raise Unreadable("nested too deeply")
    match value:
        case str():
            return clean_text(value)
        case bool() | None | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case list() | tuple():
            return [clean_json(item, depth + 1) for item in value]
        case Mapping():
            return {clean_text(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
    raise Unreadable(f"{type(value).__name__} is not JSON")
