"""The address of a project's files, for apps that offer them and for the people who write them (DESIGN, section 6)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from projects import filenames
from projects.downloads import Download
from projects.models import Project
from projects.permissions import Action, NotYours, check, load, load_by_id, may
from projects.services import audit, files
from projects.shapes import judges_its_query


@judges_its_query
@require_safe
def file(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`/<workspace>/hex/<project_id>/file?path=…`"""
    return _download(request, load(request.user, workspace, project_id, Action.DOWNLOAD_DATA))


@judges_its_query
@require_safe
def publish_file(request: HttpRequest, project_id: str) -> HttpResponse:
    """`/publish/<project_id>/file?path=…`: the same, as notebooks from Deepnote write it."""
    return _download(request, load_by_id(request.user, project_id, Action.DOWNLOAD_DATA))


def _download(request: HttpRequest, project: Project) -> HttpResponse:
    """Whatever can't be had is "not yours": the answer tells nothing about what is in the folder.

    Only the name decides whether a file is kept back, so a 403 does not say that it exists either.
    """
    reads_source = may(request.user, project, Action.DOWNLOAD_SOURCE)
    if not reads_source and not hasattr(project, "publication"):
        raise NotYours()
    try:
        path = filenames.clean(request.GET.get("path", ""))
        if filenames.kept_back(path):
            check(request.user, project, Action.DOWNLOAD_SOURCE)
        opened = files.read(project, path, largest=settings.HEXLITE_DOWNLOAD_BYTES)
    except filenames.NoSuchFile:
        raise NotYours() from None
    audit.record_once(project=project, by=request.user, action="downloaded", path=str(path))
    return Download(opened, path)
