"""How often something may be asked for within a minute: runs of a person, sessions of strangers, publishing.

Counted in the rows that are written anyway, so that it holds for all web processes together. What nobody asks for from
outside, such as a schedule's due time or a command on the machine, is not counted.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps_runtime.messaging import queue
from apps_runtime.messaging.not_now import NotNow
from apps_runtime.models import Run, Session
from projects.models import AuditEvent, Project, User

MINUTE = timedelta(minutes=1)
ASKED_FOR = (Run.Trigger.PREVIEW, Run.Trigger.MANUAL, Run.Trigger.API)


@contextmanager
def one_start(*, by: User) -> Iterator[None]:
    """Around what starts a run that a person asks for, in one transaction. Raises NotNow before anything is done: so
    many were started, or there is no queue to put it in."""
    queue.require()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # Two requests at once count one after the other.
        most = settings.HEXLITE_STARTS_PERSON
        check(
            Run.objects.filter(by=by, trigger__in=ASKED_FOR).order_by("-created_at").values_list("created_at"),
            most=most,
            sentence=f"One person may start {count(most, 'run')} a minute.",
        )
        yield


@contextmanager
def one_publication(*, project: Project) -> Iterator[None]:
    """Around publishing, in one transaction. Raises NotNow. Live updates are not counted, nor held up."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        most = settings.HEXLITE_PUBLICATIONS_PROJECT
        check(
            AuditEvent.objects.filter(project=project, action="published").order_by("-at").values_list("at"),
            most=most,
            sentence=f"A project may be published {count(most, 'time')} a minute, so nothing was published.",
        )
        yield


def check_sessions(*, digest: str) -> None:
    """Strangers at one address begin so many sessions. Raises NotNow. No lock: of those that come at the same moment
    some more may begin, as many as the address has connections."""
    most = settings.HEXLITE_STARTS_ADDRESS
    begun = Session.objects.filter(owner=None, draft=None, from_address=digest)
    check(
        begun.order_by("-created_at").values_list("created_at"),
        most=most,
        sentence=f"Visitors at your network address may begin {count(most, 'session')} a minute. Sign in, or wait.",
    )


def check(times: QuerySet, *, most: int, sentence: str) -> None:
    """Raises NotNow where the newest `most` of these times are within a minute; 0 is no limit."""
    now = timezone.now()
    newest: list[datetime] = [at for (at,) in times[:most]]
    if not most or len(newest) < most or newest[-1] + MINUTE <= now:
        return
    seconds = max(math.ceil((newest[-1] + MINUTE - now).total_seconds()), 1)
    raise NotNow(f"{sentence} Try again in {count(seconds, 'second')}.", status=429, seconds=seconds)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
