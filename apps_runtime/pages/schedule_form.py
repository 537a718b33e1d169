"""What a person asks of a schedule: the fields of the form, what they mean, and the times that follow."""

import json
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from apps_runtime.models import SavedInputs, Schedule
from apps_runtime.pages.app import Control
from apps_runtime.schedules.recurrence import WEEKDAYS, DueSlot, Every, NotARecurrence, Recurrence, slots
from apps_runtime.session.state import Options
from projects.levels import Level
from projects.models import Project, User
from projects.notebook import inputs
from projects.notebook.inputs import InputSpec
from projects.permissions import people_with
from projects.shapes import LARGEST_KEY, BadShape, read_object, whole_number

SHOWN_TIMES = 10


class NotASchedule(ValueError):
    """Settings that make no schedule; the message is a sentence for the person."""


@dataclass(frozen=True)
class Fields:
    """The form as it is filled in, all text; `values`: chosen inputs, by name. `fails` and `succeeds`: whom to tell."""

    every: str = Every.DAY.value
    minute: str = "0"
    at: str = "07:00"
    weekdays: frozenset[str] = frozenset("01234")
    day: str = "1"
    cron: str = "0 7 * * 1-5"
    time_zone: str = "UTC"
    inputs: str = "default"
    set_name: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    fails: frozenset[int] = frozenset()
    succeeds: frozenset[int] = frozenset()

    @classmethod
    def new(cls, person: User) -> "Fields":
        return cls(time_zone=person.time_zone, fails=frozenset({person.pk}))

    @classmethod
    def of(cls, schedule: Schedule) -> "Fields":
        rule = schedule.rule
        blank = cls()
        return cls(
            every=rule.every.value,
            minute=str(rule.minute),
            at=f"{rule.at:%H:%M}",
            weekdays=frozenset(map(str, rule.weekdays)) or blank.weekdays,
            day=str(rule.day),
            cron=rule.cron or blank.cron,
            time_zone=schedule.time_zone,
            inputs=schedule.saved_inputs.choice
            if schedule.saved_inputs
            else "chosen"
            if schedule.values
            else "default",
            set_name=schedule.saved_inputs.name if schedule.saved_inputs else "",
            values=dict(schedule.chosen),
            fails=frozenset(schedule.tell_on_failure.values_list("pk", flat=True)),
            succeeds=frozenset(schedule.tell_on_success.values_list("pk", flat=True)),
        )

    @classmethod
    def sent(cls, data: QueryDict) -> "Fields":
        """Raises NotASchedule when the inputs' part was not made by the form."""
        blank = cls()
        try:
            values = read_object(data.get("values") or "{}")
        except BadShape:
            raise NotASchedule("The inputs can't be read. Load the page again.") from None
        return cls(
            every=data.get("every", blank.every),
            minute=data.get("minute", blank.minute).strip(),
            at=data.get("at", blank.at).strip(),
            weekdays=frozenset(data.getlist("weekday")),
            day=data.get("day", blank.day).strip(),
            cron=data.get("cron", blank.cron).strip(),
            time_zone=data.get("time_zone", blank.time_zone),
            inputs=data.get("inputs", blank.inputs),
            set_name=" ".join(data.get("set_name", "").split())[:60],
            values=values,
            fails=_keys(data.getlist("fails")),
            succeeds=_keys(data.getlist("succeeds")),
        )

    @property
    def chooses_inputs(self) -> bool:
        return self.inputs == "chosen"

    @property
    def values_json(self) -> str:
        return json.dumps(self.values)

    @property
    def recurrence(self) -> Recurrence:
        """Raises NotARecurrence. What the chosen kind does not use is not looked at."""
        data: dict[str, Any] = {"every": self.every}
        match self.every:
            case Every.HOUR:
                data["minute"] = _whole(self.minute, "The minute of an hourly schedule is from 0 to 59.")
            case Every.DAY | Every.WEEK | Every.MONTH:
                data["at"] = self.at
                data["weekdays"] = sorted(self.weekdays) if self.every == Every.WEEK else ()
                if self.every == Every.MONTH:
                    data["day"] = _whole(self.day, "The day of the month is from 1 to 31.")
            case Every.CRON:
                data["cron"] = self.cron
        return Recurrence.from_json(data)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Raises NotASchedule."""
        if self.time_zone not in time_zones():
            raise NotASchedule(f"There is no time zone called “{self.time_zone}”. Choose one such as Europe/Berlin.")
        return zoneinfo.ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class NextTime:
    """A due time on the schedule's clock and on the reader's. `note` marks a change of the clocks."""

    there: datetime
    here: datetime
    note: str = ""

    # Written out here, because the `date` filter of templates would turn both clocks to the reader's.
    @property
    def text_day(self) -> str:
        year = "" if self.there.year == timezone.now().astimezone(self.there.tzinfo).year else f"{self.there: %Y}"
        return f"{self.there:%a %-d %b}{year}, "

    @property
    def text_time(self) -> str:
        return f"{self.there:%H:%M}"

    @property
    def text_here(self) -> str:
        other_day = self.there.date() != self.here.date()
        return f"{self.here:%a %H:%M}" if other_day else f"{self.here:%H:%M}"

    @property
    def is_marked(self) -> bool:
        return bool(self.note)


def next_times(rule: Recurrence, zone: zoneinfo.ZoneInfo, now: datetime) -> list[NextTime]:
    """The next ten due times; fewer for a cron line that ends."""
    here = timezone.get_current_timezone()
    return [
        NextTime(slot.at.astimezone(zone), slot.at.astimezone(here), _note(rule, slot))
        for slot in islice(slots(rule, zone, now), SHOWN_TIMES)
    ]


def chosen_values(fields: Fields, specs: tuple[InputSpec, ...], now: datetime) -> dict[str, Any]:
    """The inputs that differ from their defaults. Raises NotASchedule with the first value that is not allowed."""
    if not fields.chooses_inputs:
        return {}
    defaults = inputs.defaults(specs)
    parsed = inputs.parse_values(specs, fields.values, defaults, now)
    if parsed.ignored:
        sentence = next(iter(parsed.ignored.values()))
        raise NotASchedule(f"{sentence[:1].upper()}{sentence[1:]}{'' if sentence.endswith('.') else '.'}")
    offered = {spec.name for spec in specs if can_be_saved(spec)}
    given = {**parsed.values, **parsed.held}
    return {name: value for name, value in given.items() if name in offered and value != defaults[name]}


def saved_set(fields: Fields, project: Project) -> SavedInputs | None:
    """The set with a name that was chosen. Raises NotASchedule when it is gone."""
    if not fields.inputs.startswith("set:"):
        return None
    key = fields.inputs.removeprefix("set:")
    found = project.saved_inputs.filter(pk=key).first() if key.isdecimal() and len(key) < 16 else None
    if found is None:
        raise NotASchedule("These saved inputs are gone. Choose others.")
    return found


def sentence_of(schedule: Schedule) -> str:
    """“Plays the published version with the inputs “Winter”. Alice hears of it when it fails.”"""
    if schedule.saved_inputs:
        chosen = f"the inputs “{schedule.saved_inputs.name}”"
    else:
        chosen = "inputs of its own" if schedule.values else "its default inputs"
    names = [person.name for person in schedule.tell_on_failure.all()]
    heard = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "Nobody"
    verb = "hears" if len(names) < 2 else "hear"
    return f"Plays the published version with {chosen}. {heard} {verb} of it when it fails."


def controls(fields: Fields, specs: tuple[InputSpec, ...], known: Mapping[str, Options]) -> list[Control]:
    """The inputs as the form offers them, with the options of variables that are `known`; a file or a press of a
    button can't be saved for later."""
    values = {**inputs.defaults(specs), **fields.values}
    return [Control(spec, values[spec.name], found=known.get(spec.name)) for spec in specs if can_be_saved(spec)]


def can_be_saved(spec: InputSpec) -> bool:
    return spec.kind.part_of_links


def listeners(project: Project) -> list[User]:
    """Who can be told of runs: people who may read the run log."""
    return people_with(project, Level.CAN_VIEW)


@cache
def time_zones() -> tuple[str, ...]:
    """IANA names that people know: regions with places, and UTC."""
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}))


def place_of(zone: str) -> str:
    """“Los Angeles” of America/Los_Angeles."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def weekday_choices(fields: Fields) -> list[tuple[int, str, bool]]:
    return [(number, name, str(number) in fields.weekdays) for number, name in enumerate(WEEKDAYS)]


def _note(rule: Recurrence, slot: DueSlot) -> str:
    asked = f"{rule.at:%H:%M}" if rule.every is not Every.CRON else "the time asked for"
    if slot.moved:
        return f"Clocks go forward: {asked} does not exist"
    if slot.repeated:
        return f"Clocks go back: {asked} comes twice, and it runs the first time"
    return ""


def _whole(text: str, otherwise: str) -> int:
    number = whole_number(text, largest=9_999)
    if number is None:
        raise NotARecurrence(otherwise)
    return number


def _keys(found: list[str]) -> frozenset[int]:
    return frozenset(number for key in found if (number := whole_number(key, largest=LARGEST_KEY)) is not None)
