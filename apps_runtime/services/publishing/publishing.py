"""Publishing from the runtime's side: the preview's run, and which results the app shows."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps_runtime.messaging import news, queue
from apps_runtime.models import PublishedResults, Run
from apps_runtime.services.results import output_access
from apps_runtime.services.runs import runs
from projects.models import Draft, Publication, User, Version
from projects.services import audit, versions

# So long do windows have to say that they are open.
ANSWER_SECONDS = 3


class NotToBeRestored(Exception):
    """Results that the app can't show; the message is a sentence for the person."""


def preview(*, draft: Draft, by: User) -> Run:
    """Freeze the draft as a version and start a run of it with a new kernel (specs/publishing 2)."""
    with transaction.atomic():
        version = versions.save_version(draft=draft, reason=Version.Reason.PUBLISH, by=by)
        going_on = version.runs.filter(trigger=Run.Trigger.PREVIEW, by=by).unfinished().first()
        return going_on or runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=by)


def publish(*, version: Version, by: User, replaces: Version | None = None, checked: bool = True) -> Publication:
    """Make `version` live and show the newest results it has, in one transaction.

    Raises versions.PublishedMeanwhile. A preview that is still going on is not stopped; its results are shown when
    it ends, unless another version was published meanwhile (specs/publishing 5).
    """
    with transaction.atomic():
        publication = versions.publish(version=version, by=by, replaces=replaces, checked=checked)
        shown = PublishedResults.objects.select_related("run").filter(publication=publication).first()
        if shown and shown.run.version_id != version.pk:
            shown.delete()
        now = timezone.now()
        for state in (Run.State.DONE, Run.State.FAILED):
            run = version.runs.filter(state=state).exclude(trigger__in=Run.Trigger.aside()).first()
            if run and runs.adopt_results(run=run, now=now):
                break
        news.announce(
            news.project_group(publication.project_id),
            type="project.published",
            version=version.number,
            by=by.name,
            by_id=by.pk,
        )
    return publication


def shown_now(project_id: UUID) -> tuple[int, str]:
    """What a visitor without a session sees: the number of the live version (0: none), and the id of the run whose
    results it shows ("": none)."""
    publication = (
        Publication.objects.filter(project=project_id)
        .select_related("version", "results__run")
        .defer("version__document")
        .first()
    )
    if publication is None:
        return 0, ""
    version, results = publication.version, getattr(publication, "results", None)
    shows = (
        results is not None
        and results.run.version_id == version.pk
        and version.notebook.settings.outputs == "published"
    )
    return version.number, str(results.run_id) if shows else ""


def restore(*, run: Run, by: User) -> PublishedResults:
    """Show the results of an earlier run in the app again (specs/publishing, "Schedules").

    Raises NotToBeRestored: what a visitor sees is always one version with the results of that version.
    """
    with transaction.atomic():
        publication = Publication.objects.select_for_update().filter(project=run.project_id).first()
        if why := why_not_restore(run, publication):
            raise NotToBeRestored(why)
        results, _ = PublishedResults.objects.update_or_create(
            publication=publication, defaults={"run": run, "since": timezone.now()}
        )
        output_access.note_published(run)
        queue.ask_for_template(run.project_id)
        audit.record(project=run.project, by=by, action="restored results", run=run.number)
        news.announce(news.project_group(run.project_id), type="project.results", run=str(run.pk))
    return results


def why_not_restore(run: Run, publication: Publication | None) -> str:
    """A sentence, or "" when these results may be shown."""
    if publication is None:
        return "The app is not published."
    if run.state != Run.State.DONE:
        return "Only a run that succeeded leaves results to show."
    if publication.version_id != run.version_id:
        return f"This run played version {run.version.number}; version {publication.version.number} is published."
    if run.trigger in Run.Trigger.aside() or not runs.shows_defaults(run):
        return "This run had other inputs than the app opens with."
    if PublishedResults.objects.filter(publication=publication, run=run).exists():
        return "The app shows these results."
    return ""


def window_closed(*, run_id: UUID) -> None:
    """A window on a run is gone, perhaps only for a moment: ask the others, and look again after the grace."""
    run = Run.objects.filter(pk=run_id, trigger=Run.Trigger.PREVIEW).unfinished().first()
    if run is not None:
        queue.enqueue("unwatched", str(run.pk), queue=queue.RUNS, delay=settings.HEXLITE_PREVIEW_GRACE_SECONDS)


def ask_who_watches(*, run: Run, now: datetime) -> None:
    """The grace is over: windows that are open say so, and a moment later those that did not are gone."""
    news.announce(run.group, type="run.watched")
    queue.enqueue("unwatched", str(run.pk), now.isoformat(), queue=queue.RUNS, delay=ANSWER_SECONDS)


def watched(*, run_id: UUID, now: datetime) -> None:
    Run.objects.filter(pk=run_id).update(watched_at=now)


def unwatched(*, run: Run, since: datetime | None = None) -> None:
    """Nobody looks at this preview any more: stop it, unless its version was published (specs/publishing 9) or a window
    has said that it is open `since`."""
    if since is not None and run.watched_at is not None and run.watched_at >= since:
        return
    if run.trigger != Run.Trigger.PREVIEW or run.is_finished:
        return
    if Publication.objects.filter(version=run.version_id).exists():
        return
    runs.cancel(run=run, by=None, why="The preview was closed before it was done.")
