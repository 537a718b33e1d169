"""What cells put out, by digest: only for those who may see a result that holds it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from apps_runtime.models import Blob
from apps_runtime.outputs.serving import blob_response, frame_response
from apps_runtime.services import visibility
from projects.permissions import Action, load


@require_safe
def output(request: HttpRequest, workspace: str, project_id: str, digest: str) -> HttpResponse:
    """The bytes of an output, immutable."""
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    if not visibility.is_output_of(project.pk, digest):
        raise Http404
    return blob_response(_blob(digest))


@require_safe
@xframe_options_exempt
def frame(request: HttpRequest, workspace: str, project_id: str, digest: str) -> HttpResponse:
    """The document that draws an output with scripts, in a frame with an opaque origin."""
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    if not visibility.is_output_of(project.pk, digest):
        raise Http404
    return frame_response(_blob(digest), request.GET.get("theme", ""), ancestors=project.embed_sites)


def _blob(digest: str) -> Blob:
    blob = Blob.objects.filter(pk=digest).first()
    if blob is None:
        raise Http404
    return blob


@require_safe
def folder(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The folder itself shows nothing; its address is what pages put before a digest."""
    raise Http404
