"""The App view of the notebook page, and the answers to its edits."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from apps_runtime.models import Session
from apps_runtime.pages.builder import BuilderPage
from apps_runtime.pages.notebook import Author
from apps_runtime.services.sessions import sessions
from apps_runtime.views import app_settings
from apps_runtime.views.app_settings import AppSettingsForm
from projects.models import Draft, Project
from projects.notebook.layout import edits
from projects.permissions import Action, load, may
from projects.services import versions
from projects.services.drafts import Edited, source_digest


def builder(request: HttpRequest, *, project: Project, draft: Draft, session: Session, author: Author) -> HttpResponse:
    """`?view=app` of the notebook page."""
    page = BuilderPage(project=project, draft=draft, session=session, author=author)
    return render(
        request,
        "builder/page.html",
        {
            "project": project,
            "draft": draft,
            "app_draft": project.app_draft,
            "author": author,
            "session": session,
            "page": page,
            "progress": page.progress,
            "form": AppSettingsForm.of(draft.notebook),
            "changed": versions.has_unpublished_changes(draft),
            "version": project.newest_version,
            "may_delete_app": may(request.user, project, Action.DELETE_APP),
        },
    )


def builder_answer(project: Project, draft: Draft, author: Author, edited: Edited | None = None) -> dict[str, Any]:
    """How the App view is now; after an edit, with what takes it back (`undo`)."""
    session = sessions.of_draft(draft=draft)
    page = BuilderPage(project=project, draft=draft, session=session, author=author)
    context = {
        "project": project,
        "draft": draft,
        "app_draft": project.app_draft,
        "author": author,
        "page": page,
        "changed": versions.has_unpublished_changes(draft),
    }
    parts = {
        "sheet-body": "builder/sheet.html",
        "builder-rail": "builder/rail.html",
        "publish-state": "notebook/publish_state.html",
    }
    if author.edits:
        context["form"] = AppSettingsForm.of(draft.notebook)
        parts["panel"] = "builder/settings.html"
    answer: dict[str, Any] = {
        "revision": draft.revision,
        "fragments": [{"id": place, "html": render_to_string(name, context)} for place, name in parts.items()],
    }
    if edited is not None and edited.before is not edited.after:
        answer["undo"] = _taking_back(edited)
    return answer


def _taking_back(edited: Edited) -> dict[str, Any]:
    """The operation that takes an edit of the App view back."""
    before, after = edited.before, edited.after
    if new := [cell for cell in after.cells if cell.id not in before]:
        return {"operation": "delete", "cells": [{"id": cell.id, "base": source_digest(cell.source)} for cell in new]}
    if settings := app_settings.changed(before, after):
        return {"operation": "settings", "settings": settings}
    return {"operation": "put-back", "before": edits.snapshot(before)}


@require_POST
def delete_app(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`app/delete/`: the address of the app answers 404 until somebody publishes again."""
    project = load(request.user, workspace, project_id, Action.DELETE_APP)
    versions.delete_app(project=project, by=request.user)
    messages.success(request, "Deleted the app. Publish to bring it back at the same address.")
    return redirect(f"{project.get_absolute_url()}?view=app")
