"""A project's notebooks as wholes: adding, copying, removing. Answers in JSON say where to go next."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from projects.models import Draft, Project
from projects.permissions import Action, load
from projects.services import notebooks
from projects.services.notebooks import NotebookRefused
from projects.shapes import whole_number


@require_POST
def add(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    project = load(request.user, workspace, project_id, Action.EDIT)
    return _made(project, lambda: notebooks.add(project=project, by=request.user, title=request.POST.get("title", "")))


@require_POST
def copy(request: HttpRequest, workspace: str, project_id: str, draft_id: str) -> JsonResponse:
    project = load(request.user, workspace, project_id, Action.EDIT)
    return _made(project, lambda: notebooks.copy(draft=_draft(project, draft_id), by=request.user))


@require_POST
def delete(request: HttpRequest, workspace: str, project_id: str, draft_id: str) -> JsonResponse:
    """Answers with the `version` that keeps the content, for `restore`."""
    project = load(request.user, workspace, project_id, Action.EDIT)
    draft = _draft(project, draft_id)
    try:
        version = notebooks.delete(draft=draft, by=request.user)
    except NotebookRefused as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=422)
    return JsonResponse(
        {
            "sentence": f"Deleted “{draft.title}”. Its content is kept as version {version.number}.",
            "version": version.number,
            "title": draft.title,
            "address": project.get_absolute_url(),
        }
    )


@require_POST
def restore(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """Undo `delete`: a notebook from the version that kept it."""
    project = load(request.user, workspace, project_id, Action.EDIT)
    version = get_object_or_404(project.versions, number=whole_number(request.POST.get("version")))
    title = request.POST.get("title", "").strip() or version.title
    return _made(project, lambda: notebooks.bring_back(project=project, version=version, title=title, by=request.user))


def _made(project: Project, make: Callable[[], Draft]) -> JsonResponse:
    try:
        draft = make()
    except NotebookRefused as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=422)
    return JsonResponse({"notebook": str(draft.pk), "address": f"{project.get_absolute_url()}?notebook={draft.pk}"})


def _draft(project: Project, identity: str) -> Draft:
    """Raises Http404, for what is no id as well."""
    try:
        return get_object_or_404(project.drafts, pk=UUID(str(identity)))
    except ValueError:
        raise Http404 from None
