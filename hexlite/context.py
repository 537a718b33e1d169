"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest

from apps_runtime.messaging import queue


def page(request: HttpRequest) -> dict:
    """`theme`: "light", "dark" or "" (follow the system). `queue_away`: asked by those templates that show it."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "origin": settings.ORIGIN,
        "queue_away": queue.is_away,
    }
