"""Live updates, Deepnote's way: what is saved in the notebook becomes the app, with the outputs that it shows.

Off unless the app's settings say so, and only for the notebook that the app was published from. Nothing is executed;
the results are a copy of what the authors see, so that what a visitor gets is one version, with outputs that stay.
"""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps_runtime.messaging import news
from apps_runtime.models import CellResult, PublishedResults, Run, RunCell, Session
from apps_runtime.services.results import output_access
from apps_runtime.session.state import CellState, State
from projects.models import Draft, Project, Publication, User, Version
from projects.notebook import inputs
from projects.services import versions

COPIED = ("outputs", "execution_count", "started_at", "seconds", "error_id", "error_line")


def update(*, draft: Draft, by: User) -> Publication | None:
    """Make the app what the notebook is now. None: its app has no live updates."""
    if not draft.notebook.settings.live_updates:
        return None
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=draft.project_id)
        live = Publication.objects.filter(project=draft.project_id).values_list("version__draft_id", flat=True).first()
        if live != draft.pk:
            return None
        version = versions.save_version(draft=draft, reason=Version.Reason.LIVE, by=by)
        publication = versions.publish(version=version, by=by, checked=False, by_saving=True)
        _show_what_the_notebook_shows(publication, draft, by)
        news.announce(
            news.project_group(draft.project_id),
            type="project.published",
            version=version.number,
            by=by.name,
            live=True,
        )
    return publication


def _show_what_the_notebook_shows(publication: Publication, draft: Draft, by: User) -> None:
    version, now = publication.version, timezone.now()
    shown = PublishedResults.objects.filter(publication=publication).select_related("run").first()
    results: dict[str, CellResult] = {cell.cell_id: cell for cell in shown.run.cells.all()} if shown else {}
    values = shown.run.values if shown else {}
    if session := Session.objects.filter(draft=draft).first():
        values = State.from_json(session.state).values
        results |= {cell.cell_id: cell for cell in session.cells.all() if cell.state != CellState.IDLE or cell.outputs}
    specs = version.notebook.inputs
    run = Run.objects.create(
        project_id=draft.project_id,
        number=(Run.objects.filter(project=draft.project_id).aggregate(Max("number"))["number__max"] or 0) + 1,
        version=version,
        trigger=Run.Trigger.LIVE,
        state=Run.State.DONE,
        by=by,
        values=inputs.parse_values(specs, _known(values, specs), inputs.defaults(specs), now).values,
        enqueued_at=now,
        started_at=now,
        ended_at=now,
    )
    RunCell.objects.bulk_create(
        _copy(run, cell.id, position, results.get(cell.id))
        for position, cell in enumerate(version.notebook.cells)
        if cell.kind.runs
    )
    PublishedResults.objects.update_or_create(publication=publication, defaults={"run": run, "since": now})
    output_access.note_published(run)
    # A copy that nobody is shown any more says nothing of what was executed.
    Run.objects.filter(project=draft.project_id, trigger=Run.Trigger.LIVE).exclude(pk=run.pk).delete()


def _copy(run: Run, cell_id: str, position: int, result: CellResult | None) -> RunCell:
    row = RunCell(run=run, cell_id=cell_id, position=position)
    if result is not None:
        # What is being played shows its former outputs until it has ended.
        is_moving = result.state in (CellState.QUEUED, CellState.RUNNING)
        row.state = CellState.STALE if is_moving else result.state
        for name in COPIED:
            setattr(row, name, getattr(result, name))
    return row


def _known(values: dict, specs: tuple) -> dict:
    names = {spec.name for spec in specs if not spec.kind.is_pressed}
    return {name: value for name, value in values.items() if name in names}
