"""Going to the OpenID Connect provider, and coming back."""

import logging

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.cache import never_cache
from mozilla_django_oidc import views

from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from sharing import openid
from sharing.backends import address_of
from sharing.services.identities import NotAdmitted

logger = logging.getLogger(__name__)

NO_ANSWER = "The sign-in service does not answer as it should. Try again; if it stays so, tell an administrator."
NOT_DONE = "You were not signed in. Try again."


class Start(views.OIDCAuthenticationRequestView):
    """`/sign-in/openid/?next=…`: to the provider, with a state and a nonce that only this browser has."""

    get_settings = staticmethod(openid.provider_setting)

    def __init__(self, **options) -> None:
        super(views.OIDCAuthenticationRequestView, self).__init__(**options)

    def get(self, request: HttpRequest) -> HttpResponse:
        if not openid.is_on():
            raise Http404
        try:
            self.OIDC_OP_AUTH_ENDPOINT = openid.provider()["authorization_endpoint"]
        except openid.ProviderTrouble as trouble:
            logger.error("Signing in with OpenID Connect: %s", trouble)
            return _back(request, NO_ANSWER)
        self.OIDC_RP_CLIENT_ID = self.get_settings("OIDC_RP_CLIENT_ID")
        return super().get(request)


class Callback(views.OIDCAuthenticationCallbackView):
    """`/sign-in/openid/callback/`: back from the provider, and on to where the person wanted to go."""

    get_settings = staticmethod(openid.provider_setting)

    def get(self, request: HttpRequest) -> HttpResponse:
        if not openid.is_on():
            raise Http404
        tries.check(Try.What.SINGLE_SIGN_ON, address_of(request))
        try:
            return super().get(request)
        except NotAdmitted as refusal:
            tries.note(Try.What.SINGLE_SIGN_ON, address_of(request))
            return _back(request, str(refusal))
        except openid.ProviderTrouble as trouble:
            logger.error("Signing in with OpenID Connect: %s", trouble)
            return _back(request, NO_ANSWER)
        except SuspiciousOperation as problem:
            # An old tab, a button pressed twice, or somebody who tries: nobody is signed in, and the page says so.
            logger.warning("Signing in with OpenID Connect: %s", problem)
            tries.note(Try.What.SINGLE_SIGN_ON, address_of(request))
            return _back(request, NOT_DONE)

    def login_failure(self) -> HttpResponse:
        if error := self.request.GET.get("error"):
            logger.warning("The OpenID Connect provider refused: %.200r", error)
        tries.note(Try.What.SINGLE_SIGN_ON, address_of(self.request))
        return _back(self.request, NOT_DONE)


def _back(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect(resolve_url("sign-in"))


start, callback = never_cache(Start.as_view()), never_cache(Callback.as_view())
