"""How inputs are written into a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zlib import crc32

from django import template
from django.utils import timezone

from apps_runtime.pages.app import Control
from projects.notebook.inputs import resolve

register = template.Library()

HUES = 6
UNITS = ("days", "months", "years")


@dataclass(frozen=True)
class ChoiceOption:
    """`json`: the value as a page sends it back; `label`: as a person reads it."""

    json: str
    label: str
    selected: bool


@dataclass(frozen=True)
class DateChoice:
    """A date as words, what it means today, and the parts of the relative form."""

    words: str
    means: str
    is_relative: bool
    count: str
    unit: str
    direction: str
    zone: str
    field: str
    units: Sequence[str] = UNITS


@register.filter
def unlocalized(value: Any) -> str:
    """A number as HTML wants it: a point, no separators; nothing for None."""
    return "" if value is None else str(value)


@register.filter
def as_json(value: Any) -> str:
    """A value for an attribute that a page reads with JSON.parse."""
    return json.dumps(value)


@register.filter
def hue(name: str) -> int:
    """Which of the series' colours stands for a person: always the same one."""
    return crc32(name.encode()) % HUES + 1


@register.filter
def initials(name: str) -> str:
    """“AB” for Alice Berg, “A” for Alice."""
    words = name.split()
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))


@register.filter
def file_name(path: str) -> str:
    """How the visitor called an upload."""
    return path.rpartition("/")[2]


@register.filter
def options_of(control: Control) -> list[ChoiceOption]:
    chosen = control.value if isinstance(control.value, list) else [control.value]
    # Options that are not known yet: what is chosen is offered, so that it is seen.
    unknown = [value for value in chosen if value is not None] if control.spec.options_from else control.spec.options
    offered = control.options if control.options is not None else unknown
    marks = {json.dumps(value) for value in chosen}
    return [ChoiceOption(json.dumps(option), words_of(option), json.dumps(option) in marks) for option in offered]


@register.filter
def chosen_words(control: Control) -> str:
    """“None”, “Rain”, “Rain, Sun, Fog and 1 more”."""
    chosen = [words_of(value) for value in control.value or []]
    if not chosen:
        return "None"
    return ", ".join(chosen) if len(chosen) <= 3 else f"{', '.join(chosen[:3])} and {len(chosen) - 3} more"


@register.filter
def date_choice(control: Control) -> DateChoice:
    text = control.value or ""
    words = text.split()
    value = resolve(control.spec, text, timezone.now()) if text else None
    if len(words) >= 3 and words[0].isdigit() and words[1].rstrip("s") in {"day", "month", "year"}:
        direction = "ago" if words[2] == "ago" else "from now"
        return DateChoice(
            words=f"{words[0]} {words[1]} {direction}",
            means=f"{value:%-d %b %Y}" if isinstance(value, date) else "",
            is_relative=True,
            count=words[0],
            unit=words[1].rstrip("s") + "s",
            direction=direction,
            zone=" ".join(words[3 if direction == "ago" else 4 :]),
            field="",
        )
    if value is None:
        return DateChoice("No date", "", False, "7", "days", "ago", "", "")
    if isinstance(value, datetime):
        zone = words[2] if len(words) > 2 else ""
        said = f"{value:%-d %b %Y, %H:%M}"
        return DateChoice(
            said, zone or "UTC", False, "7", "days", "ago", zone, value.isoformat(timespec="seconds")[:19]
        )
    return DateChoice(f"{value:%-d %b %Y}", "", False, "7", "days", "ago", "", value.isoformat())


def words_of(value: Any) -> str:
    if value is True:
        return "True"
    if value is False:
        return "False"
    return "None" if value is None else str(value)
