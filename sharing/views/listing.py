"""What search engines ask for: which addresses they may read, and which apps are public."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from projects.models import Project

MOST_LISTED = 5_000  # A sitemap may have 50,000; beyond this an installation wants several.


@require_safe
@cache_control(max_age=3600, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing is forbidden here: an address that is listed as forbidden is an address that is told.

    What may not be indexed says so itself (`X-Robots-Tag`), or asks for an account.
    """
    lines = ["User-agent: *", "Disallow:", f"Sitemap: {settings.ORIGIN}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=300, public=True)
def sitemap(request: HttpRequest) -> HttpResponse:
    """The public apps, and the pages of the workspaces that have some."""
    apps = list(
        Project.objects.public_apps()
        .select_related("workspace", "publication")
        .order_by("-publication__published_at")[:MOST_LISTED]
    )
    workspaces = {project.workspace.slug: project.workspace for project in apps}
    context = {"apps": apps, "workspaces": workspaces.values(), "origin": settings.ORIGIN}
    return render(request, "sharing/sitemap.xml", context, content_type="application/xml; charset=utf-8")
