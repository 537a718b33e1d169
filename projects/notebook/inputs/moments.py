"""Dates, datetimes and relative dates as texts: rows 19 to 28 of url-parameters.

A text is read to a value of this module; `text` of that value is its canonical writing. Nothing here looks at a clock.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d (?:[01]\d|2[0-3]):\d\d:\d\d)(?: (.+))?", re.ASCII)
_RELATIVE = re.compile(r"(\d{1,6}) (day|month|year)s? (ago|from now)(?: (.+))?", re.ASCII)

MONTHS_A_YEAR = 12


class NotADate(ValueError):
    """A text that names no day, or no moment, that Python can hold."""


@dataclass(frozen=True)
class Relative:
    """So many days, months or years before (negative) or after the start of a run, on the calendar of a zone.

    `zone` is "" where none was given, which means UTC.
    """

    count: int
    unit: str
    zone: str = ""
    forward: bool = False

    @property
    def text(self) -> str:
        unit = self.unit if self.count == 1 else f"{self.unit}s"
        direction = "from now" if self.forward else "ago"
        return " ".join(filter(None, [str(self.count), unit, direction, self.zone]))

    @property
    def signed(self) -> int:
        return self.count if self.forward else -self.count

    def day(self, now: datetime) -> date:
        """The day it means at `now` (aware). Raises NotADate beyond the years 1 to 9999."""
        try:
            return self._shift(self._local(now).date())
        except (OverflowError, ValueError):
            raise NotADate(f"{self.text} is outside the years 1 to 9999") from None

    def moment(self, now: datetime) -> datetime:
        """The same clock time on that day, seconds cut. Raises NotADate beyond the years 1 to 9999."""
        clock = self._local(now).time().replace(second=0, microsecond=0, fold=0)
        return existing(datetime.combine(self.day(now), clock), self.zone)

    def _local(self, now: datetime) -> datetime:
        return now.astimezone(zone_of(self.zone))

    def _shift(self, day: date) -> date:
        if self.unit == "day":
            return day + timedelta(days=self.signed)
        months = self.signed * (MONTHS_A_YEAR if self.unit == "year" else 1)
        year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
        # Clamped to the month's end: 31 March less one month is 28 or 29 February.
        first = date(year, month + 1, 1)
        return first.replace(day=min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Moment:
    """A clock time on a day in a zone ("" was given: UTC)."""

    local: datetime
    zone: str = "UTC"

    @property
    def text(self) -> str:
        # Not strftime: it writes the year 21 without its zeros on some systems.
        return f"{self.local.isoformat(sep=' ')} {self.zone}"

    @property
    def aware(self) -> datetime:
        """Raises NotADate where the moment has no UTC time in the years 1 to 9999."""
        return existing(self.local, self.zone)


Day: TypeAlias = date


def read_day(text: str) -> Day | Relative:
    """A date input's value: `2021-07-13` or `7 days ago`. Raises NotADate."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise NotADate(f"{text} is not a day") from None
    return read_relative(text)


def read_moment(text: str) -> Moment | Relative:
    """A datetime input's value: `2021-07-13 13:45:22 America/Chicago`, without a zone UTC, or relative."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return read_relative(text)
    clock, zone = match.groups()
    try:
        moment = Moment(datetime.fromisoformat(clock), "UTC" if zone is None else known_zone(zone))
    except ValueError:
        raise NotADate(f"{text} is not a moment") from None
    _ = moment.aware
    return moment


def read_relative(text: str) -> Relative:
    """`7 days ago`, `5 months from now`, with an optional zone. Raises NotADate."""
    match = _RELATIVE.fullmatch(text)
    if not match:
        raise NotADate(f"{text!r} is not a date")
    count, unit, direction, zone = match.groups()
    return Relative(int(count), unit, "" if zone is None else known_zone(zone), direction == "from now")


def known_zone(name: str) -> str:
    """The IANA name, with the space that a link makes of `+` put back (row 21). Raises NotADate."""
    for candidate in (name, name.replace(" ", "+", 1)):
        if candidate in zone_names():
            return candidate
    raise NotADate(f"{name!r} is not a time zone")


@cache
def zone_names() -> frozenset[str]:
    """The time zones of this machine, without the two that are not places (row 20)."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name or "UTC")


def existing(local: datetime, zone: str) -> datetime:
    """The aware moment of a clock time; one that is skipped moves forward, of two the first (row 24)."""
    info = zone_of(zone)
    try:
        return local.replace(tzinfo=info, fold=0).astimezone(UTC).astimezone(info)
    except OverflowError:
        raise NotADate(f"{local} is outside the years 1 to 9999") from None
