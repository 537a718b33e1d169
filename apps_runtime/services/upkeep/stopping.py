"""What an administrator stops, whoever's it is: sessions with their kernels, runs, schedules."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from apps_runtime.models import Run, Schedule, Session
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import KernelLost
from apps_runtime.session.state import Phase
from projects.models import Project

STOPPED = "An administrator stopped it."
PAUSED = "An administrator paused it."


def stop_runs(chosen: QuerySet[Run]) -> int:
    """Returns how many were going on."""
    going_on = list(chosen.filter(state__in=Run.State.unfinished()))
    for run in going_on:
        runs.cancel(run=run, by=None, why=STOPPED)
    return len(going_on)


def stop_sessions(chosen: QuerySet[Session]) -> int:
    """Ends their kernels; inputs and the results so far stay. Returns how many had a kernel or wanted one."""
    busy = ~Q(state__phase=Phase.RESTING.value)
    going_on = list(chosen.filter(Q(kernel__isnull=False) | busy).values_list("pk", flat=True))
    for pk in going_on:
        sessions.submit(pk, KernelLost(why=STOPPED, died=True), lease_until=None)
    return len(going_on)


def pause_schedules(chosen: QuerySet[Schedule]) -> int:
    """Returns how many were not paused before."""
    going_on = list(chosen.filter(pause__isnull=True).select_related("project"))
    for schedule in going_on:
        schedules.pause(schedule=schedule, by=None, why=PAUSED)
    return len(going_on)


def stop_projects(projects: Iterable[Project]) -> int:
    """Everything that goes on in these projects now; schedules go on. Returns how many runs and sessions it was."""
    projects = list(projects)
    stopped = stop_runs(Run.objects.filter(project__in=projects))
    return stopped + stop_sessions(Session.objects.filter(project__in=projects))
