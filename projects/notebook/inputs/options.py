"""Options that a variable of the notebook gives, as its kernel reports them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projects.notebook.inputs.choices import usable_options
from projects.notebook.inputs.json_values import Scalar, Value, identity, is_scalar
from projects.notebook.inputs.limits import MAXIMUM_OPTION_CHARACTERS, MAXIMUM_OPTIONS
from projects.notebook.inputs.specs import InputSpec
from projects.notebook.inputs.values import NotAllowed, canonical, empty_value


@dataclass(frozen=True)
class OptionsFromValue:
    """The options of one input, and a sentence for the author where the variable gave something else ("" if not)."""

    options: tuple[Scalar, ...]
    problem: str = ""


def options_from_value(spec: InputSpec, value: Any) -> OptionsFromValue:
    """Options from the decoded value of `spec.options_from`. Empty members (None) and doubles are left out, what is
    beyond the limits is cut off and said."""
    variable = spec.options_from
    if not isinstance(value, list | tuple):
        return OptionsFromValue((), f'"{variable}" must be a list of text, numbers, true or false.')
    members = [member for member in value if member is not None and not _is_nan(member)]
    for position, member in enumerate(members, start=1):
        if not is_scalar(member):
            return OptionsFromValue((), f'Item {position} of "{variable}" is neither text, number, true nor false.')
    options = usable_options(members)
    there_are = len({identity(member) for member in members})
    if len(options) == there_are:
        return OptionsFromValue(options)
    return OptionsFromValue(
        options,
        f'"{variable}" has {there_are:,} options; the first {len(options):,} are offered '
        f"(at most {MAXIMUM_OPTIONS:,}, of {MAXIMUM_OPTION_CHARACTERS:,} characters together).",
    )


def value_among(spec: InputSpec, value: Value, options: Sequence[Scalar]) -> Value:
    """What an input shows when its options change: the value if it is still there, else the default, else empty."""
    for candidate in (value, spec.default):
        try:
            # Options have nothing to do with the time of day.
            return canonical(spec, candidate, datetime.min, options)
        except NotAllowed:
            continue
    return empty_value(spec)


def _is_nan(member: Any) -> bool:
    return isinstance(member, float) and member != member
