"""Who somebody is: a name or an e-mail address with a password, and a break after too many wrong ones."""

from collections.abc import Mapping
from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from apps_runtime.services.limits.visitors import network_of
from sharing.services import addresses


class NameOrEmail(ModelBackend):
    """Django's own backend, which also takes the e-mail address."""

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
    """The account's name for what somebody typed into “Name or e-mail”.

    Whoever has proved the address comes first. One that is only claimed will do where one active account claims it, as
    the password is what lets in.
    """
    if not typed or "@" not in typed:
        return typed
    proved = addresses.account_of(typed)
    if proved is not None:
        return proved.username
    claiming = [person for person in addresses.claimants(typed) if person.is_active]
    return claiming[0].username if len(claiming) == 1 else typed


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; of IPv6 the network (`AXES_CLIENT_IP_CALLABLE`). A proxy in front is uvicorn's to
    undo: it believes those it is told of."""
    address = network_of(request.META.get("REMOTE_ADDR") or "")
    return address.partition("/")[0]


def account_tried(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """What wrong passwords are counted for: the account, however its name was typed."""
    typed = (credentials or request.POST).get("username") or ""
    return (account_name(typed) or "").lower()
