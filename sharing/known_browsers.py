"""Browsers in which somebody has signed in before: guesses of others at the same address don't hold them up.

A cookie, signed, that names accounts and opens nothing (OWASP calls it a device cookie). For those accounts the break
after ten wrong passwords stays; it is only the limit of the address that does not count.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from projects.models import User

SALT = "sharing.known-browsers"
KEPT_SECONDS = 180 * 24 * 3600
MOST = 5


def name() -> str:
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"


def knows(request: HttpRequest, account: str) -> bool:
    """Whether the account with this name signed in here before."""
    keys = _keys(request)
    return bool(keys) and User.objects.filter(pk__in=keys, username__iexact=account).exists()


def remember(request: HttpRequest, response: HttpResponse, person: User) -> None:
    keys = [person.pk, *(key for key in _keys(request) if key != person.pk)][:MOST]
    response.set_cookie(
        name(),
        signing.dumps(keys, salt=SALT),
        max_age=KEPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )


def _keys(request: HttpRequest) -> list[int]:
    try:
        return signing.loads(request.COOKIES.get(name(), ""), salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return []
