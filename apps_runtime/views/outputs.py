"""What cells put out, by digest: only for those who may see a result that holds it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from apps_runtime.models import Blob
from apps_runtime.outputs.serving import blob_response, frame_response
from apps_runtime.services.results import output_access
from projects.models import Project
from projects.permissions import Action, load


@require_safe
def output(request: HttpRequest, workspace: str, project_id: str, digest: str) -> HttpResponse:
    """The bytes of an output, immutable."""
    _, blob = _of(request, workspace, project_id, digest)
    return blob_response(blob)


@require_safe
@xframe_options_exempt
def frame(request: HttpRequest, workspace: str, project_id: str, digest: str) -> HttpResponse:
    """The document that draws an output with scripts, in a frame with an opaque origin."""
    project, blob = _of(request, workspace, project_id, digest)
    return frame_response(blob, request.GET.get("theme", ""), ancestors=project.embed_sites)


def _of(request: HttpRequest, workspace: str, project_id: str, digest: str) -> tuple[Project, Blob]:
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    if not output_access.may_fetch(request.user, project, digest, visitor=request.session.get("visitor", "")):
        raise Http404
    return project, get_object_or_404(Blob, pk=digest)


@require_safe
def folder(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The folder itself shows nothing; its address is what pages put before a digest."""
    raise Http404
