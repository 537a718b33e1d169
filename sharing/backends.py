"""Who somebody is: a name or an e-mail address with a password, and a break after too many wrong ones."""

from collections.abc import Mapping
from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from projects.models import User


class NameOrEmail(ModelBackend):
    """Django's own backend, which also takes the e-mail address where exactly one active account has it."""

    def authenticate(self, request, username=None, password=None, **credentials):
        return super().authenticate(request, username=account_name(username), password=password, **credentials)


class SignInLimit(AxesStandaloneBackend):
    """Refuses an account that had too many wrong passwords from this address.

    Without a request nobody is at a sign-in page: a command or a test signs in.
    """

    def authenticate(self, request, username=None, password=None, **credentials):
        if request is None:
            return None
        return super().authenticate(request, username=username, password=password, **credentials)


def account_name(typed: str | None) -> str | None:
    """The account's name for what somebody typed into “Name or e-mail”."""
    if not typed or "@" not in typed:
        return typed
    names = User.objects.filter(email__iexact=typed, is_active=True).values_list("username", flat=True)[:2]
    return names[0] if len(names) == 1 else typed


def account_tried(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """What wrong passwords are counted for: the account, however its name was typed."""
    typed = (credentials or request.POST).get("username") or ""
    return (account_name(typed) or "").lower()
