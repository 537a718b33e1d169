"""The dependency graph of a notebook, and what its last run did and why."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps_runtime.models import Session
from apps_runtime.services import planning
from apps_runtime.services.graph_picture import picture
from apps_runtime.session.state import State
from apps_runtime.views.picking import draft_of
from projects.permissions import Action, load


@require_safe
def graph(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`graph/`: of the draft; `?notebook=` picks one of several."""
    project = load(request.user, workspace, project_id, Action.VIEW_GRAPH)
    draft = draft_of(project, request.GET.get("notebook"))
    notebook = draft.notebook
    session = Session.objects.filter(draft=draft).first()
    state = State.from_json(session.state) if session and session.state["runs"] else None
    drawn = picture(
        notebook,
        planning.graph_of(notebook),
        state=state,
        results={cell.cell_id: cell for cell in session.cells.all()} if session else {},
    )
    ran = [node for node in drawn.nodes if node.state in ("ran", "failed", "changed")] if state else []
    return render(
        request,
        "graph/graph.html",
        {"project": project, "draft": draft, "picture": drawn, "ran": ran, "has_run": state is not None},
    )
