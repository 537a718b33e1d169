"""A year of due times in zones whose clocks change, against what a person with that clock on the wall would have noted.

The person looks at the wall every quarter of an hour of the year (clocks change at one) and knows nothing of how the
product finds due times: what the clock shows comes from UTC, which is the direction in which zones are never in doubt.
"""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from apps_runtime.schedules.recurrence import Every, Recurrence, between

MINUTE, QUARTER, HOUR, DAY = (timedelta(minutes=minutes) for minutes in (1, 15, 60, 24 * 60))
YEAR = 2026
# Lord Howe changes by half an hour, Casablanca for the weeks of Ramadan, Santiago in the other half of the year;
# Kolkata never does.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
)
THREE = ZONES[:3]
CHANGES = {"Europe/Berlin": 2, "America/New_York": 2, "America/Santiago": 2, "Australia/Lord_Howe": 2,
           "Africa/Casablanca": 2, "Asia/Kolkata": 0}  # fmt: skip


class Wall:
    """One year of a clock on a wall: which moments (UTC) show a date and a time, in order."""

    def __init__(self, name: str) -> None:
        self.zone = ZoneInfo(name)
        self.moments: dict[datetime, list[datetime]] = defaultdict(list)
        self.changes: list[tuple[datetime, timedelta]] = []
        moment, before = datetime(YEAR - 1, 12, 31, tzinfo=UTC), None
        while moment < datetime(YEAR + 1, 1, 2, tzinfo=UTC):
            shown = moment.astimezone(self.zone).replace(tzinfo=None)
            self.moments[shown].append(moment)
            if before is not None and shown - before != QUARTER and shown.year == YEAR:
                self.changes.append((moment, shown - before - QUARTER))
            moment, before = moment + QUARTER, shown

    def when(self, shown: datetime) -> datetime:
        """The first moment that shows this; where the clock jumps over it, as long after the jump as it would be."""
        if shown in self.moments:
            return self.moments[shown][0]
        [gap] = [jump for moment, jump in self.changes if moment.astimezone(self.zone).date() == shown.date()]
        return self.moments[shown + gap][0]

    def days(self) -> list[datetime]:
        return [datetime(YEAR, 1, 1) + number * DAY for number in range(365)]


@cache
def wall_of(name: str) -> Wall:
    return Wall(name)


def found(recurrence: Recurrence, wall: Wall) -> list[datetime]:
    start, end = (datetime(year, 1, 1, tzinfo=wall.zone) for year in (YEAR, YEAR + 1))
    return [slot.at for slot in between(recurrence, wall.zone, start - MINUTE, end - MINUTE)]


@pytest.mark.parametrize("name", ZONES)
def test_the_year_has_the_changes_it_is_meant_to_have(name):
    assert len(wall_of(name).changes) == CHANGES[name]
    assert {jump > timedelta() for _, jump in wall_of(name).changes} == ({True, False} if CHANGES[name] else set())


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    "at", ["00:00", "00:15", "01:30", "02:00", "02:15", "02:30", "03:00", "03:30", "12:00", "23:45"]
)
def test_every_day(name, at):
    wall, clock = wall_of(name), time.fromisoformat(at)
    expected = [wall.when(datetime.combine(day, clock)) for day in wall.days()]
    assert found(Recurrence(Every.DAY, at=clock), wall) == expected


@pytest.mark.parametrize("name", ZONES)
def test_every_weekday_and_at_the_end_of_every_month(name):
    wall, clock = wall_of(name), time(2, 30)
    days = wall.days()
    weekdays = [wall.when(datetime.combine(day, clock)) for day in days if day.weekday() < 5]
    sundays = [wall.when(datetime.combine(day, clock)) for day in days if day.weekday() == 6]
    ends = [wall.when(datetime.combine(day, clock)) for day in days if (day + DAY).month != day.month]
    assert found(Recurrence(Every.WEEK, at=clock, weekdays=(0, 1, 2, 3, 4)), wall) == weekdays
    assert found(Recurrence(Every.WEEK, at=clock, weekdays=(6,)), wall) == sundays
    assert found(Recurrence(Every.MONTH, at=clock, day=31), wall) == ends


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("minute", [0, 5, 30])
def test_every_real_hour(name, minute):
    """Nothing is nearer than an hour, and nothing further than an hour and the half by which some clocks change."""
    wall = wall_of(name)
    times = found(Recurrence(Every.HOUR, minute=minute), wall)
    assert all(at.astimezone(wall.zone).minute == minute for at in times)
    steps = {after - before for before, after in pairwise(times)}
    halves = {jump for _, jump in wall.changes if abs(jump) < HOUR}
    assert steps == ({HOUR, HOUR + HOUR / 2} if halves else {HOUR})
    expected = 365 * 24 - len(halves)
    assert abs(len(times) - expected) <= 1


@pytest.mark.parametrize("name", THREE)
@pytest.mark.parametrize(
    ("line", "daily"),
    [("30 2 * * *", ["02:30"]), ("15 1,2,3 * * *", ["01:15", "02:15", "03:15"]), ("0 0 * * *", ["00:00"])],
)
def test_a_cron_line_of_fixed_hours_is_read_off_the_wall(name, line, daily):
    wall = wall_of(name)
    expected = {wall.when(datetime.combine(day, time.fromisoformat(at))) for day in wall.days() for at in daily}
    assert found(Recurrence(Every.CRON, cron=line), wall) == sorted(expected)


@pytest.mark.parametrize("name", THREE)
def test_a_cron_line_of_every_hour_is_every_real_hour(name):
    wall = wall_of(name)
    times = found(Recurrence(Every.CRON, cron="*/20 * * * *"), wall)
    assert len(times) == 365 * 24 * 3 and {after - before for before, after in pairwise(times)} == {HOUR / 3}
