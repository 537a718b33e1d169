"""Dialogues have addresses too. Whoever opens one as a page (a bookmark, a new tab) sees it over the notebook."""

import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from projects.models import Project

DIALOGUE = re.compile(r"(versions|settings|publish/[0-9]{1,9})/(\?\S*)?")


def over_the_notebook(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that answers with a dialogue: scripts get it, and a browser that goes there gets the notebook page with
    it. Who may not see it is refused as ever."""

    @wraps(view)
    def answer(request: HttpRequest, workspace: str, project_id: str, **more: object) -> HttpResponse:
        response = view(request, workspace=workspace, project_id=project_id, **more)
        # `fetch` accepts anything; somebody who goes to the address asks for HTML.
        if (
            request.method != "GET"
            or response.status_code != 200
            or "text/html" not in request.headers.get("Accept", "")
        ):
            return response
        page = reverse("notebook", args=[workspace, project_id])
        return redirect(f"{page}?{urlencode({'dialogue': request.get_full_path().removeprefix(page)})}")

    return answer


def asked_for(request: HttpRequest, project: Project) -> str:
    """The address of the dialogue that `?dialogue=` names, or nothing: only those of this project can be opened."""
    below = request.GET.get("dialogue", "")
    return f"{project.get_absolute_url()}{below}" if DIALOGUE.fullmatch(below) else ""
