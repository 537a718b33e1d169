"""YAML as Deepnote writes it: version 1.2 with its core types, so that `no` and `2025-11-26` are text.

Anchors, aliases and tags are refused, as Deepnote refuses them: nothing in such a file needs them, and a few aliases
can stand for gigabytes. Numbers that JSON has not become None.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from projects.notebook.files.filebytes import storable_value
from projects.notebook.files.unreadable import MAXIMUM_DEPTH, UnreadableNotebook, check_file_size, quoted

# libyaml where the wheel has it; the parser in Python otherwise.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# How NUL and halves of surrogate pairs can be written.
_UNSTORABLE_ESCAPE = re.compile(r"\\(0|x00|u0000|U00000000|[uU](0000)?[dD][89a-fA-F])")
MOST_VALUES = 1_000_000  # keys, texts, numbers, lists: what is built in a few seconds

# The core schema of YAML 1.2: null, true and false, decimal, octal and hexadecimal integers, floats.
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    # JSON has none of these.
    **dict.fromkeys(f"{sign}.{word}" for sign in ("", "-", "+") for word in ("inf", "Inf", "INF")),
    **dict.fromkeys((".nan", ".NaN", ".NAN")),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def read_yaml(content: bytes, name: str) -> Any:
    """The value in the file. Raises UnreadableNotebook."""
    called = quoted(name)
    check_file_size(content, called)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableNotebook(f"{called} is not encoded as UTF-8, as Deepnote's files are.") from None
    try:
        data = _built(text, called)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableNotebook(f"{called} is damaged: line {line:,} is not YAML.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, UnreadableNotebook):
            raise
        raise UnreadableNotebook(f"{called} is damaged: it is not YAML.") from None
    return storable_value(data, called) if _UNSTORABLE_ESCAPE.search(text) else data


def _built(text: str, called: str) -> Any:
    """The one document in the text, made as its parts come; what a hostile file needs is refused before it is made."""
    document: list[Any] = []
    open_parts: list[_Part] = [_Part(document)]
    values = 0
    events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            _check(event, called)
            values += 1
            if values > MOST_VALUES:
                raise UnreadableNotebook(
                    f"{called} holds more than {MOST_VALUES:,} values. Clear its outputs in Deepnote and export it "
                    "again."
                )
        match event:
            case yaml.ScalarEvent():
                open_parts[-1].take(_plain(event.value) if event.implicit[0] else event.value)
            case yaml.CollectionStartEvent():
                part = _Part({} if isinstance(event, yaml.MappingStartEvent) else [])
                if open_parts[-1].wants_key:
                    raise _not_yaml(event)  # A list or a mapping is the name of something.
                open_parts[-1].take(part.made)
                open_parts.append(part)
                if len(open_parts) - 1 > MAXIMUM_DEPTH:
                    raise UnreadableNotebook(f"{called} is nested more than {MAXIMUM_DEPTH} levels deep.")
            case yaml.CollectionEndEvent():
                open_parts.pop()
            case yaml.DocumentStartEvent() if document:
                raise _not_yaml(event)
    return document[0] if document else None


def _not_yaml(event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem_mark=event.start_mark)


class _Part:
    """A list or a mapping that is being made."""

    __slots__ = ("_key", "made")

    def __init__(self, made: Any) -> None:
        self.made = made
        self._key: str | None = None

    @property
    def wants_key(self) -> bool:
        return isinstance(self.made, dict) and self._key is None

    def take(self, value: Any) -> None:
        if isinstance(self.made, list):
            self.made.append(value)
        elif self._key is None:
            self._key = str(value)
        else:
            self.made[self._key] = value
            self._key = None


def _check(event: Any, called: str) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise UnreadableNotebook(f"{called} uses anchors of YAML, which Deepnote's files do not have.")
    if event.tag not in (None, "!"):
        raise UnreadableNotebook(f"{called} uses tags of YAML, which Deepnote's files do not have.")


def _plain(text: str) -> Any:
    """What a scalar without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else None
    return text
