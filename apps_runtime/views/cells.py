"""Where the notebook page sends its edits, and asks for those of others.

One address a draft, JSON in and out. An answer says how the notebook is now: its revision, the order of its cells, and
the fragments of those that this edit, or somebody else, changed.
"""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps_runtime.pages.notebook import Author, NotebookPage
from apps_runtime.services.sessions import sessions
from apps_runtime.views.builder import builder_answer
from apps_runtime.views.cell_operations import EDITS, copied
from apps_runtime.views.operation import Operation
from projects.models import Draft, Project, User
from projects.notebook.document import CellKind, InputNameTaken, NoSuchCell, SourceIsGenerated
from projects.notebook.layout.edits import ArrangementRefused
from projects.permissions import Action, check, load
from projects.services import cells, drafts, versions
from projects.services.comparing import compare_texts
from projects.services.conflicts import joined
from projects.services.drafts import EditConflict, Edited
from projects.services.input_settings import NotAnAssignment, SettingsRefused
from projects.services.notebooks import NotebookRefused

REFUSALS = (ArrangementRefused, InputNameTaken, NotAnAssignment, NotebookRefused, SourceIsGenerated, cells.TooMuch)


@require_POST
def notebook_cells(request: HttpRequest, workspace: str, project_id: str, draft_id: str) -> JsonResponse:
    """Carry out one operation. 400: no page of ours sends this; 409: somebody changed the same text; 410: the cell is
    gone; 422: it can't be done, with the reason by field or as a sentence."""
    project = load(request.user, workspace, project_id, Action.VIEW_NOTEBOOK)
    asked = Operation.read(request.body)
    if asked.name not in ("look", "copy"):
        check(request.user, project, Action.EDIT)
    draft = get_object_or_404(project.drafts.select_related("project__workspace", "edited_by"), pk=draft_id)
    author = Author.of(request.user, project)
    try:
        match asked.name:
            case "look":
                return _look(project, draft, author, asked)
            case "copy":
                return JsonResponse({"cells": copied(draft.notebook, asked)})
            case name if name in EDITS:
                return _edited(project, EDITS[name](draft, request.user, asked), author, asked)
    except EditConflict as conflict:
        return _conflict(conflict, draft, request.user)
    except NoSuchCell as gone:
        return _refused(str(gone), status=410)
    except SettingsRefused as refused:
        problems = [{"field": problem.field, "sentence": problem.sentence} for problem in refused.problems]
        return JsonResponse({"sentence": str(refused), "problems": problems}, status=422)
    except REFUSALS as refusal:
        return _refused(str(refusal), status=422)
    return _refused(f"There is no operation called “{asked.name}”.", status=400)


def _look(project: Project, draft: Draft, author: Author, asked: Operation) -> JsonResponse:
    """What is new to a page that has `known`: cell id → mark. `again` names cells to be drawn in any case."""
    if _is_app_view(asked):
        return JsonResponse(builder_answer(project, draft, author))
    known, again = asked.mapping("known"), set(asked.texts("again"))
    notebook = draft.notebook
    changed = {cell.id for cell in notebook.cells if cell.id in again or known.get(cell.id) != cells.mark(cell)}
    answer = _answer(project, draft, author, changed, removed=set(known) - set(_order(draft)))
    # A page looks again when somebody published, too.
    context = {"project": project, "draft": draft, "author": author, "version": project.newest_version}
    answer["fragments"] += [_part(name, context) for name in ("version_button", "rail_project")]
    return JsonResponse(answer)


def _is_app_view(asked: Operation) -> bool:
    return asked.data.get("view") == "app"


def _edited(project: Project, edited: Edited, author: Author, asked: Operation) -> JsonResponse:
    if _is_app_view(asked):
        return JsonResponse(builder_answer(project, edited.draft, author, edited))
    before = {cell.id: cell for cell in edited.before.cells}
    changed = {cell.id for cell in edited.after.cells if before.get(cell.id) != cell}
    gone = set(before) - {cell.id for cell in edited.after.cells}
    answer = _answer(project, edited.draft, author, changed, removed=gone)
    if gone:
        answer["restore"] = cells.removed(edited)
    return JsonResponse(answer)


def _answer(project: Project, draft: Draft, author: Author, changed: set[str], *, removed: set[str]) -> dict[str, Any]:
    notebook = draft.notebook
    page = NotebookPage(project=project, notebook=notebook, session=sessions.of_draft(draft=draft), author=author)
    fragments = [
        {"id": f"cell-{view.cell.id}", "cell": view.cell.id, "html": page.cell_html(view)}
        for view in page.views(changed)
    ]
    context = {"project": project, "draft": draft, "author": author}
    parts = {
        "contents": {"contents": page.contents()},
        "publish_state": {"changed": versions.has_unpublished_changes(draft)},
    }
    fragments += [_part(name, context | own) for name, own in parts.items()]
    return {
        "revision": draft.revision,
        "title": draft.title,
        "order": _order(draft),
        "fragments": fragments,
        "removed": sorted(removed),
    }


def _part(name: str, context: dict[str, Any]) -> dict[str, str]:
    return {"id": name.replace("_", "-"), "html": render_to_string(f"notebook/{name}.html", context)}


def _order(draft: Draft) -> list[str]:
    return [cell.id for cell in draft.notebook.cells]


def _conflict(conflict: EditConflict, draft: Draft, reader: User) -> JsonResponse:
    """Both texts, the difference drawn, and a text that holds both for whoever wants to join them by hand."""
    theirs, yours = conflict.theirs or "", conflict.yours
    notebook = draft.notebook
    is_prose = conflict.cell_id in notebook and notebook.cell(conflict.cell_id).kind is CellKind.MARKDOWN
    difference = compare_texts(theirs, yours)
    context = {"conflict": conflict, "difference": difference, "is_own": conflict.who == reader}
    return JsonResponse(
        {
            "sentence": str(conflict),
            "cell": conflict.cell_id,
            "theirs": conflict.theirs,
            "yours": yours,
            "both": joined(difference, theirs_name=conflict.who.name, is_prose=is_prose),
            "base": drafts.source_digest(theirs),
            "who": conflict.who.name,
            "when": timezone.localtime(conflict.when).isoformat(),
            "html": render_to_string("notebook/conflict.html", context),
        },
        status=409,
    )


def _refused(sentence: str, *, status: int) -> JsonResponse:
    return JsonResponse({"sentence": sentence}, status=status)
