"""Making accounts."""

from django.conf import settings
from django.db import transaction

from projects.models import Membership, User, Workspace


def make(*, username: str, email: str, first_name: str = "", last_name: str = "", password: str | None) -> User:
    """A new account, in the workspace that new accounts join (HEXLITE_SIGN_UP_WORKSPACE). None: no password, so it
    signs in elsewhere."""
    with transaction.atomic():
        person = User.objects.create_user(
            username, email, password, first_name=first_name[:150], last_name=last_name[:150]
        )
        workspace = Workspace.objects.filter(slug=settings.HEXLITE_SIGN_UP_WORKSPACE or None).first()
        if workspace is not None:
            Membership.objects.create(workspace=workspace, user=person)
    return person
