"""A date with a time (rows 20 to 28)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs import moments
from projects.notebook.inputs.calendar_kinds import CalendarKind, canonical_text, relative_expression
from projects.notebook.inputs.json_values import Scalar, Value
from projects.notebook.inputs.kind import PythonValue, Settings

_EXAMPLE = 'must be a date and time such as "2021-07-13 13:45:22 America/Chicago" or "7 days ago"'


class DateAndTime(CalendarKind, name="datetime"):
    """A moment in a time zone, fixed or so many days from each run."""

    words = "Date and time"
    place = 9

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        return None if value is None else canonical_text(value, now, _text, _EXAMPLE)

    def resolve(self, value: Value, now: datetime) -> PythonValue:
        """An aware datetime; None for a relative one that has left the years 1 to 9999 since it was accepted."""
        if value is None:
            return None
        try:
            moment = moments.read_moment(str(value))
            return moment.moment(now) if isinstance(moment, moments.Relative) else moment.aware
        except moments.NotADate:
            return None

    def expression(self, default: Value) -> str:
        if default is None:
            return repr(None)
        moment = moments.read_moment(str(default))
        if isinstance(moment, moments.Relative):
            return relative_expression(moment, ".replace(second=0, microsecond=0)")
        local = moment.aware
        parts = [local.year, local.month, local.day, local.hour, local.minute, local.second]
        zone = f'__import__("zoneinfo").ZoneInfo("{local.tzinfo}")'
        return f'__import__("datetime").datetime({", ".join(map(str, parts))}, tzinfo={zone})'


def _text(text: str, now: datetime) -> str:
    moment = moments.read_moment(text)
    if isinstance(moment, moments.Relative):
        moment.moment(now)
    return moment.text
