"""Problems of files as answers of HTTP: one place, one status each."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from projects.filenames import BadName, FileProblem, NoSuchFile
from projects.services.file_staging import NoRoom
from projects.services.files import FileTooLarge, NameTaken
from projects.services.uploads import BadPiece, OutOfStep

STATUS: dict[type[FileProblem], int] = {
    BadName: 400,
    NoSuchFile: 404,
    NameTaken: 409,
    OutOfStep: 409,
    BadPiece: 413,
    FileTooLarge: 413,
    NoRoom: 413,
}


def in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view's problems with files as JSON: a `sentence`; `offset` where an upload stands; `taken` when a name is."""

    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except FileProblem as problem:
            said: dict[str, Any] = {"sentence": str(problem)}
            if isinstance(problem, OutOfStep):
                said["offset"] = problem.offset
            if isinstance(problem, NameTaken):
                said["taken"] = True
            return JsonResponse(said, status=STATUS[type(problem)])

    return answer
