"""The palette's answers: the dialogue, and while somebody types, the list in it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps_runtime.pages import palette as finder
from apps_runtime.pages.palette import Scope


@login_required
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """`/palette` is the dialogue; `/palette?q=…&scope=…` the fragment `palette-found`."""
    query = request.GET.get("q", "")[:200]
    scope = request.GET.get("scope", "")
    groups = finder.find(request.user, query, Scope(scope) if scope in list(Scope) else Scope.ALL)
    context = {"groups": groups, "query": query, "scopes": list(Scope)}
    template = "palette/answer.html" if "q" in request.GET else "palette/palette.html"
    response = render(request, template, context)
    response.headers["Cache-Control"] = "private, no-store"
    return response
