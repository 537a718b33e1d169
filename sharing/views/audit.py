"""The audit trail of a project."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.permissions import Action, load
from sharing.services import trail
from sharing.services.trail import Filters

A_PAGE = 100


@require_safe
def trail_page(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`…/audit/?topic=&person=&since=&until=&page=`"""
    project = load(request.user, workspace, project_id, Action.VIEW_AUDIT)
    filters = Filters.parse(request.GET)
    page = Paginator(trail.events(project, filters), A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "project": project,
        "filters": filters,
        "topics": [(topic, name) for topic, (name, _) in trail.TOPICS.items()],
        "people": trail.people_in(project),
        "page": page,
        "lines": [trail.line(event) for event in page],
        "query": query.urlencode(),
    }
    return render(request, "sharing/audit.html", context)
