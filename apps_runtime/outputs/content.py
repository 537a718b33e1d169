"""What a kernel sends, made fit to be stored: valid Unicode, no NUL, JSON without NaN, nothing too deep.

A kernel runs its author's code and can send anything (specs/security T18); PostgreSQL refuses NUL and lone
surrogates, JSON has no NaN.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from projects.notebook.files.media_types import proper

DEEPEST = 60
MOST_REPRESENTATIONS = 40
LARGEST_METADATA = 20_000  # bytes as JSON

MEDIA_TYPE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,60}/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,80}")
# In JSON as Python writes it: what `_UNFIT` finds, and perhaps a pair of surrogates that is a character.
_DOUBTFUL_JSON = re.compile(r"\\u(?:0000|d[89a-f])")
_UNFIT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Bundle:
    """Representations of one thing, by media type, and how many bytes they are (JSON as text)."""

    data: dict[str, Any]
    size: int


class Unreadable(ValueError):
    """The message does not have the shape its type promises."""


def is_json_type(media_type: str) -> bool:
    """Whether nbformat keeps this media type as JSON rather than as text."""
    return media_type == "application/json" or media_type.endswith("+json")


def clean_text(text: str) -> str:
    """The text with replacement characters for what no database or page can hold."""
    return _UNFIT.sub("\ufffd", text) if _UNFIT.search(text) else text


def clean_bundle(data: object) -> Bundle:
    """A MIME bundle with the representations that can be stored. Raises Unreadable if it is none, or holds none."""
    if not isinstance(data, Mapping):
        raise Unreadable("not a MIME bundle")
    kept: dict[str, Any] = {}
    size = 0
    for media_type, value in list(data.items())[:MOST_REPRESENTATIONS]:
        if not isinstance(media_type, str) or not MEDIA_TYPE.fullmatch(media_type):
            continue
        media_type = proper(media_type, value)
        if is_json_type(media_type):
            kept[media_type], weight = _clean_large_json(value)
            size += weight
            continue
        if isinstance(value, list) and all(isinstance(line, str) for line in value):
            value = "".join(value)
        if isinstance(value, str):
            kept[media_type] = clean_text(value)
            size += len(value)
    if data and not kept:
        raise Unreadable("no representation that can be stored")
    return Bundle(kept, size)


def clean_metadata(metadata: object) -> dict[str, Any]:
    """Metadata of a bundle; anything but a mapping is nothing, and so is what is too large to be that."""
    if not isinstance(metadata, Mapping):
        return {}
    cleaned, size = _clean_large_json(metadata)
    return cleaned if size <= LARGEST_METADATA else {}


def _clean_large_json(value: object) -> tuple[Any, int]:
    """The value fit to be stored, and its size. Writing it tells at C speed that most values are fit already."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        cleaned = clean_json(value)
        return cleaned, len(json.dumps(cleaned))
    if _DOUBTFUL_JSON.search(text) or _depth(value) > DEEPEST:
        return clean_json(value), len(text)
    return value, len(text)


def _depth(value: object) -> int:
    """How deep lists and mappings are nested, up to one more than is allowed."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        inner: list[object] = []
        for container in level:
            if isinstance(container, Mapping):
                inner += [item for item in container.values() if isinstance(item, dict | list)]
            elif isinstance(container, list | tuple):
                inner += [item for item in container if isinstance(item, dict | list)]
        level = inner
    return depth


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
