"""Mails about the end of scheduled runs: the failing cell, its error, a link. Once a run, to those who may read it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from smtplib import SMTPException
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from apps_runtime.models import DueTime, PublishedResults, Run, Schedule
from apps_runtime.pages.progress import of_run_cells
from apps_runtime.pages.schedule_form import place_of
from apps_runtime.readers import reader_of
from apps_runtime.schedules.recurrence import slots
from apps_runtime.services.runs import diagnosis
from apps_runtime.services.runs.facts import CellFailure, counts_of, failure_of, input_words, told_to
from apps_runtime.services.schedules import schedules
from projects.models import Project, User
from projects.permissions import Action, may, rights_of
from projects.templatetags.times import duration

logger = logging.getLogger(__name__)

MOST_MISSED = 10
NO_RESULTS = "The app has no results to show yet."
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class MailWords:
    """What a mail says besides the facts of the run, in its reader's time. Sentences, or "" where there is none."""

    headline: str
    subject: str
    kept: str
    coming: str
    in_a_row: str
    because: str


def tell(*, due_time_id: int, now: datetime) -> list[str]:
    """Send the mails about a due time's run, and return the addresses. Nobody is told twice, whoever asks again:
    the row is marked first, so that a worker that dies in between costs a mail and never sends two."""
    found = DueTime.objects.select_related(
        "schedule__project__workspace", "schedule__created_by", "run__version", "run__project__workspace"
    )
    due_time = found.filter(pk=due_time_id).first()
    if due_time is None or (due_time.run is not None and not due_time.run.is_finished):
        return []
    if not DueTime.objects.filter(pk=due_time.pk, told_at=None).update(told_at=now):
        return []
    listeners = _listeners(due_time)
    if due_time.outcome == DueTime.Outcome.MISSED:
        missed = _missed_with(due_time, now)
        return [person.email for person in listeners if _deliver(_missed_mail(due_time, missed, person, now))]
    if due_time.run is None:
        return [person.email for person in listeners if _deliver(_paused_mail(due_time, person))]
    failure = failure_of(due_time.run)
    return [person.email for person in listeners if _deliver(_mail(due_time, failure, person, now))]


def _listeners(due_time: DueTime) -> list[User]:
    """Who wants to hear of this end, may read the run log now, and can be written to."""
    schedule, run = due_time.schedule, due_time.run
    if run is not None and run.state == Run.State.DONE:
        wanted = schedule.tell_on_success.all()
    elif run is None or run.state in Run.State.failures():
        wanted = schedule.tell_on_failure.all()
    else:
        return []  # Somebody cancelled it, and knows.
    return [person for person in wanted if person.email and may(person, schedule.project, Action.VIEW_RUNS)]


def _mail(due_time: DueTime, failure: CellFailure | None, person: User, now: datetime) -> EmailMultiAlternatives:
    run, schedule = due_time.run, due_time.schedule
    notebook, reader = run.version.notebook, reader_of(rights_of(person, run.project))
    failure = told_to(reader, notebook, failure)
    with timezone.override(ZoneInfo(person.time_zone)):
        words = _words(due_time, failure, person, now)
        counts, verdict = counts_of(run), diagnosis.verdict_of(run)
        context = {
            "words": words,
            "run": run,
            "project": run.project,
            "schedule": schedule,
            "failure": failure,
            "verdict": verdict,
            "verdict_link": f"{settings.ORIGIN}{verdict.check.get_absolute_url()}" if verdict and verdict.check else "",
            "strip": of_run_cells(run, run.cells.all()).strip,
            "counts": f"{counts.words}; {duration(run.seconds)}" if run.seconds is not None else counts.words,
            "inputs": input_words(notebook, reader.values(notebook, run.values)) or "Defaults",
            "run_link": f"{settings.ORIGIN}{run.get_absolute_url()}",
            "schedules_link": f"{settings.ORIGIN}{run.project.get_absolute_url()}schedules/{schedule.pk}/",
        }
        text = render_to_string("mail/run_end.txt", context)
        html = render_to_string("mail/run_end.html", context)
    message = EmailMultiAlternatives(" ".join(words.subject.split()), text.strip() + "\n", to=[person.email])
    message.attach_alternative(html, "text/html")
    return message


def _missed_with(due_time: DueTime, now: datetime) -> list[DueTime]:
    """What was missed with this one and nobody was told of, oldest first; told from here on."""
    schedule = due_time.schedule
    rest = schedule.due_times.filter(outcome=DueTime.Outcome.MISSED, told_at=None, at__lt=due_time.at)
    found = [*reversed(rest), due_time]
    rest.update(told_at=now)
    return found


def _missed_mail(due_time: DueTime, missed: list[DueTime], person: User, now: datetime) -> EmailMultiAlternatives:
    """Nothing ran when it was due: whoever waits for the results would else wonder, or not notice."""
    schedule = due_time.schedule
    made_up_for = schedule.due_times.filter(outcome=DueTime.Outcome.STARTED, at__gt=due_time.at, at__lte=now).last()
    with timezone.override(ZoneInfo(person.time_zone)):
        at = _results_of(schedule.project)
        context = {
            "project": schedule.project,
            "schedule": schedule,
            "times": [_day_and_time(one, schedule) for one in missed[-MOST_MISSED:]],
            "more": max(len(missed) - MOST_MISSED, 0),
            "count": len(missed),
            "made_up_for": _day_and_time(made_up_for, schedule) if made_up_for else "",
            "kept": f"The app shows the results of {at}." if at else NO_RESULTS,
            "coming": _coming(schedule, now),
            "schedules_link": f"{settings.ORIGIN}{schedule.project.get_absolute_url()}schedules/{schedule.pk}/",
        }
        text = render_to_string("mail/due_times_missed.txt", context)
    what = "1 run was" if len(missed) == 1 else f"{len(missed)} runs were"
    subject = f"{schedule.project.title}: {what} missed"
    return EmailMultiAlternatives(" ".join(subject.split()), text.strip() + "\n", to=[person.email])


def _day_and_time(due_time: DueTime, schedule: Schedule) -> str:
    return f"{due_time.at.astimezone(schedule.zone):%-d %B, %H:%M}"


def _paused_mail(due_time: DueTime, person: User) -> EmailMultiAlternatives:
    """A due time started no run, and the schedule paused itself: nobody would notice otherwise."""
    schedule = due_time.schedule
    context = {
        "project": schedule.project,
        "schedule": schedule,
        "why": due_time.why,
        "at": _day_and_time(due_time, schedule),
        "schedules_link": f"{settings.ORIGIN}{schedule.project.get_absolute_url()}schedules/{schedule.pk}/",
    }
    text = render_to_string("mail/schedule_paused.txt", context)
    return EmailMultiAlternatives(
        f"{schedule.project.title}: the schedule is paused", text.strip() + "\n", to=[person.email]
    )


def _words(due_time: DueTime, failure: CellFailure | None, person: User, now: datetime) -> MailWords:
    run, schedule = due_time.run, due_time.schedule
    at = f"{due_time.at.astimezone(schedule.zone):%H:%M}"
    if run.state == Run.State.DONE:
        headline, subject = f"The run of {at} succeeded", f"{run.project.title}: the run of {at} succeeded"
    else:
        what = f"Cell {failure.number} failed" if failure else str(Run.State(run.state).label)
        headline = f"{what} in the run of {at}" if failure else f"{what}: the run of {at}"
        subject = f"{run.project.title}: {what[:1].lower()}{what[1:]} at {at}"
    is_maker = person.pk == schedule.created_by_id
    return MailWords(
        headline=headline,
        subject=subject,
        kept=_kept(run),
        coming=_coming(schedule, now),
        in_a_row="" if run.state == Run.State.DONE else _in_a_row(schedule),
        because="You get this because you made the schedule."
        if is_maker
        else "You get this because the schedule names you.",
    )


def _kept(run: Run) -> str:
    """What the app shows after this run."""
    shown = PublishedResults.objects.filter(publication__project=run.project_id, run=run).exists()
    if shown:
        return "The app shows its results." if run.state == Run.State.DONE else "The app shows its errors."
    at = _results_of(run.project)
    return f"The app is not affected: it still shows the results of {at}." if at else NO_RESULTS


def _results_of(project: Project) -> str:
    """“20 November, 06:00”: the end of the run whose results the app shows; "" where it shows none."""
    shown = PublishedResults.objects.filter(publication__project=project).select_related("run").first()
    if shown is None or shown.run.ended_at is None:
        return ""
    return f"{timezone.localtime(shown.run.ended_at):%-d %B, %H:%M}"


def _coming(schedule: Schedule, now: datetime) -> str:
    """“The next run is on 21 November, 06:00 in Los Angeles (14:00 in London, yours).”"""
    schedule = Schedule.objects.select_related("pause").get(pk=schedule.pk)  # It may have paused itself just now.
    if schedule.is_paused:
        return "The schedule is paused: nothing runs until somebody resumes it."
    slot = next(islice(slots(schedule.rule, schedule.zone, now), 1), None)
    if slot is None:
        return "There is no next run."
    there, here = slot.at.astimezone(schedule.zone), timezone.localtime(slot.at)
    mine = timezone.get_current_timezone_name()
    also = f" ({here:%H:%M} in {place_of(mine)}, yours)" if there.utcoffset() != here.utcoffset() else ""
    return f"The next run is on {there:%-d %B, %H:%M} in {place_of(schedule.time_zone)}{also}."


def _in_a_row(schedule: Schedule) -> str:
    """“This is the second failure in a row; after five the schedule pauses itself.”"""
    failures = schedules.failures_in_a_row(schedule)
    ordinal = ORDINALS[failures - 1] if 0 < failures <= len(ORDINALS) else f"{failures}th"
    limit = settings.HEXLITE_SCHEDULE_PAUSE_AFTER
    if failures >= limit:
        return f"This is the {ordinal} failure in a row."
    if failures == 1:
        return f"This is the first failure; after {limit} in a row the schedule pauses itself."
    return f"This is the {ordinal} failure in a row; after {limit} the schedule pauses itself."


def _deliver(message: EmailMultiAlternatives) -> bool:
    try:
        message.send()
    except (SMTPException, OSError):
        logger.exception("A mail about a run could not be sent: %s", message.subject)
        return False
    return True
