"""Inviting somebody by e-mail: a link that works once, for some days, and gives one level on one project."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from projects.addresses import canonical
from projects.levels import Level
from projects.models import AuditEvent, Project, User
from projects.permissions import NotEnough
from projects.services import access, audit
from sharing import mail
from sharing.models import Invitation, invitation_path, new_token, token_hash
from sharing.services import accounts, addresses, grants


class InvitationOver(Exception):
    """The link was used, has run out, was taken back, or never was one: the same answer for all."""

    def __init__(self) -> None:
        super().__init__("This invitation was used, taken back, or has run out. Ask whoever sent it for a new one.")


class TooManyInvitations(Exception):
    """Somebody sent as many invitations as a day has."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You sent {most} invitations within a day; that is the most now. Go on tomorrow.")


@dataclass(frozen=True)
class Opened:
    """An invitation, and whether it was opened by the link in the mail, so by who reads mails to its address."""

    invitation: Invitation
    was_mailed: bool

    @property
    def has_account(self) -> bool:
        """Whether that address has an account already. Nobody else is told."""
        return self.was_mailed and addresses.account_of(self.invitation.email) is not None


@dataclass(frozen=True)
class Sent:
    """An invitation and the link for whoever invites to hand on, which is not the one in the mail. It can't be had
    again: only its hash is kept."""

    invitation: Invitation
    link: str


def invite(*, project: Project, email: str, level: Level, by: User, now: datetime | None = None) -> Sent:
    """Send a link to `email`, or a new one, which ends those before. Raises NotEnough, TooManyInvitations, NotNow."""
    now = now or timezone.now()
    email = canonical(email)
    shown, mailed = new_token(), new_token()
    with transaction.atomic():
        grants.check_may_give(project, by, level)
        present = Invitation.objects.filter(project=project, email=email).first()
        if present:
            grants.check_may_give(project, by, present.level_given)
        _count(by, now)
        tries.spend(Try.What.MAILBOX, email)
        invitation, _ = Invitation.objects.update_or_create(
            project=project,
            email=email,
            defaults={
                "level": level,
                "by": by,
                "token_hash": token_hash(shown),
                "mailed_hash": token_hash(mailed),
                "created_at": now,
                "expires_at": now + timedelta(days=settings.HEXLITE_INVITATION_DAYS),
            },
        )
        audit.record(project=project, by=by, action="invited", email=email, after=level.label)
        link = settings.ORIGIN + invitation_path(mailed)
        mail.send(to=[email], about="invitation", words={"invitation": invitation, "link": link})
    return Sent(invitation, settings.ORIGIN + invitation_path(shown))


def change_level(*, invitation: Invitation, level: Level, by: User) -> None:
    """Raises NotEnough. The link stays the same."""
    grants.check_may_give(invitation.project, by, invitation.level_given)
    grants.check_may_give(invitation.project, by, level)
    invitation.level, invitation.by = level, by
    with transaction.atomic():
        invitation.save(update_fields=["level", "by"])
        audit.record(project=invitation.project, by=by, action="invited", email=invitation.email, after=level.label)


def take_back(*, invitation: Invitation, by: User) -> None:
    """The link answers "over" from now on. Raises NotEnough."""
    grants.check_may_give(invitation.project, by, invitation.level_given)
    with transaction.atomic():
        audit.record(project=invitation.project, by=by, action="took back an invitation", email=invitation.email)
        invitation.delete()


def find(*, token: str, now: datetime | None = None) -> Opened:
    """The open invitation of a link. Raises InvitationOver."""
    digest = token_hash(token)
    found = (
        Invitation.objects.open(now or timezone.now())
        .select_related("project__workspace", "by")
        .filter(Q(token_hash=digest) | Q(mailed_hash=digest), project__trashing=None)
        .first()
    )
    if found is None:
        raise InvitationOver()
    return Opened(found, was_mailed=found.mailed_hash == digest)


def accept(*, opened: Opened, person: User) -> Project:
    """Give the level, once, to whoever opened the link. Raises InvitationOver, also when whoever invited may not give
    that level any more."""
    invitation = opened.invitation
    with transaction.atomic():
        locked = Invitation.objects.select_for_update().select_related("by", "project").filter(pk=invitation.pk).first()
        if locked is None:
            raise InvitationOver()
        present = access.granted_level(locked.project, person)
        try:
            if present is None or not present.includes(locked.level_given):
                grants.grant(project=locked.project, to=person, level=locked.level_given, by=locked.by)
        except NotEnough:
            raise InvitationOver() from None
        audit.record(project=locked.project, by=person, action="accepted an invitation", email=locked.email)
        locked.delete()
        if opened.was_mailed and canonical(person.email) == invitation.email and not opened.has_account:
            addresses.prove(person=person, way=addresses.Way.MAIL)
    return invitation.project


def _count(by: User, now: datetime) -> None:
    """Of the audit trail, which remembers invitations that were accepted or taken back as well. While all together send
    very many, everybody may send a tenth."""
    sent = AuditEvent.objects.filter(action="invited", at__gte=now - timedelta(days=1))
    most, all_together = settings.HEXLITE_INVITATIONS_PER_DAY, settings.HEXLITE_INVITATIONS_ALL
    if all_together and sent.count() >= all_together:
        most = max(most // 10, 1)
    if sent.filter(by=by).count() >= most:
        raise TooManyInvitations(most)


def join(*, opened: Opened, username: str, full_name: str, password: str) -> User:
    """Make the account of somebody who was invited, and accept for them.

    Raises InvitationOver, and `addresses.AddressTaken` where the address has an account; then none is made.
    """
    first, _, last = full_name.strip().partition(" ")
    with transaction.atomic():
        person = accounts.make(
            username=username,
            email=opened.invitation.email,
            first_name=first,
            last_name=last.strip(),
            password=password,
            proved=addresses.Way.MAIL if opened.was_mailed else None,
        )
        accept(opened=opened, person=person)
    return person
