"""What is true of every request: the policy of the page, the reader's time zone, refusals in words."""

import json
import zoneinfo
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps_runtime.messaging.not_now import NotNow
from projects.permissions import NotEnough, NotYours, SignInFirst
from projects.shapes import LARGEST_KEY, BadShape, check_clean

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self' {sockets}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors {ancestors}"
)


class ContentSecurityPolicy:
    """Sends the app page's policy (specs/faults) unless the view has set a stricter one of its own.

    A view that may be embedded sets `response.frame_ancestors` to a list of origins.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.sockets = " ".join(origin.replace("http", "ws", 1) for origin in settings.ORIGINS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        ancestors = getattr(response, "frame_ancestors", None)
        if ancestors:
            response.xframe_options_exempt = True
            response.headers.pop("X-Frame-Options", None)
        response.headers.setdefault(
            "Content-Security-Policy",
            POLICY.format(sockets=self.sockets, ancestors=" ".join(ancestors) if ancestors else "'none'"),
        )
        return response


class ReaderTimeZone:
    """Times are shown in the reader's zone: the one of the profile, else the installation's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "") or settings.TIME_ZONE
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            return self.get_response(request)


class Shapes:
    """What no page of ours sends is refused before a view sees it: text that can't be kept, numbers that no row has.

    Texts of JSON are read with `projects.shapes.read_json`, which says the same of them.
    """

    FORMS: ClassVar = ("application/x-www-form-urlencoded", "multipart/form-data")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], positional: Any, named: dict[str, Any]
    ) -> HttpResponse | None:
        if any(isinstance(value, int) and value > LARGEST_KEY for value in named.values()):
            return render(request, "404.html", status=404)
        try:
            check_clean(request.path)
            query = [] if getattr(view, "judges_its_query", False) else request.GET.lists()
            for field, texts in [*query, *self._form(request)]:
                for text in (field, *texts):
                    check_clean(text)
        except BadShape as problem:
            return _bad_shape(request, problem)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _bad_shape(request, exception) if isinstance(exception, BadShape) else None

    def _form(self, request: HttpRequest) -> Iterable[tuple[str, list[str]]]:
        """Bodies that are not forms stay unread: views take uploads piece by piece."""
        return request.POST.lists() if request.content_type in self.FORMS else ()


def _bad_shape(request: HttpRequest, problem: BadShape) -> HttpResponse:
    if "text/html" not in request.headers.get("Accept", ""):
        return JsonResponse({"sentence": str(problem)}, status=400)
    return render(request, "unreadable.html", {"sentence": str(problem)}, status=400)


class Refusals:
    """Translates refusals to HTTP in one place (specs/permissions: 404 for no access at all, 403 for not enough)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.content:
            return response
        # Browsers show their own words, or none, for an answer without a body. The answer itself stays: another one
        # would be logged a second time.
        response.content = render_to_string("405.html", request=request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case SignInFirst():
                return redirect_to_login(request.get_full_path())
            case NotYours():
                return render(request, "404.html", status=404)
            case NotEnough():
                return render(request, "403.html", {"refusal": exception}, status=403)
            case NotNow():
                return _not_now(request, exception)
        return None


def _not_now(request: HttpRequest, refusal: NotNow) -> HttpResponse:
    """Scripts show the sentence on the page they are on; a form that was sent gets a page that leads back."""
    if "text/html" not in request.headers.get("Accept", ""):
        answer: HttpResponse = JsonResponse({"sentence": refusal.sentence}, status=refusal.status)
    else:
        came_from = request.headers.get("Referer", "")
        ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
        context = {"refusal": refusal, "back": came_from if ours else ""}
        answer = render(request, "not_now.html", context, status=refusal.status)
    answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


class RefusalsOfTheApi:
    """Programs are answered in JSON whatever went wrong: an address that is none, a method that it has not."""

    SENTENCES: ClassVar = {
        404: "There is no such address. /api/v1/docs lists those that there are.",
        405: "This address does not take that method. /api/v1/docs says which it takes.",
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = not response.headers.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 or not is_page or not request.path.startswith("/api/"):
            return response
        said = self.SENTENCES.get(response.status_code, "Something went wrong here. It was written down.")
        response.content = json.dumps({"sentence": said})
        response.headers["Content-Type"] = "application/json"
        response.headers["Content-Length"] = str(len(response.content))  # CommonMiddleware has counted the page.
        return response
