"""What the palette finds beyond the page it is on: projects and apps the reader may open."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps_runtime.services import gallery, home

MOST = 8


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    """`/palette?q=…`: `{"groups": [{"name", "items": [{"title", "note", "url", "icon"}]}]}`; empty groups are left out.

    Without a search it offers what was edited last. A stranger is offered nothing.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"groups": []})
    search = request.GET.get("q", "").strip()[:200]
    groups = {"Projects": _projects(request, search), "Apps": _apps(request, search)}
    response = JsonResponse({"groups": [{"name": name, "items": items} for name, items in groups.items() if items]})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _projects(request: HttpRequest, search: str) -> list[dict[str, str]]:
    found = home.listed(request.user, search=search).select_related("workspace").order_by("-edited_at")[:MOST]
    return [
        {
            "title": project.title,
            "note": project.workspace.name,
            "url": project.get_absolute_url(),
            "icon": "notebook",
        }
        for project in found
    ]


def _apps(request: HttpRequest, search: str) -> list[dict[str, str]]:
    found = gallery.matching(gallery.openable(request.user), search)
    return [
        {
            "title": project.app_title or project.title,
            "note": project.workspace.name,
            "url": project.app_url,
            "icon": "chart",
        }
        for project in found.select_related("workspace")[:MOST]
    ]
