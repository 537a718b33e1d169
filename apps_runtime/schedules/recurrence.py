"""Recurrences: when, on the clock of a zone. specs/publishing, "Schedules"; the rules of the clock:

* A time that does not exist (spring) moves forward by the gap: 02:30 runs at 03:30.
* A time that exists twice (autumn) runs once, the first time.
* Hourly is every real hour, so it runs in both of the two hours that carry the same name.
* Monthly on the 29th to 31st means the last day of shorter months.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from cron_descriptor import FormatException, Options, get_description
from cronsim import CronSim, CronSimError

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LEAST_MINUTES_APART = 5
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Every(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    CRON = "cron"


class NotARecurrence(ValueError):
    """Settings that say no times; the message is a sentence for the person."""


@dataclass(frozen=True)
class DueSlot:
    """A due time. `at` in UTC. `moved`: the wall-clock time asked for does not exist that day. `repeated`: it exists
    twice, and this is the first."""

    at: datetime
    moved: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class Recurrence:
    """`minute` for hourly; `at` for daily, weekly (on `weekdays`, Monday is 0) and monthly (on day `day`);
    `cron`: five fields."""

    every: Every
    minute: int = 0
    at: time = time(7, 0)
    weekdays: tuple[int, ...] = ()
    day: int = 1
    cron: str = ""

    def __post_init__(self) -> None:
        match self.every:
            case Every.HOUR if not 0 <= self.minute <= 59:
                raise NotARecurrence("The minute of an hourly schedule is from 0 to 59.")
            case Every.WEEK if not self.weekdays:
                raise NotARecurrence("Choose at least one day of the week.")
            case Every.WEEK if not set(self.weekdays) <= set(range(7)):
                raise NotARecurrence("There is no such day of the week.")
            case Every.MONTH if not 1 <= self.day <= 31:
                raise NotARecurrence("The day of the month is from 1 to 31.")
            case Every.CRON:
                _check_cron(self.cron)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recurrence":
        """Raises NotARecurrence."""
        try:
            return cls(
                every=Every(data["every"]),
                minute=int(data.get("minute", 0)),
                at=time.fromisoformat(data.get("at", "07:00")),
                weekdays=tuple(sorted({int(day) for day in data.get("weekdays", ())})),
                day=int(data.get("day", 1)),
                cron=str(data.get("cron", "")).strip(),
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, NotARecurrence):
                raise
            raise NotARecurrence("This schedule can't be read: choose how often, and at what time.") from error

    def to_json(self) -> dict[str, Any]:
        match self.every:
            case Every.HOUR:
                return {"every": "hour", "minute": self.minute}
            case Every.DAY:
                return {"every": "day", "at": f"{self.at:%H:%M}"}
            case Every.WEEK:
                return {"every": "week", "at": f"{self.at:%H:%M}", "weekdays": list(self.weekdays)}
            case Every.MONTH:
                return {"every": "month", "at": f"{self.at:%H:%M}", "day": self.day}
            case Every.CRON:
                return {"every": "cron", "cron": self.cron}

    @property
    def words(self) -> str:
        """“every weekday at 07:00”, “every hour at 05 past”, “on day 31 of every month at 06:00”."""
        match self.every:
            case Every.HOUR:
                return f"every hour at {self.minute:02d} past" if self.minute else "every hour, on the hour"
            case Every.DAY:
                return f"every day at {self.at:%H:%M}"
            case Every.WEEK:
                return f"every {_days(self.weekdays)} at {self.at:%H:%M}"
            case Every.MONTH:
                last = ", or the last day of shorter months" if self.day > 28 else ""
                return f"on day {self.day} of every month{last}, at {self.at:%H:%M}"
            case Every.CRON:
                description = str(get_description(self.cron, _cron_options()))
                return description[:1].lower() + description[1:]


def slots(recurrence: Recurrence, zone: ZoneInfo, after: datetime) -> Iterator[DueSlot]:
    """The due times strictly after `after` (aware), in order, without end (a cron that never comes ends it)."""
    after = after.astimezone(UTC)
    previous: datetime | None = None
    for slot in _candidates(recurrence, zone, after):
        if slot.at > after and slot.at != previous:
            previous = slot.at
            yield slot


def between(recurrence: Recurrence, zone: ZoneInfo, after: datetime, until: datetime) -> list[DueSlot]:
    """Due times in (after, until]."""
    found = []
    for slot in slots(recurrence, zone, after):
        if slot.at > until:
            break
        found.append(slot)
    return found


def _candidates(recurrence: Recurrence, zone: ZoneInfo, after: datetime) -> Iterator[DueSlot]:
    match recurrence.every:
        case Every.HOUR:
            yield from _real_hours(recurrence.minute, zone, after)
        case Every.CRON:
            yield from _cron_slots(recurrence.cron, zone, after)
        case _:
            day = after.astimezone(zone).date() - DAY
            while day.year < 9000:
                if _is_on(recurrence, day):
                    yield _instant(datetime.combine(day, recurrence.at), zone)
                day += DAY


def _is_on(recurrence: Recurrence, day: date) -> bool:
    match recurrence.every:
        case Every.WEEK:
            return day.weekday() in recurrence.weekdays
        case Every.MONTH:
            last = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY).day
            return day.day == min(recurrence.day, last)
        case _:
            return True


def _real_hours(minute: int, zone: ZoneInfo, after: datetime) -> Iterator[DueSlot]:
    """Instants whose wall clock shows `minute`, at least an hour apart (a zone may change by half an hour)."""
    moment = after.replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    previous = moment - HOUR
    while True:
        shown = moment.astimezone(zone).minute
        if shown == minute and moment - previous >= HOUR:
            previous = moment
            yield DueSlot(moment)
        # To that minute, but no further than the next quarter of an hour: clocks may change there.
        moment += timedelta(minutes=min((minute - shown) % 60 or 60, 15 - moment.minute % 15))


def _instant(wall: datetime, zone: ZoneInfo) -> DueSlot:
    """The first instant at which the clock shows `wall`; where it never does, the time after the gap."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    at = first.astimezone(UTC)
    exists = at.astimezone(zone).replace(tzinfo=None) == wall
    return DueSlot(at, moved=not exists, repeated=exists and first.utcoffset() != second.utcoffset())


def _cron_slots(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[DueSlot]:
    """Fields with a free hour follow real time; fixed hours follow the wall clock, like the other recurrences."""
    free_hour = expression.split()[1].startswith("*")
    start = (after.astimezone(zone) - 2 * HOUR).replace(tzinfo=None)
    waiting: list[DueSlot] = []
    for wall in CronSim(expression, start):
        if not free_hour:
            yield _instant(wall, zone)
            continue
        slot = _instant(wall, zone)
        # The second passing of a repeated hour comes after the whole first one.
        while waiting and (waiting[0].at <= slot.at or not slot.repeated):
            yield waiting.pop(0)
        if slot.moved:
            continue
        yield DueSlot(slot.at)
        if slot.repeated:
            waiting.append(DueSlot(wall.replace(tzinfo=zone, fold=1).astimezone(UTC)))


def _check_cron(expression: str) -> None:
    """Five fields that say times, not closer than five minutes apart."""
    if len(expression.split()) != 5:
        raise NotARecurrence("A cron line has five fields: minute, hour, day of month, month, day of week.")
    try:
        times = CronSim(expression, datetime(2024, 1, 1))
        get_description(expression, _cron_options())
        first = [moment for moment, _ in zip(times, range(300), strict=False)]
    except (CronSimError, FormatException, ValueError) as error:
        raise NotARecurrence(f"“{expression}” is not a cron line: {error}.") from error
    if not first:
        raise NotARecurrence(f"“{expression}” never comes.")
    closest = min((after - before for before, after in pairwise(first)), default=DAY)
    if closest < timedelta(minutes=LEAST_MINUTES_APART):
        raise NotARecurrence(f"Runs are at least {LEAST_MINUTES_APART} minutes apart; this line asks for less.")


def _cron_options() -> Options:
    options = Options()
    options.use_24hour_time_format = True
    return options


def _days(weekdays: tuple[int, ...]) -> str:
    if weekdays == (0, 1, 2, 3, 4):
        return "weekday"
    if weekdays == (5, 6):
        return "Saturday and Sunday"
    names = [WEEKDAYS[day] for day in weekdays]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
