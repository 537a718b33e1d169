"""The links of an app, made by the server so that its own parser reads them back."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps_runtime.models import Session
from apps_runtime.services import sessions
from projects.models import Project
from projects.notebook import inputs
from projects.permissions import Action, load


@require_POST
def link(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """`?kind=published`, `inputs` or `session`; body `{"values": {…}, "session": id or ""}`: what is shown now.

    `session` turns the visitor's own session into a shared one, which it begins where there is none.
    """
    kind = request.GET.get("kind", "")
    project = load(request.user, workspace, project_id, Action.SHARE_SESSION if kind == "session" else Action.OPEN_APP)
    address = request.build_absolute_uri(project.app_url)
    if kind not in ("inputs", "session"):
        return JsonResponse({"link": address})
    try:
        body = json.loads(request.body)
        given = body["values"]
        if not isinstance(given, dict):
            raise TypeError("values")
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"sentence": "The values of this page could not be read."}, status=400)
    specs = project.publication.version.notebook.inputs
    current = {spec.name: spec.default for spec in specs}
    parsed = inputs.parse_values(specs, given, current, timezone.now())
    if kind == "session":
        token = sessions.share(session=_own_session(request, project, str(body.get("session", "")), parsed.values))
        return JsonResponse({"link": request.build_absolute_uri(_address_of(project, token))})
    query = inputs.query_string(specs, parsed.values)
    return JsonResponse({"link": f"{address}?{query}" if query else address})


def _own_session(request: HttpRequest, project: Project, identity: str, values: dict[str, Any]) -> Session:
    """The session this person is in: the one with this id, or a new one with what the page shows."""
    mine = Session.objects.filter(project=project, draft=None, owner=request.user)
    try:
        found = mine.filter(pk=identity).first() if identity else None
    except ValidationError:
        found = None
    return found or sessions.open_app(
        version=project.publication.version, person=request.user, visitor="", values=values
    )


def _address_of(project: Project, token: str) -> str:
    return reverse("shared-session", args=[project.workspace.slug, project.pk, token])
