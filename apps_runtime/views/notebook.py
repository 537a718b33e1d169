"""The notebook page."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps_runtime.pages.notebook import Author, NotebookPage
from apps_runtime.services.runs import exporting
from apps_runtime.services.sessions import sessions
from apps_runtime.views import dialogues
from apps_runtime.views.builder import builder
from projects.models import Draft, Project
from projects.notebook.inputs import InputKind
from projects.permissions import Action, load
from projects.services import files, versions

# How many names of files the rail shows before it says how many more there are.
MOST_FILES = 12


@require_safe
def notebook(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`/<workspace>/project/<project_id>/`; `?notebook=<draft>` picks one of several, `?view=app` the App view,
    `?dialogue=versions/` opens a dialogue over it."""
    project = load(request.user, workspace, project_id, Action.VIEW_NOTEBOOK)
    draft = _chosen(project, request.GET.get("notebook", ""))
    session = sessions.of_draft(draft=draft)
    author = Author.of(request.user, project)
    if request.GET.get("view") == "app":
        return builder(request, project=project, draft=draft, session=session, author=author)
    page = NotebookPage(project=project, notebook=draft.notebook, session=session, author=author)
    shown_files = [entry for entry in files.entries(project) if not entry.name.startswith(".")]
    return render(
        request,
        "notebook/notebook.html",
        {
            "project": project,
            "draft": draft,
            "drafts": list(project.drafts.defer("document")),
            "app_draft": project.app_draft,
            "files": shown_files[:MOST_FILES],
            "more_files": max(0, len(shown_files) - MOST_FILES),
            "author": author,
            "session": session,
            "state": page.state,
            "progress": page.progress(),
            "views": page.views(),
            "templates": page.blank_views(),
            "contents": page.contents(),
            "changed": versions.has_unpublished_changes(draft),
            "version": project.newest_version,
            "dialogue": dialogues.asked_for(request, project),
        },
    )


@require_safe
def settings(request: HttpRequest, workspace: str, project_id: str, draft_id: str, cell_id: str) -> HttpResponse:
    """The panel at the side: the settings of one cell."""
    project = load(request.user, workspace, project_id, Action.VIEW_NOTEBOOK)
    draft = get_object_or_404(project.drafts, pk=draft_id)
    if cell_id not in draft.notebook:
        raise Http404
    author = Author.of(request.user, project)
    page = NotebookPage(project=project, notebook=draft.notebook, session=sessions.of_draft(draft=draft), author=author)
    [view] = page.views({cell_id})
    return render(
        request,
        "notebook/settings.html",
        {
            "view": view,
            "author": author,
            "project": project,
            "draft": draft,
            "kinds": list(InputKind),
            "used_by": page.users_of(view.cell),
        },
    )


@require_safe
def export(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The draft as `.ipynb` with the outputs it shows; it runs in Jupyter as it is. `?notebook=<draft>` picks one."""
    project = load(request.user, workspace, project_id, Action.EXPORT)
    draft = _chosen(project, request.GET.get("notebook", ""))
    response = HttpResponse(exporting.as_file(draft), content_type="application/x-ipynb+json")
    name = f"{draft.title}.ipynb".replace("/", "-")
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _chosen(project: Project, identity: str) -> Draft:
    """The notebook that is asked for, else the app's. Raises Http404, for what is no id as well."""
    if not identity:
        return project.app_draft
    try:
        return get_object_or_404(project.drafts, pk=UUID(identity))
    except ValueError:
        raise Http404 from None
