"""Making accounts, and ending what could open one."""

from django.conf import settings
from django.db import transaction

from apps_runtime.services import tokens
from projects.models import Membership, User, Workspace
from sharing.services import addresses


def make(
    *,
    username: str,
    email: str,
    first_name: str = "",
    last_name: str = "",
    password: str | None,
    proved: str | None,
) -> User:
    """A new account. Raises addresses.AddressTaken; then none is made.

    `password` None: it has none, so it signs in elsewhere. `proved`: the way in which the address was proved
    (ProvedAddress.Way); None: it is only claimed, and then the account does not join the workspace that new accounts
    join (HEXLITE_SIGN_UP_WORKSPACE).
    """
    with transaction.atomic():
        person = User.objects.create_user(
            username, email, password, first_name=first_name[:150], last_name=last_name[:150]
        )
        if proved:
            addresses.prove(person=person, way=proved)
            workspace = Workspace.objects.filter(slug=settings.HEXLITE_SIGN_UP_WORKSPACE or None).first()
            if workspace is not None:
                Membership.objects.create(workspace=workspace, user=person)
    return person


def end_other_ways_in(*, person: User) -> None:
    """The password, everything that is signed in by it, and the API tokens are over."""
    with transaction.atomic():
        person.set_unusable_password()
        person.save(update_fields=["password"])
        tokens.end_all(person=person)
