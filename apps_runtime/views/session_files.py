"""Handing a file to a *file* input: the body is the file, as it is."""

from collections.abc import Iterator

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from apps_runtime.models import Session
from apps_runtime.readers import AUTHOR, Reader, reader_of
from apps_runtime.services.limits import visitors
from apps_runtime.services.sessions import sessions, uploads
from apps_runtime.views.app import visitor_of
from apps_runtime.views.picking import draft_of
from projects.filenames import BadName, FileProblem
from projects.permissions import Action, load, rights_of

READ_AT_ONCE = 256 * 1024


@require_POST
def of_app(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """`?input=&name=`, and `session=` or `token=`; begins the session where there is none.

    Answers 201 with the `value` for the input and the `session` that has the file.
    """
    project = load(request.user, workspace, project_id, Action.RUN_APP)
    person, visitor = request.user if request.user.is_authenticated else None, visitor_of(request)
    session = sessions.of_window(
        project=project,
        person=person,
        visitor=visitor,
        identity=request.GET.get("session", ""),
        token=request.GET.get("token", ""),
    )
    if session is None:
        session = sessions.open_app(
            version=project.publication.version,
            person=person,
            visitor=visitor,
            values={},
            from_address="" if person else visitors.admit_new(request.META.get("REMOTE_ADDR", "")),
        )
    reader = reader_of(rights_of(request.user, project))
    return _keep(request, session, reader, stranger=None if person else request.META.get("REMOTE_ADDR", ""))


@require_POST
def of_draft(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """`?input=&name=&notebook=`: the same for the notebook page."""
    project = load(request.user, workspace, project_id, Action.RUN_NOTEBOOK)
    return _keep(request, sessions.of_draft(draft=draft_of(project, request.GET.get("notebook"))), AUTHOR)


def _keep(request: HttpRequest, session: Session, reader: Reader, *, stranger: str | None = None) -> JsonResponse:
    try:
        value = uploads.keep(
            session=session,
            input_name=request.GET.get("input", ""),
            name=request.GET.get("name", ""),
            content=_pieces(request),
            reader=reader,
            stranger=stranger,
        )
    except FileProblem as problem:
        status = 400 if isinstance(problem, BadName | uploads.NoSuchInput) else 413
        return JsonResponse({"sentence": str(problem)}, status=status)
    return JsonResponse({"value": value, "session": str(session.pk)}, status=201)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while some := request.read(READ_AT_ONCE):
        yield some
