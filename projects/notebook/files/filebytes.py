"""From the bytes of a file to decoded JSON, or to a sentence about what the file is instead."""

import json
import re
from collections.abc import Iterable
from typing import Any

from projects.notebook.cells import storable
from projects.notebook.files.unreadable import MAXIMUM_DEPTH, UnreadableNotebook, check_file_size, quoted

# How files of other kinds begin.
_OTHER_FILES = (
    (b"PK\x03\x04", "is a zip archive, not a notebook. Unpack it first."),
    (b"\x1f\x8b", "is a packed file, not a notebook. Unpack it first."),
    (b"\x89PNG", "is a picture, not a notebook."),
    (b"\xff\xd8\xff", "is a picture, not a notebook."),
    (b"GIF8", "is a picture, not a notebook."),
    (b"%PDF", "is a PDF document, not a notebook."),
    (b"SQLite format 3\0", "is a database, not a notebook."),
)
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# What no database, and no file in UTF-8, can hold; only as an escape can it come in.
_UNSTORABLE_ESCAPE = re.compile(r"\\u(0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})", re.IGNORECASE)
_CONFLICT_MARK = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
# An error this near to the end means that the end is missing.
_NEAR = 8


def read_json(content: bytes, name: str) -> Any:
    """The JSON value in the file. Numbers that JSON has not (NaN, Infinity) become None, as browsers write them.

    Raises UnreadableNotebook.
    """
    called = quoted(name)
    check_file_size(content, called)
    text = _decoded(content, called)
    try:
        data = json.loads(text, parse_constant=lambda constant: None)
    except json.JSONDecodeError as error:
        raise UnreadableNotebook(f"{called} {_what_is_wrong(text, error)}") from None
    except RecursionError:
        raise UnreadableNotebook(_too_deep(called)) from None
    except ValueError:
        # An int of more than 4,300 digits.
        raise UnreadableNotebook(f"{called} has a number of more digits than can be read.") from None
    if _UNSTORABLE_ESCAPE.search(text):
        return storable_value(data, called)
    _check_depth(data, called)
    return data


def _decoded(content: bytes, called: str) -> str:
    for beginning, sentence in _OTHER_FILES:
        if content.startswith(beginning):
            raise UnreadableNotebook(f"{called} {sentence}")
    if content.startswith(_UTF_16_MARKS) or b"\0" in content[:4]:
        raise UnreadableNotebook(f"{called} is encoded as UTF-16; notebooks are UTF-8. Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.end == len(content) and error.reason == "unexpected end of data":
            raise UnreadableNotebook(f"{called} {_CUT_OFF}") from None
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableNotebook(
            f"{called} is not encoded as UTF-8, as notebooks are (line {line:,}). Save it as UTF-8."
        ) from None


_CUT_OFF = "is cut off: its end is missing. Download or copy it again."


def _what_is_wrong(text: str, error: json.JSONDecodeError) -> str:
    """The rest of a sentence that begins with the file's name."""
    begun = text.lstrip()
    if not begun:
        return "is empty."
    if begun.startswith("<"):
        return "is a web page, not a notebook. Where it came from, look for Raw or Download."
    if not begun.startswith("{"):
        return "is not a notebook: notebooks are JSON, and this is something else."
    if _CONFLICT_MARK.search(text):
        return "holds the marks of a Git conflict (<<<<<<<). Settle the conflict first."
    end = len(text.rstrip())
    if error.pos >= end - _NEAR or error.msg.startswith("Unterminated string"):
        return _CUT_OFF
    return f"is damaged: line {error.lineno:,} is not JSON."


def _too_deep(called: str) -> str:
    return f"{called} is nested more than {MAXIMUM_DEPTH} levels deep. Clear its outputs, save it and bring it again."


def _check_depth(data: Any, called: str) -> None:
    """Raises UnreadableNotebook; level by level, without recursion."""
    level = [data]
    for _ in range(MAXIMUM_DEPTH):
        level = [inner for value in level for inner in _members(value) if isinstance(inner, dict | list)]
        if not level:
            return
    raise UnreadableNotebook(_too_deep(called))


def _members(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def storable_value(value: Any, called: str, depth: int = 0) -> Any:
    """The same value without NUL and halves of surrogate pairs. Raises UnreadableNotebook where it is too deep."""
    if depth > MAXIMUM_DEPTH:
        raise UnreadableNotebook(_too_deep(called))
    match value:
        case str():
            return storable(value)
        case list():
            return [storable_value(member, called, depth + 1) for member in value]
        case dict():
            return {storable(key): storable_value(member, called, depth + 1) for key, member in value.items()}
        case _:
            return value
