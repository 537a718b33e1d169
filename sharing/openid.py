"""Signing in at somebody else's OpenID Connect provider (docs/sign-in.md). On when HEXLITE_OIDC_ISSUER is set.

mozilla-django-oidc speaks the protocol: state, nonce, PKCE, the provider's keys. It leaves the issuer and the audience
of a token unchecked, and knows people by their e-mail address, which may change hands; here both are put right.
"""

from typing import Any

import jwt
import requests
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from projects.models import User
from sharing.services import identities

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_SECONDS = 3600
CLOCKS_DIFFER_SECONDS = 60
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


class ProviderTrouble(Exception):
    """The provider does not answer, or not as it must. The text is for the log."""


def is_on() -> bool:
    return bool(settings.HEXLITE_OIDC_ISSUER)


def provider() -> dict[str, Any]:
    """What the provider says about itself, asked once an hour. Raises ProviderTrouble."""
    issuer = settings.HEXLITE_OIDC_ISSUER
    key = f"openid:{issuer}"
    found = cache.get(key)
    if found is not None:
        return found
    try:
        response = requests.get(issuer.rstrip("/") + WELL_KNOWN, timeout=settings.OIDC_TIMEOUT)
        response.raise_for_status()
        found = response.json()
    except (requests.RequestException, ValueError) as problem:
        raise ProviderTrouble(f"{issuer} does not describe itself: {problem}") from problem
    wanted = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in wanted):
        raise ProviderTrouble(f"{issuer} describes itself without {', '.join(wanted)}.")
    # Whoever answers here must not speak for another issuer (OpenID Connect Discovery, 4.3).
    if found.get("issuer") != issuer:
        raise ProviderTrouble(
            f"{issuer} calls itself {found.get('issuer')!r}; set HEXLITE_OIDC_ISSUER to exactly that."
        )
    cache.set(key, found, KEPT_SECONDS)
    return found


def provider_setting(name: str, *default: Any) -> Any:
    """What mozilla-django-oidc calls a setting, where the provider has told it."""
    told = {
        "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
        "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
        "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
        "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
    }
    if name in told:
        return provider()[told[name]]
    if name == "OIDC_TOKEN_USE_BASIC_AUTH":
        # What the specification assumes of a provider that does not say.
        ways = provider().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in ways
    return getattr(settings, name, *default)


class OpenIdBackend(OIDCAuthenticationBackend):
    """Who comes back from the provider, by its tokens."""

    get_settings = staticmethod(provider_setting)
    # The library's own returns closed accounts as well.
    get_user = ModelBackend.get_user

    def __init__(self) -> None:
        """Made at every request that asks for a person, so nothing is asked of the provider yet."""

    def authenticate(self, request, **credentials: Any) -> User | None:
        """Raises ProviderTrouble, identities.NotAdmitted and SuspiciousOperation."""
        if not is_on() or request is None or "nonce" not in credentials:
            return None
        try:
            super().__init__()
            return super().authenticate(request, **credentials)
        except (requests.RequestException, jwt.PyJWTError, ValueError, KeyError) as problem:
            raise ProviderTrouble(f"{type(problem).__name__}: {problem}") from problem

    def retrieve_matching_jwk(self, token: str) -> jwt.PyJWK:
        """The key that the token names; one that names none is of a provider with a single key (RFC 7517, 4.5)."""
        response = requests.get(self.OIDC_OP_JWKS_ENDPOINT, timeout=settings.OIDC_TIMEOUT)
        response.raise_for_status()
        named = jwt.get_unverified_header(token).get("kid")
        keys = [
            key
            for key in response.json()["keys"]
            if key.get("use", "sig") == "sig"
            and key.get("alg", self.OIDC_RP_SIGN_ALGO) == self.OIDC_RP_SIGN_ALGO
            and named in (None, key.get("kid"))
        ]
        if len(keys) != 1:
            raise SuspiciousOperation(f"{len(keys)} keys of the provider fit the token.")
        return jwt.PyJWK(keys[0], algorithm=self.OIDC_RP_SIGN_ALGO)

    def _verify_jws(self, payload: str, key: Any) -> dict[str, Any]:
        try:
            return jwt.decode(
                payload,
                key,
                algorithms=[self.OIDC_RP_SIGN_ALGO],
                audience=self.OIDC_RP_CLIENT_ID,
                issuer=settings.HEXLITE_OIDC_ISSUER,
                leeway=CLOCKS_DIFFER_SECONDS,
                options={"require": REQUIRED},
            )
        except jwt.PyJWTError as problem:
            raise SuspiciousOperation(f"The provider's token is not good: {problem}") from problem

    def get_or_create_user(self, access_token: str, id_token: str, payload: dict[str, Any]) -> User:
        """The person of the token. What the provider says beside it must be about the same one."""
        told = self.get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload["sub"]:
            raise ProviderTrouble("The provider answered with somebody else's details.")
        return identities.admit(issuer=payload["iss"], claims={**told, **payload})
