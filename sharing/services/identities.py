"""Who somebody is who signed in elsewhere: an account here, found by the issuer and its name for the person."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from projects.addresses import canonical, is_of
from projects.models import ProvedAddress, User
from sharing.models import Identity, Invitation
from sharing.services import accounts, addresses


class NotAdmitted(Exception):
    """The person is who they say they are, but has no place here. The message is a sentence for them."""


def admit(*, issuer: str, claims: Mapping[str, Any]) -> User:
    """The account of the person with these claims (OpenID Connect Core, 5.1). Raises NotAdmitted.

    Known by `sub`; the first time by an e-mail address that the issuer has verified, to the account that has proved it;
    else an account is made where sign-up is open to them, or an invitation waits for the address.
    """
    with transaction.atomic():
        known = Identity.objects.select_related("person").filter(issuer=issuer, subject=claims["sub"]).first()
        person = known.person if known else _first_time(issuer, claims)
        if not person.is_active:
            raise NotAdmitted("This account is closed. Ask an administrator.")
        if known is None:
            Identity.objects.create(person=person, issuer=issuer, subject=claims["sub"])
    return person


def _first_time(issuer: str, claims: Mapping[str, Any]) -> User:
    email = canonical(str(claims.get("email") or ""))
    verified = claims.get("email_verified")
    if not email or not (verified is True or verified == "true"):
        raise NotAdmitted(
            "Your sign-in service does not vouch for an e-mail address of yours, so your account can't be found. "
            "Ask an administrator."
        )
    person = addresses.account_of(email) or _waiting_for(email)
    if person is not None:
        _link(person, issuer, email)
        return person
    invited = Invitation.objects.open(timezone.now()).filter(email=email).exists()
    if not (invited or _may_sign_up(email)):
        raise NotAdmitted(f"No account here has the address {email}. Ask an administrator to invite you.")
    return accounts.make(
        username=_free_name(claims, email),
        email=email,
        first_name=str(claims.get("given_name") or claims.get("name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
        password=None,
        proved=ProvedAddress.Way.PROVIDER,
    )


def _waiting_for(email: str) -> User | None:
    """The account that an administrator made for the person: without a password, so nobody was ever in it."""
    waiting = [
        person
        for person in addresses.claimants(email)
        if not (person.has_usable_password() or person.last_login or person.identities.exists())
    ]
    if len(waiting) > 1:
        raise NotAdmitted(f"Several accounts have the address {email}. Ask an administrator.")
    return waiting[0] if waiting else None


def _link(person: User, issuer: str, email: str) -> None:
    """From now on the account is opened there: whoever knew another way into it is out."""
    if not person.is_active:
        return
    if person.identities.filter(issuer=issuer).exists():
        # The address has gone to somebody else there; the account has not.
        raise NotAdmitted(f"The account with the address {email} is another person's there. Ask an administrator.")
    accounts.end_other_ways_in(person=person)
    addresses.prove(person=person, way=ProvedAddress.Way.PROVIDER)


def _may_sign_up(email: str) -> bool:
    domains = settings.HEXLITE_OIDC_DOMAINS
    return settings.HEXLITE_OIDC_SIGN_UP and (not domains or is_of(email, domains))


def _free_name(claims: Mapping[str, Any], email: str) -> str:
    """What the person is called elsewhere, as a name that nobody has here."""
    wanted = str(claims.get("preferred_username") or email).partition("@")[0]
    base = re.sub(r"[^\w.+-]", "", wanted)[:100] or slugify(email.partition("@")[0]) or "person"
    taken = {
        name.lower() for name in User.objects.filter(username__istartswith=base).values_list("username", flat=True)
    }
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in candidates if name.lower() not in taken)
