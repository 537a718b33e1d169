"""Projects: list them, look at one's inputs, publish what was tried."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import LimitOffsetPagination, paginate

from apps_runtime.api.refusals import ALWAYS, ApiProblem, Asked, Refused
from apps_runtime.models import Run
from apps_runtime.readers import reader_of
from apps_runtime.services.limits import rates
from apps_runtime.services.publishing import publishing
from projects.levels import Level
from projects.models import Project
from projects.permissions import Action, load_by_id, projects_of, rights_of
from projects.services import versions

router = Router()


class ProjectOut(Schema):
    """A project the token's person has access to. `published_version` null: it has no app yet."""

    id: UUID
    title: str
    workspace: str
    app: str
    published_version: int | None
    published_at: datetime | None

    @staticmethod
    def resolve_workspace(project: Project) -> str:
        return project.workspace.slug

    @staticmethod
    def resolve_app(project: Project) -> str:
        return f"{settings.ORIGIN}{project.app_url}"

    @staticmethod
    def resolve_published_version(project: Project) -> int | None:
        return project.publication.version.number if hasattr(project, "publication") else None

    @staticmethod
    def resolve_published_at(project: Project) -> datetime | None:
        return project.publication.published_at if hasattr(project, "publication") else None


class InputOut(Schema):
    """An input of the published app; `options` are what it may be, where that is a fixed list; `minimum`, `maximum` and
    `step` its range, where it has one."""

    name: str
    label: str
    kind: str
    default: Any
    options: list[Any]
    minimum: float | None
    maximum: float | None
    step: float | None


class AppOut(ProjectOut):
    inputs: list[InputOut]

    @staticmethod
    def resolve_inputs(project: Project, context: dict[str, Any]) -> list[dict[str, Any]]:
        """Those that the app shows; people who read the notebook are told of the hidden ones too."""
        if not hasattr(project, "publication"):
            return []
        reader = reader_of(rights_of(context["request"].user, project))
        return [
            {
                "name": spec.name,
                "label": spec.title,
                "kind": spec.kind.value,
                "default": spec.default,
                "options": list(spec.options or ()),
                "minimum": spec.minimum,
                "maximum": spec.maximum,
                "step": spec.step,
            }
            for spec in reader.inputs(project.publication.version.notebook)
        ]


class PublishIn(Asked):
    """`run`: the number of a finished run whose version is to be published. `replaces`: the version that the program
    believes to be live (null: none); if another is live by now, nothing happens."""

    run: int
    replaces: int | None


class PublishedOut(Schema):
    version: int
    app: str


@router.get("", response=list[ProjectOut], summary="List projects", url_name="api-projects")
@paginate(LimitOffsetPagination)
def list_projects(request: HttpRequest):
    """Projects to which the person has App Only or more."""
    return (
        projects_of(request.user, Level.APP_ONLY)
        .select_related("workspace", "publication__version")
        .order_by("title", "pk")
    )


@router.get(
    "/{uuid:project_id}",
    response={**ALWAYS, 200: AppOut},
    summary="One project",
    url_name="api-project",
)
def one_project(request: HttpRequest, project_id: UUID):
    """With the inputs of its published app."""
    return load_by_id(request.user, project_id, Action.OPEN_APP)


@router.post(
    "/{uuid:project_id}/publish",
    response={**ALWAYS, 200: PublishedOut, 409: Refused, 429: Refused},
    summary="Publish",
    url_name="api-publish",
)
def publish(request: HttpRequest, project_id: UUID, asked: PublishIn):
    """Publish the version that a run played, if it succeeded."""
    project = load_by_id(request.user, project_id, Action.PUBLISH)
    run = project.runs.select_related("version").filter(number=asked.run).first()
    if run is None:
        raise ApiProblem(404, "There is no such run.")
    if run.state != Run.State.DONE:
        raise ApiProblem(409, "Only the version of a run that succeeded is published.")
    live = project.versions.filter(number=asked.replaces).first() if asked.replaces is not None else None
    try:
        with rates.one_publication(project=project):
            publication = publishing.publish(version=run.version, by=request.user, replaces=live)
    except versions.PublishedMeanwhile as meanwhile:
        raise ApiProblem(409, str(meanwhile)) from meanwhile
    return {"version": publication.version.number, "app": f"{settings.ORIGIN}{project.app_url}"}
