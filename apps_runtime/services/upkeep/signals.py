"""What the runtime does when a draft is edited, or an app or a project goes: the lower layer says it with a signal."""

from typing import Any

from django.utils import timezone

from apps_runtime.messaging import news
from apps_runtime.models import Run, Session
from apps_runtime.services.publishing import instant_starts, live_updates
from apps_runtime.services.runs import diagnosis, runs
from apps_runtime.services.schedules import ends, schedules
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import DocumentChanged, KernelLost
from projects.models import Draft, Project, User
from projects.notebook import inputs


def follow_draft(*, draft: Draft, by: User, **signal: Any) -> None:
    """Bring the draft's live session and everybody's windows up to date."""
    notebook = draft.notebook
    session = Session.objects.filter(draft=draft).first()
    if session:
        sessions.submit(session.pk, DocumentChanged(sessions.runnable(notebook), inputs.defaults(notebook.inputs)))
    news.announce(news.draft_group(draft.pk), type="draft.changed", revision=draft.revision, by=by.name, person=by.pk)
    live_updates.update(draft=draft, by=by)


def follow_settled(*, session: Session, **signal: Any) -> None:
    """What a notebook shows when its cells have come to rest is what its live app shows."""
    live_updates.update(draft=session.draft, by=session.draft.edited_by)


def follow_unpublished(*, project: Project, by: User, **signal: Any) -> None:
    """Windows on an app that is gone close with a word, its schedules pause, and its template is let go."""
    instant_starts.ask_again(project)
    for schedule in project.schedules.filter(pause=None):
        schedules.pause(schedule=schedule, by=by, why="The app was deleted.")
    news.announce(news.project_group(project.pk), type="project.access")


def follow_trashed(*, project: Project, by: User, **signal: Any) -> None:
    """Windows close, runs stop, kernels end: nothing goes on in a project that nobody can open."""
    news.announce(news.project_group(project.pk), type="project.access")
    for run in project.runs.unfinished():
        runs.cancel(run=run, by=by)
    for session in Session.objects.filter(project=project, kernel__isnull=False):
        sessions.submit(session.pk, KernelLost())
    instant_starts.ask_again(project)


def follow_run_end(*, run: Run, **signal: Any) -> None:
    """A schedule pauses itself after too many failures, and those who want to hear of the end are told: of a failure
    when it is known whether the code or the data broke."""
    schedules.after_run(run=run, now=timezone.now())
    diagnosis.begin(run=run)
    held_against = Run.objects.filter(diagnosis__check_run=run).first()
    ends.ask(run=held_against or run)
