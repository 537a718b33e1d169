"""Health checks that mean something: alive, and able to serve."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and is migrated enough to read, and Redis answers. 503 with what does not."""
    problems = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM projects_workspace LIMIT 1")
    except DatabaseError:
        problems["database"] = "does not answer, or is not migrated"
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, OSError):
        problems["redis"] = "does not answer"
    return JsonResponse(
        {"status": "ok"} if not problems else {"status": "unavailable", **problems}, status=503 if problems else 200
    )
