"""What comes from outside, read: JSON, texts and numbers that a request, a message of a socket or a form holds.

The one place that says what can't be read at all. A database keeps no NUL, no encoding has half a character, and no
column has numbers without end; whoever sends such a thing gets a sentence.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

_View = TypeVar("_View", bound=Callable[..., Any])

# PostgreSQL's `integer`, in which numbers of versions and runs are counted.
LARGEST = 2**31 - 1
LARGEST_KEY = 2**63 - 1  # the key of a row, and bytes of a file
DEEPEST = 100
MOST_DIGITS = 400  # of one number; reading more takes time that grows with their square


class BadShape(ValueError):
    """A request or message that no page of ours sends. The message is a sentence."""


class BadText(BadShape):
    """A text that can't be kept. The reader can take the character out."""


def judges_its_query(view: _View) -> _View:
    """A view whose query may say anything, because it judges every part of it itself: an app ignores what is no value
    of an input (specs/url-parameters, row 5), a file's path that names nothing is not there (specs/security T12)."""
    view.judges_its_query = True  # type: ignore[attr-defined]
    return view


def read_json(body: bytes | str) -> Any:
    """The value that a body holds. Raises BadShape.

    Every text in it can be kept and sent on, every number is finite, and it is no deeper than anything of ours.
    """
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_finite, parse_int=_short)
    except BadShape:
        raise
    except (ValueError, RecursionError):
        raise BadShape("This can't be read: it is to be JSON.") from None
    _check(value, DEEPEST)
    return value


def read_object(body: bytes | str) -> dict[str, Any]:
    """The same, of a JSON object. Raises BadShape."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise BadShape("This can't be read: it is to be a JSON object.")
    return value


def is_clean(text: str) -> bool:
    """Whether a text can be kept: no NUL, no half of a character."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def check_clean(text: str) -> None:
    """Raises BadShape."""
    if not is_clean(text):
        raise BadText("The text has a character that can't be kept (NUL, or half of one). Take it out, and try again.")


def whole_number(text: object, *, largest: int = LARGEST) -> int | None:
    """The number that digits of ours write, from 0 on; None for all else (“²”, “-1”, 30 digits, a list)."""
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if number <= largest else None


def _check(value: Any, depth: int) -> None:
    match value:
        case str():
            check_clean(value)
        case list() | dict() if depth == 0:
            raise BadShape("This can't be read: it is nested too deeply.")
        case list():
            for each in value:
                _check(each, depth - 1)
        case dict():
            for key, each in value.items():
                check_clean(key)
                _check(each, depth - 1)


def _no_number(word: str) -> Any:
    raise BadShape(f"This can't be read: {word} is no number.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadShape("This can't be read: a number in it is too large.")
    return number


def _short(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise BadShape("This can't be read: a number in it is too large.")
    return int(text)
