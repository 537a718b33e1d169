"""Uploads in pieces: begin, send, ask how far, finish, cancel. Answers are JSON; refusals name the limit."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from projects import filenames
from projects.permissions import Action, load
from projects.services import uploads
from projects.shapes import LARGEST_KEY, whole_number
from projects.views.file_problems import in_words

READ_AT_ONCE = 256 * 1024


@require_POST
@in_words
def begin(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """Form: `folder`, `name`, `size` in bytes, `replace` when a file of that name may be replaced.

    Answers 201 with the `address` that takes the pieces, `offset` 0, and how large a `piece` may be.
    """
    project = load(request.user, workspace, project_id, Action.MANAGE_FILES)
    size = whole_number(request.POST.get("size"), largest=LARGEST_KEY)
    if size is None:
        return JsonResponse({"sentence": "Say how large the file is."}, status=400)
    upload = uploads.begin(
        project=project,
        folder=filenames.clean_folder(request.POST.get("folder", "")),
        name=request.POST.get("name", ""),
        size=size,
        replace=bool(request.POST.get("replace")),
        by=request.user,
    )
    address = reverse("upload", args=[workspace, project_id, upload.name])
    return JsonResponse(
        {"address": address, "offset": 0, "piece": settings.HEXLITE_UPLOAD_CHUNK_BYTES, "path": upload.path}, status=201
    )


@require_http_methods(["GET", "PUT", "POST", "DELETE"])
@in_words
def upload(request: HttpRequest, workspace: str, project_id: str, name: str) -> HttpResponse:
    """GET: `offset`, where to go on. PUT `?offset=`: a piece, as it is. POST: all is there, make it a file. DELETE."""
    project = load(request.user, workspace, project_id, Action.MANAGE_FILES)
    found = uploads.find(project=project, name=name, by=request.user)
    match request.method:
        case "GET":
            return JsonResponse({"offset": uploads.offset(project=project, upload=found), "size": found.size})
        case "PUT":
            at = whole_number(request.GET.get("offset"), largest=LARGEST_KEY)
            if at is None:
                return JsonResponse({"sentence": "Say at which byte this piece begins."}, status=400)
            return JsonResponse(
                {"offset": uploads.append(project=project, upload=found, at=at, content=_pieces(request))}
            )
        case "POST":
            path = uploads.finish(project=project, upload=found, by=request.user)
            return JsonResponse({"sentence": f"Uploaded “{path.name}”.", "path": str(path)})
    uploads.cancel(project=project, upload=found)
    return HttpResponse(status=204)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body, some at a time."""
    while some := request.read(READ_AT_ONCE):
        yield some
