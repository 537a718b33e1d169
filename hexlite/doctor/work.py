"""Work that should have gone on by itself."""

from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError
from django.utils import timezone

from apps_runtime.models import Run, Session
from hexlite.doctor.verdicts import CannotTell

# The sweep comes every 30 seconds; what it has not mended after this is stuck.
PATIENCE = timedelta(minutes=2)
HINT = "The sweep mends this within two minutes; see that workers and beat run."


@register("doctor", deploy=True)
def no_run_is_stuck(**options: object) -> list[CheckMessage]:
    """No run is stuck."""
    long_ago = timezone.now() - PATIENCE
    try:
        runs = [*Run.objects.abandoned(long_ago), *Run.objects.forgotten(long_ago)]
    except DatabaseError as problem:
        raise CannotTell from problem
    return [
        Warning(f"{run} of “{run.project}” ({run.pk}) is {run.state}; nobody plays it.", hint=HINT, id="hexlite.W020")
        for run in runs
    ]


@register("doctor", deploy=True)
def no_session_is_stuck(**options: object) -> list[CheckMessage]:
    """No session is stuck."""
    try:
        sessions = list(Session.objects.filter(lease_until__lt=timezone.now() - PATIENCE).select_related("project"))
    except DatabaseError as problem:
        raise CannotTell from problem
    return [
        Warning(f"{session} ({session.pk}) waits for {session.worker}, which is gone.", hint=HINT, id="hexlite.W021")
        for session in sessions
    ]


@register("doctor", deploy=True)
def leases_are_longer_than_heartbeats(**options: object) -> list[CheckMessage]:
    """Leases outlast two heartbeats."""
    if settings.HEXLITE_LEASE_SECONDS >= 3 * settings.HEXLITE_HEARTBEAT_SECONDS:
        return []
    sentence = "A worker that is slow for a moment counts as lost: the lease is shorter than three heartbeats."
    hint = "Raise HEXLITE_LEASE_SECONDS, or lower HEXLITE_HEARTBEAT_SECONDS."
    return [Warning(sentence, hint=hint, id="hexlite.W022")]
