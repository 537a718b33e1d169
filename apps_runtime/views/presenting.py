"""What goes with an app's page besides its content: who may frame it, who may index it, that it was opened."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from projects.models import Project
from projects.services import audit


@dataclass(frozen=True)
class Presentation:
    """How the page is dressed: `embedded` without chrome; for link previews the whole addresses of page and picture."""

    embedded: bool
    indexed: bool
    address: str
    picture: str


def presentation(request: HttpRequest, project: Project) -> Presentation:
    return Presentation(
        embedded=request.GET.get("embed") == "true",
        indexed=project.visibility == Project.Visibility.PUBLIC,
        address=settings.ORIGIN + project.app_url,
        picture=settings.ORIGIN + reverse("app-picture", args=[project.workspace.slug, project.pk]),
    )


def present(request: HttpRequest, project: Project, response: HttpResponse) -> HttpResponse:
    """Headers of an app's page, and a line in the audit trail. Off by default: nobody frames an app."""
    if presentation(request, project).embedded and project.embed_sites:
        response.frame_ancestors = ["'self'", *project.embed_sites]
    audit.record_once(project=project, by=request.user, action="opened")
    return noindex(response, project)


def noindex(response: HttpResponse, project: Project) -> HttpResponse:
    """Everything of an app that is not public stays out of search engines (specs/security T23)."""
    if project.visibility != Project.Visibility.PUBLIC:
        response.headers["X-Robots-Tag"] = "noindex"
    return response
