"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict:
    """`theme`: "light", "dark" or "" (follow the system)."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in {"light", "dark"} else "", "origin": settings.ORIGIN}
