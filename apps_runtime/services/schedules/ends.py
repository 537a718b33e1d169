"""Ends of scheduled runs that somebody wants to hear of: a worker is asked to mail them (`mails/schedule_mails.py`)."""

from datetime import datetime, timedelta

from django.db.models import Q

from apps_runtime.messaging import queue
from apps_runtime.models import DueTime, Run
from apps_runtime.services.runs import diagnosis


def ask(*, run: Run) -> None:
    """A worker is to tell of the end of this run, if anybody wants to hear of it."""
    due_time = DueTime.objects.filter(run=run, told_at=None).first()
    if due_time is not None and run.state in (*Run.State.failures(), Run.State.DONE) and not diagnosis.is_going_on(run):
        queue.enqueue("tell_run_end", due_time.pk, queue=queue.RUNS)


def sweep(*, now: datetime) -> None:
    """Ask again where an end was not told of, because whoever should have asked was lost."""
    since = Q(run__ended_at__gte=now - timedelta(days=1), run__ended_at__lt=now - timedelta(minutes=1))
    for due_time in DueTime.objects.filter(since, told_at=None).select_related("run"):
        ask(run=due_time.run)
