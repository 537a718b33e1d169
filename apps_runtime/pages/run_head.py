"""The facts at the head of a run's own page, in words."""

from dataclasses import dataclass

from django.utils import timezone

from apps_runtime.models import DueTime, Run
from apps_runtime.pages.schedule_form import place_of
from apps_runtime.services.runs.facts import value_words
from projects.models import AuditEvent
from projects.templatetags.times import say_day

MOST_INPUTS = 2


@dataclass(frozen=True)
class RunStart:
    """When a run began: `there` on the clock of its schedule (else the reader's); `here` the reader's, where that shows
    another time."""

    there: str
    here: str = ""


def started_words(run: Run, due: DueTime | None) -> RunStart | None:
    """“20 Nov 2026, 06:00:03” and “14:00:03 London, yours”."""
    if run.started_at is None:
        return None
    here = timezone.localtime(run.started_at)
    if due is None:
        return RunStart(f"{here:%-d %b %Y, %H:%M:%S}")
    there = run.started_at.astimezone(due.schedule.zone)
    if there.utcoffset() == here.utcoffset():
        return RunStart(f"{there:%-d %b %Y, %H:%M:%S}")
    place = place_of(timezone.get_current_timezone_name())
    return RunStart(f"{there:%-d %b %Y, %H:%M:%S}", f"{here:%H:%M:%S} {place}, yours")


def published_words(run: Run) -> str:
    """“Published 18 Nov by Alice”, when the run's version was published last; "" when it never was."""
    published = AuditEvent.objects.filter(project=run.project_id, action="published").select_related("by")
    event = published.filter(detail__version=run.version.number).order_by("-pk").first()
    if event is None:
        return ""
    day = say_day(event.at)
    who = f" by {event.by.name}" if event.by else ""
    return f"Published {day.lower() if day in ('Today', 'Yesterday') else day}{who}"


def default_words(run: Run) -> str:
    """What the defaults were then: “Smoothing 30, From 15 years ago and 3 more”; "" where nothing is to be chosen."""
    specs = [spec for spec in run.version.notebook.inputs if not spec.kind.is_pressed]
    used = run.used_values
    parts = [f"{spec.title} {value_words(used.get(spec.name, spec.default))}" for spec in specs[:MOST_INPUTS]]
    more = len(specs) - MOST_INPUTS
    return f"{', '.join(parts)} and {more} more" if more > 0 else ", ".join(parts)
