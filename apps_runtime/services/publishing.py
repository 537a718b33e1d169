"""Publishing from the runtime's side: the preview's run, and which results the app shows."""

from django.db import transaction
from django.utils import timezone

from apps_runtime.models import PublishedResults, Run
from apps_runtime.services import news, runs
from projects.models import Draft, Publication, User, Version
from projects.services import versions


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
            run = version.runs.filter(state=state).exclude(trigger=Run.Trigger.API).first()
            if run and runs.adopt_results(run=run, now=now):
                break
        news.announce(
            news.project_group(publication.project_id),
            type="project.published",
            version=version.number,
            by=by.name,
        )
    return publication


def unwatched(*, run: Run) -> None:
    """Nobody looks at this preview any more: stop it, unless its version was published (specs/publishing 9)."""
    if run.trigger != Run.Trigger.PREVIEW or run.is_finished:
        return
    if Publication.objects.filter(version=run.version_id).exists():
        return
    runs.cancel(run=run, by=None, why="The preview was closed before it was done.")
