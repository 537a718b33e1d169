"""Who somebody is who signed in elsewhere: an account here, found by the issuer and its name for the person."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from projects.models import User
from sharing.models import Identity, Invitation
from sharing.services import accounts


class NotAdmitted(Exception):
    """The person is who they say they are, but has no place here. The message is a sentence for them."""


def admit(*, issuer: str, claims: Mapping[str, Any]) -> User:
    """The account of the person with these claims (OpenID Connect Core, 5.1). Raises NotAdmitted.

    Known by `sub`; the first time by an e-mail address that the issuer has verified, to the one account that has it;
    else an account is made where sign-up is open to them, or an invitation waits for the address.
    """
    with transaction.atomic():
        known = Identity.objects.select_related("person").filter(issuer=issuer, subject=claims["sub"]).first()
        person = known.person if known else _first_time(claims)
        if not person.is_active:
            raise NotAdmitted("This account is closed. Ask an administrator.")
        if known is None:
            Identity.objects.create(person=person, issuer=issuer, subject=claims["sub"])
    return person


def _first_time(claims: Mapping[str, Any]) -> User:
    email = str(claims.get("email") or "").strip()
    if not email or claims.get("email_verified") not in (True, "true"):
        raise NotAdmitted(
            "Your sign-in service does not vouch for an e-mail address of yours, so your account can't be found. "
            "Ask an administrator."
        )
    matching = list(User.objects.filter(email__iexact=email)[:2])
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise NotAdmitted(f"Several accounts have the address {email}. Ask an administrator.")
    invited = Invitation.objects.open(timezone.now()).filter(email__iexact=email).exists()
    if not (invited or _may_sign_up(email)):
        raise NotAdmitted(f"No account here has the address {email}. Ask an administrator to invite you.")
    return accounts.make(
        username=_free_name(claims, email),
        email=email,
        first_name=str(claims.get("given_name") or claims.get("name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
        password=None,
    )


def _may_sign_up(email: str) -> bool:
    domains = [domain.lower().lstrip("@") for domain in settings.HEXLITE_OIDC_DOMAINS]
    return settings.HEXLITE_OIDC_SIGN_UP and (not domains or email.rpartition("@")[2].lower() in domains)


def _free_name(claims: Mapping[str, Any], email: str) -> str:
    """What the person is called elsewhere, as a name that nobody has here."""
    wanted = str(claims.get("preferred_username") or email).partition("@")[0]
    base = re.sub(r"[^\w.+-]", "", wanted)[:100] or slugify(email.partition("@")[0]) or "person"
    taken = {
        name.lower() for name in User.objects.filter(username__istartswith=base).values_list("username", flat=True)
    }
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in candidates if name.lower() not in taken)
