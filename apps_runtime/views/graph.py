"""The dependency graph of a notebook, and what a run did and why."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from apps_runtime.models import Session
from apps_runtime.pages import graph_stories
from apps_runtime.pages.graph import picture
from apps_runtime.services.sessions import analyses
from apps_runtime.session.state import State
from apps_runtime.views.picking import draft_of
from projects.models import Draft, Project
from projects.notebook import inputs
from projects.permissions import Action, load
from projects.shapes import whole_number

MOST_RUNS = 12  # that the page offers


@require_safe
def graph(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`graph/`: of the draft and the last run of its session. `?notebook=` picks one of several drafts, `?run=` a run
    of the log, `?format=svg` the picture alone."""
    project = load(request.user, workspace, project_id, Action.VIEW_GRAPH)
    draft = draft_of(project, request.GET.get("notebook"))
    number = request.GET.get("run", "")
    shown = _of_run(project, number) if number else _of_draft(draft)
    context = {"project": project, "draft": draft, "number": number, **shown}
    if request.GET.get("format") == "svg":
        response = HttpResponse(render_to_string("graph/picture.svg", context), content_type="image/svg+xml")
        response.headers["Content-Disposition"] = 'attachment; filename="dependency-graph.svg"'
        return response
    context["runs"] = project.runs.select_related("version").order_by("-number")[:MOST_RUNS]
    return render(request, "graph/graph.html", context)


def _of_draft(draft: Draft) -> dict[str, Any]:
    notebook = draft.notebook
    found = analyses.of_draft(notebook)
    session = Session.objects.filter(draft=draft).first()
    state = State.from_json(session.state) if session else State()
    has_run = bool(state.runs)
    stories = None
    if session and has_run:
        results = {cell.cell_id: cell for cell in session.cells.all()}
        stories = graph_stories.of_session(notebook, found, state, results)
    values = {**inputs.defaults(notebook.inputs), **state.values}
    return {
        "picture": picture(notebook, found, stories=stories, values=values),
        "has_run": has_run,
        "subject": draft.title,
        "moved": [spec.title for spec in notebook.inputs if spec.name in state.moved],
        "at": session.idle_since if session else None,
    }


def _of_run(project: Project, number: str) -> dict[str, Any]:
    run = get_object_or_404(project.runs.select_related("version"), number=whole_number(number))
    notebook = run.version.notebook
    found = analyses.of_version(run.version)
    drawn = picture(notebook, found, stories=graph_stories.of_run(found, run), values=run.values)
    return {
        "picture": drawn,
        "has_run": True,
        "subject": f"Version {run.version.number}",
        "run": run,
        "at": run.ended_at,
    }
