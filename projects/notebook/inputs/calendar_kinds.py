"""Days and moments, fixed or relative to each run: what dates and datetimes share (rows 19 to 28)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from projects.notebook.inputs import moments
from projects.notebook.inputs.kind import InputKind
from projects.notebook.inputs.refusals import NotAllowed


class CalendarKind(InputKind):
    """A kind whose value is a text of `moments`."""

    keeps_its_value = True
    is_computed = True
    template = "inputs/date.html"
    default_template = "inputs/defaults/date.html"


def canonical_text(value: Any, now: datetime, read: Callable[[str, datetime], str], expected: str) -> str:
    """The text that `read` makes of the value. Raises NotAllowed with `expected`."""
    if not isinstance(value, str) or len(value) > 100:
        raise NotAllowed(expected)
    try:
        return read(value, now)
    except moments.NotADate:
        raise NotAllowed(expected) from None


def relative_expression(relative: moments.Relative, cut: str) -> str:
    """Code that works the day out when the cell runs, with calendar months clamped as `moments` does it."""
    now = f'__import__("datetime").datetime.now(__import__("zoneinfo").ZoneInfo("{relative.zone or "UTC"}"))'
    if relative.unit == "day":
        shifted = f'({now} + __import__("datetime").timedelta(days={relative.signed}))'
        return f"{shifted}{cut}"
    months = relative.signed * (moments.MONTHS_A_YEAR if relative.unit == "year" else 1)
    return (
        f"[now.replace(year=month // 12, month=month % 12 + 1, "
        f'day=min(now.day, __import__("calendar").monthrange(month // 12, month % 12 + 1)[1])){cut} '
        f"for now in [{now}] for month in [now.year * 12 + now.month - 1 + {months}]][0]"
    )
