"""The links of an app, made by the server so that its own parser reads them back."""

import json

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from projects.notebook import inputs
from projects.permissions import Action, load


@require_POST
def link(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """`?kind=published` or `inputs`; body `{"values": {...}}`: what the visitor sees now."""
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    address = request.build_absolute_uri(project.app_url)
    if request.GET.get("kind") != "inputs":
        return JsonResponse({"link": address})
    try:
        given = json.loads(request.body)["values"]
        if not isinstance(given, dict):
            raise TypeError("values")
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"sentence": "The values of this page could not be read."}, status=400)
    specs = project.publication.version.notebook.inputs
    current = {spec.name: spec.default for spec in specs}
    parsed = inputs.parse_values(specs, given, current, timezone.now())
    query = inputs.query_string(specs, parsed.values)
    return JsonResponse({"link": f"{address}?{query}" if query else address})
