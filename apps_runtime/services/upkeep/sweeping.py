"""What nobody else would notice: lost workers, forgotten work, idle kernels. Looked after every 30 seconds."""

import logging
import re
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from apps_runtime import kernels
from apps_runtime.messaging import machines, queue
from apps_runtime.models import Participant, Run, Session
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import ends
from apps_runtime.services.sessions import sessions, uploads
from apps_runtime.session.operations import KernelLost
from apps_runtime.session.state import Phase, State
from projects.services import projects, versions

logger = logging.getLogger(__name__)

LOST = "The worker that ran this was lost. Your inputs and the results so far are kept; run again to go on."


def sweep(*, now: datetime) -> None:
    """One pass over everything; each part is safe to run at any time and by several at once."""
    runs.sweep(now=now)
    ends.sweep(now=now)
    sweep_lost_sessions(now=now)
    sweep_forgotten_sessions(now=now)
    sweep_idle_kernels(now=now)
    sweep_participants(now=now)
    uploads.sweep(now=now)
    sweep_orphaned_kernels()
    versions.save_automatically(now=now)
    projects.empty_trash(now=now)


def take_over(*, machine: str, now: datetime) -> None:
    """A worker has started on `machine`: what its predecessor played when it was killed is known to be lost in seconds.

    Whether another worker of this machine lives nobody can tell, but that one renews its leases in less than this.
    """
    heartbeats = 2 * settings.HEXLITE_HEARTBEAT_SECONDS
    soon = now + timedelta(seconds=heartbeats)
    Run.objects.filter(state=Run.State.RUNNING, worker=machine, lease_until__gt=soon).update(lease_until=soon)
    Session.objects.filter(worker=machine, lease_until__gt=soon).update(lease_until=soon)
    queue.enqueue("sweep", queue=queue.sessions_queue(machine), delay=heartbeats + 0.5)


def sweep_lost_sessions(*, now: datetime) -> int:
    """Sessions whose worker has not been heard of since its lease ended: their kernel is in an unknown state."""

    def still_lost(session: Session, state: State) -> tuple[KernelLost, ...]:
        is_lost = session.lease_until is not None and session.lease_until < now
        return (KernelLost(why=LOST, died=True),) if is_lost else ()

    lost = 0
    for session in Session.objects.filter(lease_until__lt=now).only("pk", "worker"):
        with suppress(Session.DoesNotExist):
            found = sessions.submit(session.pk, decide=still_lost, lease_until=None, idle_since=now)
            if found.session.lease_until is None:
                lost += 1
                logger.warning("Session %s was lost with its worker %s", session.pk, session.worker)
    return lost


def sweep_forgotten_sessions(*, now: datetime) -> int:
    """Sessions queued for a minute without a worker taking them: the message was lost; send it again."""
    forgotten = Session.objects.filter(
        state__phase=Phase.QUEUED.value, lease_until=None, seen_at__gte=now - timedelta(hours=1)
    )
    for session in forgotten:
        where = queue.sessions_queue(machines.place_of(session))
        queue.enqueue("play_session", str(session.pk), queue=where)
    return len(forgotten)


def sweep_idle_kernels(*, now: datetime) -> int:
    """App kernels ten minutes after the end of the last execution, or a minute after the last window closed;
    notebook kernels after an hour."""
    grace = now - timedelta(seconds=settings.HEXLITE_WINDOW_GRACE_SECONDS)
    candidates = Session.objects.filter(kernel__isnull=False, lease_until=None, idle_since__isnull=False).filter(
        Q(draft=None) | Q(idle_since__lt=now - timedelta(seconds=settings.HEXLITE_NOTEBOOK_IDLE_SECONDS))
    )
    ended = 0
    for session in candidates.select_related("version"):
        if State.from_json(session.state).is_busy:
            continue
        if session.draft_id is None:
            idle = timedelta(minutes=session.version.notebook.settings.idle_minutes)
            windows_open = session.participants.filter(seen_at__gte=grace).exists() or session.seen_at >= grace
            if windows_open and session.idle_since >= now - idle:
                continue
        sessions.submit(session.pk, KernelLost())
        ended += 1
    return ended


def sweep_orphaned_kernels() -> int:
    """Kernels of this machine that were started for a run which is over: their worker was killed before it held them.
    (A run that plays its kernel is running since before that was started.)"""
    try:
        started = kernels.host().kernels()
    except kernels.KernelUnavailable as unavailable:
        logger.warning("Kernels were not looked after: %s", unavailable)
        return 0
    runs_of = {kernel.kernel_id: kernel.label.removeprefix("run ") for kernel in started if _is_of_run(kernel.label)}
    playing = Run.objects.filter(pk__in=runs_of.values(), state=Run.State.RUNNING).values_list("pk", flat=True)
    orphans = [kernel for kernel, run in runs_of.items() if run not in set(map(str, playing))]
    for kernel in orphans:
        kernels.host().kill(kernel, reason="its run is over")
        logger.warning("Kernel %s of run %s was an orphan", kernel, runs_of[kernel])
    return len(orphans)


def _is_of_run(label: str) -> bool:
    return re.fullmatch(r"run [0-9a-f-]{36}", label) is not None


def sweep_participants(*, now: datetime) -> None:
    """Windows that went without a word."""
    Participant.objects.filter(seen_at__lt=now - timedelta(seconds=90)).delete()
