"""Asking for more: a mail to those who can give it, at most once a day for each project."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from projects.levels import Level
from projects.models import AuditEvent, Project, User
from projects.permissions import level_of, people_with
from projects.services import audit
from sharing import mail

ACTION = "asked for access"
PER_DAY = 10


class AskedAlready(Exception):
    """The person asked not long ago; asking again would only be noise."""


def ask(*, project: Project, level: Level, by: User, now: datetime | None = None) -> list[User]:
    """Tell everybody with Full Access that `by` would like `level`. Returns whom. Raises AskedAlready."""
    day = (now or timezone.now()) - timedelta(days=1)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # Two clicks at once are one question.
        asked = AuditEvent.objects.filter(by=by, action=ACTION, at__gte=day)
        if asked.filter(project=project).exists():
            raise AskedAlready("You asked within the last day. The mail was sent; ask in person if it is urgent.")
        if asked.count() >= PER_DAY:
            raise AskedAlready(f"You asked for access {PER_DAY} times within a day. Go on tomorrow.")
        owners = people_with(project, Level.FULL_ACCESS)
        audit.record(project=project, by=by, action=ACTION, level=level.value)
        has = level_of(by, project)
        for owner in owners:
            words = {"owner": owner, "person": by, "level": level, "has": has, "project": project}
            mail.send(to=[owner.email], about="access_wanted", words=words)
    return owners


def wanted(project: Project, now: datetime | None = None) -> list[tuple[User, Level]]:
    """Who asked within two weeks and has not got it: newest first, for the Share dialogue."""
    since = (now or timezone.now()) - timedelta(days=14)
    events = project.audit_events.filter(action=ACTION, at__gte=since, by__is_active=True).select_related("by")
    found: dict[User, Level] = {}
    for event in events:
        found.setdefault(event.by, Level(event.detail["level"]))
    return [
        (person, level)
        for person, level in found.items()
        if not ((has := level_of(person, project)) and has.includes(level))
    ]
