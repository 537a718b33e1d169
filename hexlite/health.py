"""Health checks that mean something: alive, able to serve, and able to play."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps_runtime.messaging import machines


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and is migrated enough to read, and Redis answers. 503 with what does not.

    `?parts=all`, for those who watch: also whether anybody plays what is asked for (a worker with a kernel host, and
    beat). This web process can serve without them, so a balancer must not ask.
    """
    problems = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM projects_workspace LIMIT 1")
    except DatabaseError:
        problems["database"] = "does not answer, or is not migrated"
    try:
        machines.broker().ping()
        if request.GET.get("parts") == "all":
            problems |= machines.missing(now=timezone.now())
    except (redis.RedisError, OSError):
        problems["redis"] = "does not answer"
    return JsonResponse(
        {"status": "ok"} if not problems else {"status": "unavailable", **problems}, status=503 if problems else 200
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, which sends HEXLITE_METRICS_TOKEN. For everybody else, and without that setting, no such page."""
    token = settings.HEXLITE_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not constant_time_compare(given, token):
        raise Http404
    from hexlite import metrics  # Most installations don't need it, and start sooner without.

    return HttpResponse(metrics.text(), content_type="text/plain; version=1.0.0; charset=utf-8")
