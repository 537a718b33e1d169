"""From what somebody sent to a canonical value, by the input's kind.

Canonical values can be held by JSON: checkbox and run button a bool, dropdown one of its options, multi-select a list
in the order of the options, slider and number an int or float, text a str, date and datetime a text of `moments`, file
the path of an upload. None is empty, where a kind can be empty.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from projects.notebook.inputs.json_values import Scalar, Value
from projects.notebook.inputs.kind import InputKind, Settings
from projects.notebook.inputs.ranges import limits
from projects.notebook.inputs.refusals import NotAllowed, OptionsUnknown

__all__ = ["NotAllowed", "OptionsUnknown", "canonical", "checked_default", "empty_value", "limits", "usable_default"]

# A default that is relative must mean a day whenever the app is opened; these stand for "whenever".
_EARLY = datetime(2000, 1, 1, tzinfo=UTC)
_LATE = datetime(2200, 1, 1, tzinfo=UTC)


class OfAKind(Settings, Protocol):
    """The settings of one input, with its kind."""

    @property
    def kind(self) -> InputKind: ...


def canonical(spec: OfAKind, value: Any, now: datetime, options: Sequence[Scalar] | None = None) -> Value:
    """The value as it is kept. `options` are those of the variable in `options_from`, where they are known.

    Raises NotAllowed, and OptionsUnknown where only the first run can tell.
    """
    return spec.kind.canonical(spec, value, now, options)


def empty_value(spec: OfAKind) -> Value:
    """What Python sees of an input that nobody filled in."""
    return spec.kind.empty(spec)


def usable_default(spec: OfAKind, default: Any) -> Value:
    """The default in canonical form, or the empty value where it is no value of this input. Never raises."""
    try:
        return checked_default(spec, default)
    except NotAllowed:
        return empty_value(spec)


def checked_default(spec: OfAKind, default: Any) -> Value:
    """The default in canonical form; raises NotAllowed. Options of a variable are taken on trust: none are known."""
    default = spec.kind.default(spec, default)
    try:
        early = canonical(spec, default, _EARLY)
        canonical(spec, default, _LATE)
    except OptionsUnknown as unknown:
        return unknown.value
    return early
