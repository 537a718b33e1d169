"""From what somebody sent to a canonical value: the one place that knows what each kind accepts.

Canonical values can be held by JSON: checkbox and run button a bool, dropdown one of its options, multi-select a list
in the order of the options, slider and number an int or float, text a str, date and datetime a text of `moments`, file
the path of an upload. None is empty, where a kind can be empty.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from projects.notebook.inputs import moments
from projects.notebook.inputs.json_values import (
    Number,
    Scalar,
    Value,
    finite_number,
    identity,
    is_clean_text,
    is_scalar,
    write,
)
from projects.notebook.inputs.kinds import InputKind
from projects.notebook.inputs.limits import MAXIMUM_PATH, MAXIMUM_VALUE_BYTES

if TYPE_CHECKING:
    from projects.notebook.inputs.specs import InputSpec

# A default that is relative must mean a day whenever the app is opened; these stand for "whenever".
_EARLY = datetime(2000, 1, 1, tzinfo=UTC)
_LATE = datetime(2200, 1, 1, tzinfo=UTC)
_LISTED_OPTIONS = 6


class NotAllowed(ValueError):
    """A value that this input does not take. The text continues a sentence about it: `must be from 1 to 60`."""


class OptionsUnknown(Exception):
    """The value may be right, but the options come from a variable that has no value yet. Carries the value."""

    def __init__(self, value: Value) -> None:
        self.value = value
        super().__init__("the options are not known yet")


def canonical(spec: "InputSpec", value: Any, now: datetime, options: Sequence[Scalar] | None = None) -> Value:
    """The value as it is kept. `options` are those of the variable in `options_from`, where they are known.

    Raises NotAllowed, and OptionsUnknown where only the first run can tell.
    """
    match spec.kind:
        case InputKind.CHECKBOX | InputKind.BUTTON:
            return _boolean(value)
        case InputKind.DROPDOWN:
            return _choice(spec, value, options)
        case InputKind.MULTISELECT:
            return _choices(spec, value, options)
        case InputKind.SLIDER:
            return _slider(spec, value)
        case InputKind.NUMBER:
            return None if value is None else _number(spec, value)
        case InputKind.TEXT:
            return _text(value)
        case InputKind.DATE:
            return None if value is None else _day(value, now)
        case InputKind.DATETIME:
            return None if value is None else _moment(value, now)
        case InputKind.FILE:
            return None if value is None else _path(value)


def empty_value(spec: "InputSpec") -> Value:
    """What Python sees of an input that nobody filled in; a slider can't be empty and stands at its minimum."""
    match spec.kind:
        case InputKind.CHECKBOX | InputKind.BUTTON:
            return False
        case InputKind.MULTISELECT:
            return []
        case InputKind.TEXT:
            return ""
        case InputKind.SLIDER:
            return _slider(spec, spec.minimum)
        case _:
            return None


def usable_default(spec: "InputSpec", default: Any) -> Value:
    """The default in canonical form, or the empty value where it is no value of this input. Never raises."""
    try:
        return checked_default(spec, default)
    except NotAllowed:
        return empty_value(spec)


def checked_default(spec: "InputSpec", default: Any) -> Value:
    """The default in canonical form; raises NotAllowed. Options of a variable are taken on trust: none are known."""
    if spec.kind is InputKind.BUTTON:
        return False
    try:
        early = canonical(spec, default, _EARLY)
        canonical(spec, default, _LATE)
    except OptionsUnknown as unknown:
        return unknown.value
    return early


def limits(spec: "InputSpec") -> str:
    """`from 1 to 60`, `at least 1`, `at most 60`, or "" for a number without limits."""
    match spec.minimum, spec.maximum:
        case None, None:
            return ""
        case minimum, None:
            return f"{minimum} or more"
        case None, maximum:
            return f"{maximum} or less"
        case minimum, maximum:
            return f"from {minimum} to {maximum}"


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotAllowed("must be true or false")
    return value


def _choice(spec: "InputSpec", value: Any, options: Sequence[Scalar] | None) -> Value:
    if value is None:
        return None
    if not is_scalar(value):
        raise NotAllowed("must be one text in double quotes, one number, true or false")
    known = _known_options(spec, options)
    if known is None:
        raise OptionsUnknown(value)
    for option in known:
        if identity(option) == identity(value):
            return option
    raise NotAllowed(f"must be {_among(known, 'one')}")


def _choices(spec: "InputSpec", value: Any, options: Sequence[Scalar] | None) -> Value:
    if not isinstance(value, list | tuple) or not all(is_scalar(member) for member in value):
        raise NotAllowed('must be a list such as ["a", "b"]')
    chosen = {identity(member): member for member in value}
    known = _known_options(spec, options)
    if known is None:
        if not chosen:
            return []
        raise OptionsUnknown(list(chosen.values()))
    if chosen.keys() - {identity(option) for option in known}:
        raise NotAllowed(f"must be a list of {_among(known, 'some')}")
    return [option for option in known if identity(option) in chosen]


def _known_options(spec: "InputSpec", options: Sequence[Scalar] | None) -> Sequence[Scalar] | None:
    return options if spec.options_from else spec.options


def _among(options: Sequence[Scalar], how_many: str) -> str:
    """`"a" or "b"`, or how many there are of them where they are too many to list."""
    if not options or len(options) > _LISTED_OPTIONS:
        return f"{how_many} of its {len(options)} options"
    listed = [write(option) for option in options]
    return " or ".join(filter(None, [", ".join(listed[:-1]), listed[-1]]))


def _slider(spec: "InputSpec", value: Any) -> Number:
    number = _number(spec, value)
    if not spec.takes_integers:
        return float(number)
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number


def _number(spec: "InputSpec", value: Any) -> Number:
    number = finite_number(value)
    if number is None:
        raise NotAllowed(f"must be a number {limits(spec)}".rstrip())
    below = spec.minimum is not None and number < spec.minimum
    above = spec.maximum is not None and number > spec.maximum
    if below or above:
        raise NotAllowed(f"must be {limits(spec)}")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotAllowed("must be text in double quotes")
    if not is_clean_text(value):
        raise NotAllowed("holds a character that text can't have")
    if len(write(value).encode()) > MAXIMUM_VALUE_BYTES:
        raise NotAllowed("is longer than 8 KB")
    return value


def _day(value: Any, now: datetime) -> str:
    return _date(value, now, _day_text, 'must be a date such as "2021-07-13" or "7 days ago"')


def _day_text(text: str, now: datetime) -> str:
    day = moments.read_day(text)
    if not isinstance(day, moments.Relative):
        return day.isoformat()
    day.day(now)
    return day.text


def _moment(value: Any, now: datetime) -> str:
    example = 'must be a date and time such as "2021-07-13 13:45:22 America/Chicago" or "7 days ago"'
    return _date(value, now, _moment_text, example)


def _moment_text(text: str, now: datetime) -> str:
    moment = moments.read_moment(text)
    if isinstance(moment, moments.Relative):
        moment.moment(now)
    return moment.text


def _date(value: Any, now: datetime, read: Callable[[str, datetime], str], expected: str) -> str:
    if not isinstance(value, str) or len(value) > 100:
        raise NotAllowed(expected)
    try:
        return read(value, now)
    except moments.NotADate:
        raise NotAllowed(expected) from None


def _path(value: Any) -> str:
    """Where an upload was put, below the folder of the project; the upload itself is checked by who stores it."""
    if not isinstance(value, str) or not is_clean_text(value) or not 0 < len(value) <= MAXIMUM_PATH:
        raise NotAllowed("must be an uploaded file")
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value:
        raise NotAllowed("must be an uploaded file")
    return value
