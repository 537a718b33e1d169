"""The API for programs, `/api/v1/`: what a person may do, a token of theirs may do; nothing else is decided here.

Every loader is `projects.permissions.load_by_id`; every refusal becomes a JSON object with a `sentence`.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer

from apps_runtime.api import projects, runs
from apps_runtime.api.refusals import ApiProblem
from apps_runtime.messaging.not_now import NotNow
from apps_runtime.models import ApiToken, Try
from apps_runtime.services.limits import tries
from projects.models import User
from projects.permissions import NotEnough, NotYours, SignInFirst
from projects.shapes import read_json


class Token(HttpBearer):
    """`Authorization: Bearer hex_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = ApiToken.find(token, timezone.now())
        if found is None:
            # The right token is never held up: nobody guesses one, and a broken program must not stop its neighbours.
            tries.spend(Try.What.TOKEN, request.META.get("REMOTE_ADDR") or "")
            return None
        request.user = found.person
        return found.person


class ApiReader(Parser):
    """Bodies are read as everywhere else."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request.body)


api = NinjaAPI(
    parser=ApiReader(),
    title="hexlite",
    version="1",
    urls_namespace="api-v1",
    description="Start runs of published apps, follow them, fetch what they made, publish.",
    auth=Token(),
)
api.add_router("/projects", projects.router, tags=["Projects"])
api.add_router("/projects", runs.router, tags=["Runs"])


@api.exception_handler(AuthenticationError)
@api.exception_handler(SignInFirst)
def no_token(request: HttpRequest, error: Exception) -> HttpResponse:
    return _say(request, 401, "Send a valid token: “Authorization: Bearer hex_…”.")


@api.exception_handler(NotYours)
@api.exception_handler(Http404)
def not_there(request: HttpRequest, error: Exception) -> HttpResponse:
    return _say(request, 404, "There is no such thing, or it is not shared with you.")


@api.exception_handler(NotEnough)
def not_enough(request: HttpRequest, error: NotEnough) -> HttpResponse:
    return _say(request, 403, error.sentence)


@api.exception_handler(ApiProblem)
def problem(request: HttpRequest, error: ApiProblem) -> HttpResponse:
    return _say(request, error.status, str(error))


@api.exception_handler(NotNow)
def not_now(request: HttpRequest, error: NotNow) -> HttpResponse:
    response = _say(request, error.status, error.sentence)
    response.headers["Retry-After"] = str(error.seconds)
    return response


@api.exception_handler(HttpError)
def no_json(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The only thing for which the library raises this itself."""
    return _say(request, error.status_code, "The body of the request can't be read: send a JSON object.")


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    place = ".".join(str(part) for part in first["loc"][2:])
    if not place:
        return _say(request, 422, "The body of the request is to be a JSON object.")
    if first["type"] == "extra_forbidden":
        return _say(request, 422, f"{place}: there is no such field.")
    return _say(request, 422, f"{place}: {first['msg']}.")


def _say(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    response = api.create_response(request, {"sentence": sentence}, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
