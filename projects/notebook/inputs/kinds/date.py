"""A date (rows 19 and 25 to 28)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs import moments
from projects.notebook.inputs.calendar_kinds import CalendarKind, canonical_text, relative_expression
from projects.notebook.inputs.json_values import Scalar, Value
from projects.notebook.inputs.kind import PythonValue, Settings


class Date(CalendarKind, name="date"):
    """A day, fixed or so many days from each run."""

    words = "Date"
    place = 8

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        if value is None:
            return None
        return canonical_text(value, now, _text, 'must be a date such as "2021-07-13" or "7 days ago"')

    def resolve(self, value: Value, now: datetime) -> PythonValue:
        """A date; None for a relative one that has left the years 1 to 9999 since it was accepted."""
        if value is None:
            return None
        try:
            day = moments.read_day(str(value))
            return day.day(now) if isinstance(day, moments.Relative) else day
        except moments.NotADate:
            return None

    def expression(self, default: Value) -> str:
        if default is None:
            return repr(None)
        day = moments.read_day(str(default))
        if isinstance(day, moments.Relative):
            return relative_expression(day, ".date()")
        return f'__import__("datetime").date({day.year}, {day.month}, {day.day})'


def _text(text: str, now: datetime) -> str:
    day = moments.read_day(text)
    if not isinstance(day, moments.Relative):
        return day.isoformat()
    day.day(now)
    return day.text
