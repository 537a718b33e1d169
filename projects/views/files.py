"""The files page: what is in the project's folder, a look inside, and changing it."""

from pathlib import PurePosixPath

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from projects import filenames
from projects.filenames import FileProblem, NoSuchFile
from projects.models import Project
from projects.permissions import Action, NotYours, load, may
from projects.services import audience, file_previews, file_staging, files
from projects.services.files import FileTooLarge
from projects.views.file_problems import STATUS, in_words


@require_http_methods(["GET", "HEAD", "POST"])
def folder(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`…/files/`; `?folder=` opens a folder, `?file=` looks inside a file. POST uploads without the page's script."""
    if request.method == "POST":
        return _upload(request, load(request.user, workspace, project_id, Action.MANAGE_FILES))
    project = load(request.user, workspace, project_id, Action.VIEW_FILES)
    return _page(request, project)


@require_POST
@in_words
def make_folder(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """Form: `folder`, where; `name`."""
    project = load(request.user, workspace, project_id, Action.MANAGE_FILES)
    where = filenames.clean_folder(request.POST.get("folder", ""))
    name = request.POST.get("name", "")
    path = files.make_folder(project=project, folder=where, name=name, by=request.user)
    return JsonResponse({"sentence": f"Made the folder “{path.name}”.", "path": str(path)})


@require_POST
@in_words
def rename(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """Form: `path`, and the new `name` in the same folder."""
    project = load(request.user, workspace, project_id, Action.MANAGE_FILES)
    before = filenames.clean(request.POST.get("path", ""))
    path = files.rename(project=project, path=before, name=request.POST.get("name", ""), by=request.user)
    return JsonResponse({"sentence": f"“{before.name}” is “{path.name}” now.", "path": str(path)})


@require_POST
@in_words
def delete(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """Form: `path`. Answers with the word `undo` for `restore`."""
    project = load(request.user, workspace, project_id, Action.MANAGE_FILES)
    path = filenames.clean(request.POST.get("path", ""))
    word = files.delete(project=project, path=path, by=request.user)
    return JsonResponse({"sentence": f"Deleted “{path.name}”.", "undo": word, "path": str(path)})


@require_POST
@in_words
def restore(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """Form: `path`, and the word `undo` that deleting it answered."""
    project = load(request.user, workspace, project_id, Action.MANAGE_FILES)
    path = filenames.clean(request.POST.get("path", ""))
    files.restore(project=project, path=path, word=request.POST.get("undo", ""), by=request.user)
    return JsonResponse({"sentence": f"“{path.name}” is back.", "path": str(path)})


def _page(request: HttpRequest, project: Project, problem: FileProblem | None = None) -> HttpResponse:
    try:
        where = filenames.clean_folder(request.GET.get("folder", ""))
        entries = files.entries(project, where)
        chosen = filenames.clean(request.GET["file"]) if request.GET.get("file") else None
    except NoSuchFile:
        raise NotYours() from None
    context = {
        "project": project,
        "folder": "" if where == PurePosixPath() else str(where),
        "above": _above(where),
        "rows": file_previews.rows(project, entries),
        "contents": files.contents(project),
        "audience": audience.of_app(project),
        "used": file_staging.used(project),
        "most": settings.HEXLITE_PROJECT_BYTES,
        "largest": settings.HEXLITE_FILE_BYTES,
        "look_limit": settings.HEXLITE_LOOK_BYTES,
        "look": file_previews.look(project, chosen) if chosen else None,
        "chosen": str(chosen) if chosen else "",
        "may_change": may(request.user, project, Action.MANAGE_FILES),
        "may_see_access": may(request.user, project, Action.VIEW_ACCESS),
        "problem": problem,
    }
    return render(request, "files/page.html", context, status=STATUS[type(problem)] if problem else 200)


def _upload(request: HttpRequest, project: Project) -> HttpResponse:
    """The form without a script: whole files, which Django has put on disk by now when they are large."""
    try:
        where = filenames.clean_folder(request.POST.get("folder", ""))
        for uploaded in request.FILES.getlist("files"):
            if uploaded.size > settings.HEXLITE_FILE_BYTES:
                raise FileTooLarge(uploaded.size)
            file_staging.check_room(project, uploaded.size)
            files.save(
                project=project,
                folder=where,
                name=uploaded.name,
                content=uploaded.chunks(),
                by=request.user,
                replace=bool(request.POST.get("replace")),
            )
    except FileProblem as problem:
        return _page(request, project, problem)
    address = reverse("files", args=[project.workspace.slug, project.pk])
    return redirect(f"{address}?folder={where}" if where.parts else address)


def _above(where: PurePosixPath) -> list[dict[str, str]]:
    """The folders on the way down, for the path at the top: name and path of each."""
    return [{"name": part, "path": "/".join(where.parts[: place + 1])} for place, part in enumerate(where.parts)]
