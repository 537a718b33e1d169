"""Runs: try the draft, run the published app with inputs, follow it, fetch what it made."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router, Schema, Status

from apps_runtime.api.refusals import ALWAYS, ApiProblem, Asked, Refused
from apps_runtime.models import Run
from apps_runtime.pages.progress import of_run_cells
from apps_runtime.readers import reader_of
from apps_runtime.services.limits import rates
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs as service
from apps_runtime.services.runs.facts import failed_cell, numbers_of
from projects.models import Project, User
from projects.notebook import inputs
from projects.permissions import Action, check, load_by_id, rights_of

router = Router()


class StartIn(Asked):
    """Values by input name, as JSON; what is left out has its default, and so have all where there is no body."""

    inputs: dict[str, Any] = {}


DEFAULTS = Body(default=StartIn())  # What is asked where there is no body.


class RunOut(Schema):
    """`state`: queued, running, done, failed, cancelled, lost or denied. `ignored`: sentences about inputs that were
    not taken, by name. `failed_cell` counts the cells that run; `error` is for those who may read it, others get a
    number in `why`. `inputs` are those that the app shows; who reads the notebook gets all."""

    number: int
    state: str
    trigger: str
    version: int
    inputs: dict[str, Any]
    ignored: dict[str, str] = {}
    done: int
    total: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    why: str
    failed_cell: int | None
    error: str
    page: str


class CellOut(Schema):
    """The outputs of one cell, as nbformat has them."""

    id: str
    state: str
    outputs: list[dict[str, Any]]


@router.post(
    "/{uuid:project_id}/runs",
    response={**ALWAYS, 202: RunOut, 409: Refused, 429: Refused, 503: Refused},
    summary="Start a run",
    url_name="api-start",
)
def start(request: HttpRequest, project_id: UUID, asked: StartIn = DEFAULTS):
    """Run the published app. Values that an input does not allow are ignored, as in a link, and reported."""
    project = load_by_id(request.user, project_id, Action.RUN_APP)
    if not hasattr(project, "publication"):
        raise ApiProblem(409, "The app is not published.")
    version = project.publication.version
    specs = reader_of(rights_of(request.user, project)).inputs(version.notebook)
    parsed = inputs.parse_values(specs, asked.inputs, inputs.defaults(specs), timezone.now())
    with rates.one_start(by=request.user):
        run = service.start(
            version=version,
            trigger=Run.Trigger.API,
            by=request.user,
            values={**parsed.values, **parsed.held},
            notes=list(parsed.ignored.values()),
        )
    return Status(202, {**_said(run, project, request.user), "ignored": dict(parsed.ignored)})


@router.post(
    "/{uuid:project_id}/previews",
    response={**ALWAYS, 202: RunOut, 429: Refused, 503: Refused},
    summary="Try the draft",
    url_name="api-preview",
)
def preview(request: HttpRequest, project_id: UUID):
    """Freeze the draft as a version and run it; publish it by the run's number when it has succeeded."""
    project = load_by_id(request.user, project_id, Action.PUBLISH)
    with rates.one_start(by=request.user):
        run = publishing.preview(draft=project.app_draft, by=request.user)
    return Status(202, _said(run, project, request.user))


@router.get(
    "/{uuid:project_id}/runs/{int:number}",
    response={**ALWAYS, 200: RunOut},
    summary="One run",
    url_name="api-run",
)
def one_run(request: HttpRequest, project_id: UUID, number: int):
    """Ask again, with a pause of a second or more, until `state` is neither queued nor running."""
    project, run = _run(request.user, project_id, number)
    return _said(run, project, request.user)


@router.get(
    "/{uuid:project_id}/runs/{int:number}/outputs",
    response={**ALWAYS, 200: list[CellOut]},
    summary="What a run made",
    url_name="api-outputs",
)
def outputs(request: HttpRequest, project_id: UUID, number: int):
    """What the app shows of this run; errors, standard error and hidden outputs only for those who may read them."""
    project, run = _run(request.user, project_id, number)
    reader, notebook = reader_of(rights_of(request.user, project)), run.version.notebook
    rows = [row for row in run.cells.all() if row.cell_id in notebook and not notebook.cell(row.cell_id).input]
    found = [(row, reader.outputs(notebook, row)) for row in rows]
    return [
        {"id": row.cell_id, "state": row.state, "outputs": outputs} for row, outputs in found if outputs is not None
    ]


@router.post(
    "/{uuid:project_id}/runs/{int:number}/cancel",
    response={**ALWAYS, 200: RunOut},
    summary="Cancel a run",
    url_name="api-cancel",
)
def cancel(request: HttpRequest, project_id: UUID, number: int):
    """One's own; another's takes Can Edit."""
    project, run = _run(request.user, project_id, number)
    if run.by_id != request.user.pk:
        check(request.user, project, Action.RUN_NOTEBOOK)
    service.cancel(run=run, by=request.user)
    run.refresh_from_db()
    return _said(run, project, request.user)


def _run(person: User, project_id: UUID, number: int) -> tuple[Project, Run]:
    """A run that the person started with a token, or any for those who may read the run log."""
    project = load_by_id(person, project_id, Action.OPEN_APP)
    run = project.runs.select_related("version").prefetch_related("cells").filter(number=number).first()
    if run is None or run.trigger != Run.Trigger.API or run.by_id != person.pk:
        check(person, project, Action.VIEW_RUNS)
    if run is None:
        raise ApiProblem(404, "There is no such run.")
    return project, run


def _said(run: Run, project: Project, person: User) -> dict[str, Any]:
    cells = list(run.cells.all())
    progress = of_run_cells(run, cells)
    notebook, reader = run.version.notebook, reader_of(rights_of(person, project))
    failed = failed_cell(run, numbers_of(notebook))
    return {
        "number": run.number,
        "state": run.state,
        "trigger": run.trigger,
        "version": run.version.number,
        "inputs": reader.values(notebook, run.values),
        "done": progress.done,
        "total": progress.total,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "why": reader.end_of_run(run, notebook, cells),
        "failed_cell": failed[0] if failed else None,
        "error": failed[1].error_line if failed and reader.sees_errors_of(notebook, failed[1].cell_id) else "",
        "page": f"{settings.ORIGIN}{run.get_absolute_url()}",
    }
