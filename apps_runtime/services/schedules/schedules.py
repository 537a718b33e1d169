"""Schedules: making them, and the tick that starts what is due. Exactly one run a due time, however many ticks."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps_runtime.messaging import queue
from apps_runtime.models import DueTime, Run, SavedInputs, Schedule, SchedulePause
from apps_runtime.schedules.recurrence import DueSlot, Recurrence, between
from apps_runtime.services.runs import runs
from projects.models import Project, User
from projects.permissions import Action, check, may
from projects.services import audit

logger = logging.getLogger(__name__)

OVERLAP = "The run before it was still going on."
# Two beats record what was missed side by side: when this has passed, all of it is there.
MISSED_TOGETHER_SECONDS = 5
DOWN = "The server was not running then"


class NothingPublished(Exception):
    """A schedule runs the published version; this project has none."""

    def __init__(self) -> None:
        super().__init__("Publish the app first: a schedule runs the published version.")


def create(
    *,
    project: Project,
    recurrence: Recurrence,
    time_zone: str,
    by: User,
    values: Mapping[str, Any] | None = None,
    saved_inputs: SavedInputs | None = None,
    tell_on_failure: Iterable[User] | None = None,
    tell_on_success: Iterable[User] = (),
    now: datetime | None = None,
) -> Schedule:
    """A new schedule; its creator hears of failures unless others are named. Raises Refusal, NothingPublished."""
    check(by, project, Action.MANAGE_SCHEDULES)
    if not hasattr(project, "publication"):
        raise NothingPublished()
    with transaction.atomic():
        schedule = Schedule.objects.create(
            project=project,
            recurrence=recurrence.to_json(),
            time_zone=time_zone,
            values=dict(values or {}),
            saved_inputs=saved_inputs,
            created_by=by,
            looked_until=now or timezone.now(),
        )
        schedule.tell_on_failure.set([by] if tell_on_failure is None else tell_on_failure)
        schedule.tell_on_success.set(tell_on_success)
        audit.record(project=project, by=by, action="scheduled", words=schedule.words)
    return schedule


def change(
    *,
    schedule: Schedule,
    recurrence: Recurrence,
    time_zone: str,
    by: User,
    values: Mapping[str, Any],
    saved_inputs: SavedInputs | None = None,
    tell_on_failure: Iterable[User],
    tell_on_success: Iterable[User],
    now: datetime | None = None,
) -> Schedule:
    """New settings count from now on; due times that have passed are not looked at again."""
    check(by, schedule.project, Action.MANAGE_SCHEDULES)
    with transaction.atomic():
        schedule.recurrence, schedule.time_zone = recurrence.to_json(), time_zone
        schedule.values, schedule.looked_until = dict(values), now or timezone.now()
        schedule.saved_inputs = saved_inputs
        schedule.save(update_fields=["recurrence", "time_zone", "values", "saved_inputs", "looked_until"])
        schedule.tell_on_failure.set(tell_on_failure)
        schedule.tell_on_success.set(tell_on_success)
        audit.record(project=schedule.project, by=by, action="changed a schedule", words=schedule.words)
    return schedule


def save_inputs(*, project: Project, name: str, values: Mapping[str, Any], by: User) -> SavedInputs:
    """Keep values under a name; the same name again changes what all schedules with it choose."""
    check(by, project, Action.MANAGE_SCHEDULES)
    found, _ = SavedInputs.objects.update_or_create(
        project=project, name=" ".join(name.split())[:60], defaults={"values": dict(values), "by": by}
    )
    return found


def pause(*, schedule: Schedule, by: User | None, why: str = "") -> None:
    """`by` None: the schedule paused itself, for the reason given."""
    with transaction.atomic():
        _, paused = SchedulePause.objects.get_or_create(schedule=schedule, defaults={"by": by, "why": why})
        if paused:
            audit.record(project=schedule.project, by=by, action="paused a schedule", why=why)


def resume(*, schedule: Schedule, by: User, now: datetime | None = None) -> None:
    """Due times during the pause are over; the next one counts, and failures are counted anew."""
    check(by, schedule.project, Action.MANAGE_SCHEDULES)
    with transaction.atomic():
        if SchedulePause.objects.filter(schedule=schedule).delete()[0]:
            now = now or timezone.now()
            Schedule.objects.filter(pk=schedule.pk).update(looked_until=now, resumed_at=now)
            audit.record(project=schedule.project, by=by, action="resumed a schedule", words=schedule.words)


def delete(*, schedule: Schedule, by: User) -> None:
    check(by, schedule.project, Action.MANAGE_SCHEDULES)
    with transaction.atomic():
        audit.record(project=schedule.project, by=by, action="deleted a schedule", words=schedule.words)
        schedule.delete()


def run_now(*, schedule: Schedule, by: User) -> Run:
    """The scheduled run, once, at once; not a due time. Raises Refusal, NothingPublished."""
    check(by, schedule.project, Action.MANAGE_SCHEDULES)
    if not hasattr(schedule.project, "publication"):
        raise NothingPublished()
    return _start(schedule, by=by, trigger=Run.Trigger.MANUAL)


def tick(*, now: datetime) -> list[Run]:
    """Start what is due, and record what was skipped or missed. Safe to run at any time and by several at once."""
    started = []
    # Nothing is due in the trash, and nothing is made up for when a project comes back.
    Schedule.objects.filter(project__trashing__isnull=False, looked_until__lt=now).update(looked_until=now)
    due = Schedule.objects.filter(pause=None, looked_until__lt=now, project__trashing=None)
    for schedule in due.select_related("project__workspace", "created_by"):
        found = between(schedule.rule, schedule.zone, schedule.looked_until, now)
        for slot in found[:-1]:
            missed = _record(schedule, slot, DueTime.Outcome.MISSED, f"{DOWN}; the latest one counts.")
            if missed is not None and slot is found[-2]:
                _tell_of_missed(missed)
        if found and (run := _latest(schedule, found[-1], now)):
            started.append(run)
        Schedule.objects.filter(pk=schedule.pk, looked_until__lt=now).update(looked_until=now)
    return started


def _latest(schedule: Schedule, slot: DueSlot, now: datetime) -> Run | None:
    """Start the run of a due time, unless it is too late, overlaps, or nobody may any more."""
    if now - slot.at > timedelta(seconds=settings.HEXLITE_SCHEDULE_GRACE_SECONDS):
        missed = _record(schedule, slot, DueTime.Outcome.MISSED, f"{DOWN}, and it is too late now.")
        if missed is not None:
            _tell_of_missed(missed)
        return None
    if why := _why_not(schedule):
        with transaction.atomic():
            due_time = _record(schedule, slot, DueTime.Outcome.SKIPPED, why)
            pause(schedule=schedule, by=None, why=why)
            if due_time is not None:
                queue.enqueue("tell_run_end", due_time.pk, queue=queue.RUNS)
        return None
    going_on = Run.objects.filter(due_time__schedule=schedule).unfinished()
    if going_on.exists():
        _record(schedule, slot, DueTime.Outcome.SKIPPED, OVERLAP)
        return None
    with transaction.atomic():
        due_time = _record(schedule, slot, DueTime.Outcome.STARTED, "")
        if due_time is None:  # Another beat was first.
            return None
        due_time.run = _start(schedule, by=schedule.created_by, trigger=Run.Trigger.SCHEDULE)
        due_time.save(update_fields=["run"])
        return due_time.run


def _tell_of_missed(due_time: DueTime) -> None:
    """One mail for all that were missed at once: whoever records the last of them asks for it."""
    queue.enqueue("tell_run_end", due_time.pk, queue=queue.RUNS, delay=MISSED_TOGETHER_SECONDS)


def _why_not(schedule: Schedule) -> str:
    creator = schedule.created_by
    if not creator.is_active or not may(creator, schedule.project, Action.MANAGE_SCHEDULES):
        return f"{creator.name}, who made this schedule, may not run the project any more."
    if not hasattr(schedule.project, "publication"):
        return "The app is not published any more."
    return ""


def _record(schedule: Schedule, slot: DueSlot, outcome: DueTime.Outcome, why: str) -> DueTime | None:
    """The row of a due time. None when there is one already: the unique key decides between two beats."""
    try:
        with transaction.atomic():
            return DueTime.objects.create(schedule=schedule, at=slot.at, outcome=outcome, why=why)
    except IntegrityError:
        return None


def _start(schedule: Schedule, *, by: User, trigger: Run.Trigger) -> Run:
    """The version that is published now, with the saved inputs as far as they are still good."""
    version = schedule.project.publication.version
    parsed = schedule.inputs_for(version)
    return runs.start(
        version=version,
        trigger=trigger,
        by=by,
        values={**parsed.values, **parsed.held},
        notes=list(parsed.ignored.values()),
    )


def after_run(*, run: Run, now: datetime) -> None:
    """What the end of a scheduled run brings: a pause after too many failures in a row."""
    due_time = DueTime.objects.filter(run=run).select_related("schedule__project").first()
    if due_time is None or run.state not in Run.State.failures():
        return
    limit = settings.HEXLITE_SCHEDULE_PAUSE_AFTER
    if failures_in_a_row(due_time.schedule) >= limit:
        pause(schedule=due_time.schedule, by=None, why=f"{limit} failures in a row.")


def failures_in_a_row(schedule: Schedule, most: int = 50) -> int:
    """Since it worked last, or was resumed. A run that somebody cancelled says nothing either way."""
    ended = schedule.due_times.filter(run__ended_at__isnull=False)
    if schedule.resumed_at is not None:
        ended = ended.filter(at__gt=schedule.resumed_at)
    states = ended.values_list("run__state", flat=True)[:most]
    return sum(state in Run.State.failures() for state in takewhile(lambda state: state != Run.State.DONE, states))
