"""Making an account oneself, where the installation lets everybody (HEXLITE_SIGN_UP): an address, proved by a mail."""

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from apps_runtime.messaging.not_now import NotNow
from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from projects.addresses import canonical, is_of
from projects.models import User
from sharing import mail
from sharing.services import accounts, addresses

SALT = "sharing.sign-up"
GOOD_SECONDS = 24 * 3600


class SignUpOver(Exception):
    """The link is too old, was changed on its way, or was used."""

    def __init__(self) -> None:
        super().__init__("This link has run out or was used. Ask for a new one on the sign-up page.")


class NotHere(Exception):
    """Sign-up is not open to this e-mail address."""


def ask(*, email: str, address: str) -> None:
    """Send a link to `email`; whoever has an account with it is told so there, so that the page tells nobody.

    Raises NotHere, and NotNow for a network address that asks too often. What would be too many to one mailbox is left
    out in silence, for the same reason.
    """
    email, domains = canonical(email), settings.HEXLITE_SIGN_UP_DOMAINS
    if domains and not is_of(email, domains):
        named = " or ".join(f"@{domain.lower().lstrip('@')}" for domain in domains)
        raise NotHere(f"Use an e-mail address that ends in {named}.")
    tries.spend(Try.What.MAIL, address)
    try:
        tries.spend(Try.What.MAILBOX, email)
    except NotNow:
        return
    known = addresses.account_of(email) is not None
    link = settings.ORIGIN + reverse("sign-up-confirm", args=[signing.dumps(email, salt=SALT)])
    with transaction.atomic():
        mail.send(to=[email], about="sign_up_known" if known else "sign_up", words={"link": link})


def address_of(token: str) -> str:
    """The e-mail address that a link proves. Raises SignUpOver."""
    try:
        email = signing.loads(token, salt=SALT, max_age=GOOD_SECONDS)
    except signing.BadSignature:
        raise SignUpOver() from None
    if addresses.account_of(email) is not None:
        raise SignUpOver()
    return email


def confirm(*, token: str, username: str, full_name: str, password: str) -> User:
    """The account. Raises SignUpOver."""
    first, _, last = full_name.strip().partition(" ")
    email = address_of(token)
    try:
        return accounts.make(
            username=username,
            email=email,
            first_name=first,
            last_name=last.strip(),
            password=password,
            proved=addresses.Way.MAIL,
        )
    except addresses.AddressTaken:
        raise SignUpOver() from None
