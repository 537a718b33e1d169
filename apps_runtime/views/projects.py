"""Projects as wholes: creating, importing, renaming, duplicating, and the trash."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps_runtime.services.publishing import importing
from projects.filenames import FileProblem
from projects.levels import Level
from projects.models import Project, Workspace
from projects.notebook.files.unreadable import MAXIMUM_FILE_BYTES, UnreadableNotebook, size_in_words
from projects.permissions import Action, NotYours, load, load_trashed, projects_of
from projects.services import imports, projects, workspaces


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The dialogue for a new project, and a page of its own where there are no scripts."""
    if request.method == "POST":
        project = projects.create(workspace=_workspace(request), by=request.user, title=request.POST.get("title", ""))
        return redirect(project)
    context = {
        "workspaces": _workspaces(request),
        "chosen": request.GET.get("workspace", ""),
        "bring": "import" in request.GET,
        "endings": ",".join(imports.ENDINGS),
        "largest": MAXIMUM_FILE_BYTES,
        "largest_in_words": size_in_words(MAXIMUM_FILE_BYTES),
    }
    is_dialogue = request.headers.get("X-Fragment") == "dialogue"
    return render(request, "home/new_dialogue.html" if is_dialogue else "home/new.html", context)


@login_required
@require_POST
def import_file(request: HttpRequest) -> JsonResponse:
    """A notebook file becomes a project: its title, where it is, and what is different here; or why not (422)."""
    upload = request.FILES.get("file")
    if upload is None:
        return JsonResponse({"sentence": "Choose a file first."}, status=422)
    try:
        imports.check_size(upload.name, upload.size)
        imported = importing.import_file(
            name=upload.name, content=upload.read(), workspace=_workspace(request), by=request.user
        )
    except UnreadableNotebook as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=422)
    project = imported.project
    return JsonResponse({"title": project.title, "address": project.get_absolute_url(), "notes": list(imported.notes)})


@login_required
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.RENAME)
    if request.method == "POST":
        projects.rename(project=project, title=request.POST.get("title", ""), by=request.user)
        return redirect("home")
    return render(request, "home/rename.html", {"project": project})


@require_POST
def duplicate(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The copy goes to the same workspace for its members, and to the person's own for others."""
    project = load(request.user, workspace, project_id, Action.DUPLICATE)
    is_member = _workspaces(request).filter(pk=project.workspace_id).exists()
    target = project.workspace if is_member else workspaces.own(by=request.user)
    try:
        copy = projects.duplicate(project=project, by=request.user, workspace=target)
    except FileProblem as problem:
        messages.error(request, f"“{project.title}” was not duplicated. {problem}")
        return redirect("home")
    return redirect(copy)


@require_POST
def trash(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.DELETE_PROJECT)
    projects.trash(project=project, by=request.user)
    messages.success(
        request,
        f"Moved “{project.title}” to the trash. It stays there for 30 days.",
        extra_tags=reverse("project-restore", args=[workspace, project_id]),
    )
    return redirect("home")


@require_POST
def restore(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    project = load_trashed(request.user, workspace, project_id, Action.DELETE_PROJECT)
    projects.restore(project=project, by=request.user)
    messages.success(request, f"“{project.title}” is back.")
    return redirect("home")


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """For good, from the trash; asked once, in a dialogue that says what goes."""
    project = load_trashed(request.user, workspace, project_id, Action.DELETE_PROJECT)
    if request.method == "POST":
        title = project.title
        projects.delete_for_good(project=project)
        messages.success(request, f"“{title}” is deleted.")
        return redirect("trash")
    return render(request, "home/delete.html", {"project": project})


@login_required
@require_safe
def trash_page(request: HttpRequest) -> HttpResponse:
    """`/trash/`: what the person may restore."""
    trashed = projects_of(request.user, Level.FULL_ACCESS, among=Project.objects.trashed())
    found = trashed.select_related("workspace", "trashing__by").order_by("-trashing__at")[:200]
    rows = [(project, project.trashing.at + projects.KEPT_IN_TRASH) for project in found]
    return render(request, "home/trash.html", {"rows": rows})


def _workspaces(request: HttpRequest) -> QuerySet[Workspace]:
    return request.user.workspaces.order_by("memberships__joined_at")


def _workspace(request: HttpRequest) -> Workspace:
    """The one that was chosen; without a choice, the person's first."""
    slug = request.POST.get("workspace")
    if not slug:
        return workspaces.own(by=request.user)
    found = _workspaces(request).filter(slug=slug).first()
    if found is None:
        raise NotYours()
    return found
