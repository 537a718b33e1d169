"""How inputs are written into a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.utils import timezone

from apps_runtime.services.appearance import Control
from projects.notebook.inputs import resolve

register = template.Library()

UNITS = ("days", "months", "years")


@dataclass(frozen=True)
class Option:
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
def options_of(control: Control) -> list[Option]:
    chosen = control.value if isinstance(control.value, list) else [control.value]
    offered = control.options if control.options is not None else control.spec.options
    marks = {json.dumps(value) for value in chosen}
    return [Option(json.dumps(option), words_of(option), json.dumps(option) in marks) for option in offered]


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
    if len(words) >= 3 and words[0].isdigit() and words[1].rstrip("s") in {"day", "month", "year"}:
        direction = "ago" if words[2] == "ago" else "from now"
        zone = " ".join(words[3 if direction == "ago" else 4 :])
        means = resolve(control.spec, text, timezone.now())
        return DateChoice(
            words=f"{words[0]} {words[1]} {direction}",
            means=f"{means:%-d %b %Y}" if isinstance(means, date) else "",
            is_relative=True,
            count=words[0],
            unit=words[1].rstrip("s") + "s",
            direction=direction,
            zone=zone,
            field="",
        )
    value = resolve(control.spec, text, timezone.now()) if text else None
    if value is None:
        return DateChoice("No date", "", False, "7", "days", "ago", "", "")
    if isinstance(value, datetime):
        zone = words[2] if len(words) > 2 else ""
        words_of_time = f"{value:%-d %b %Y, %H:%M}" + ("" if value.tzinfo in (None, UTC) else f" {zone}")
        return DateChoice(words_of_time, "", False, "7", "days", "ago", zone, f"{value:%Y-%m-%dT%H:%M:%S}")
    return DateChoice(f"{value:%-d %b %Y}", "", False, "7", "days", "ago", "", value.isoformat())


def words_of(value: Any) -> str:
    if value is True:
        return "True"
    if value is False:
        return "False"
    return "None" if value is None else str(value)
