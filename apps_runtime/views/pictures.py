"""The picture of an app."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps_runtime.pages import pictures
from apps_runtime.views.presenting import noindex
from projects.models import Project
from projects.permissions import Action, NotYours, load


@require_safe
def picture(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`/<workspace>/hex/<project_id>/picture.png`, for whoever may open the app."""
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    if not hasattr(project, "publication"):
        raise NotYours()
    response = HttpResponse(pictures.of_app(project), content_type="image/png")
    everybody = project.visibility == Project.Visibility.PUBLIC
    response.headers["Cache-Control"] = "public, max-age=300" if everybody else "private, max-age=300"
    return noindex(response, project)
