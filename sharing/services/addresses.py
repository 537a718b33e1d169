"""Whose an e-mail address is. An address that nobody proved is a word on somebody's profile: nothing is found by it.

Proof is a mail that was answered by the person who is signed in to the account, or a sign-in service that says
“verified”. A link that somebody else was shown proves nothing (specs/security; docs/sign-in.md).
"""

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse

from projects.addresses import canonical
from projects.models import ProvedAddress, User
from sharing import mail

SALT = "sharing.addresses"
GOOD_SECONDS = 24 * 3600
Way = ProvedAddress.Way


class AddressTaken(Exception):
    """Another account has proved this address."""

    def __init__(self) -> None:
        super().__init__("Another account has this e-mail address. Sign in with that one, or ask an administrator.")


class LinkOver(Exception):
    """The link is too old, was changed on its way, or is another account's or another address's."""

    def __init__(self) -> None:
        super().__init__("This link has run out, or is for another account. Sign in, and ask for a new one.")


def account_of(address: str) -> User | None:
    """The account that has proved this address, however it is written; it may be closed."""
    row = ProvedAddress.objects.select_related("person").filter(address=canonical(address)).first()
    return row.person if row and row.person.proved_email else None


def claimants(address: str) -> list[User]:
    """Accounts that say they have this address, proved or not. For what a password or an administrator decides."""
    wanted = canonical(address)
    if not wanted:
        return []
    # Rows keep addresses as they were typed: the database narrows, the rule decides.
    found = User.objects.filter(email__iexact=address.strip()) | User.objects.filter(email__iexact=wanted)
    return [person for person in found if canonical(person.email) == wanted]


def prove(*, person: User, way: str) -> None:
    """Write that the account's address is its person's. Raises Taken."""
    address = canonical(person.email)
    holder = account_of(address)
    if holder is not None and holder != person:
        raise AddressTaken()
    try:
        with transaction.atomic():
            ProvedAddress.objects.filter(address=address).exclude(person=person).delete()  # Of an address given up.
            row, _ = ProvedAddress.objects.update_or_create(person=person, defaults={"address": address, "way": way})
    except IntegrityError:  # In the same moment, in another window.
        raise AddressTaken() from None
    person.proved_address = row


def ask(*, person: User) -> None:
    """Send a link to the account's address."""
    address = canonical(person.email)
    if not address:
        return
    token = signing.dumps([person.pk, address], salt=SALT)
    link = settings.ORIGIN + reverse("address-proved", args=[token])
    with transaction.atomic():
        mail.send(to=[address], about="address", words={"link": link, "person": person})


def check_link(*, token: str, person: User) -> None:
    """That the link was sent to this account's present address. Raises LinkOver.

    Whoever opens it must be signed in to the account: else somebody who got such a mail out of the blue, and only wants
    to see what it is about, would prove the own address for another's account.
    """
    try:
        identity, address = signing.loads(token, salt=SALT, max_age=GOOD_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkOver() from None
    if identity != person.pk or address != canonical(person.email):
        raise LinkOver()
