"""Handing a project over: the new owner has Full Access, and its schedules go on."""

from django.db import transaction

from apps_runtime.models import Schedule
from projects.levels import Level
from projects.models import Project, User
from projects.permissions import Action, check, may
from projects.services import audit
from sharing.services import grants


class NoOwner(Exception):
    """The person can't own a project."""


def transfer(*, project: Project, to: User, left: Level | None, by: User) -> None:
    """Make `to` the owner. The one before keeps `left` by grant, None: nothing.

    Schedules of the owner before go on in the name of the new one, if he may not run them any more. Raises NotEnough,
    and NoOwner for a closed account.
    """
    if not to.is_active:
        raise NoOwner(f"The account of {to.name} is closed. Choose somebody who can sign in.")
    with transaction.atomic():
        project = Project.objects.select_for_update().select_related("created_by", "workspace").get(pk=project.pk)
        check(by, project, Action.GRANT_FULL)
        before = project.created_by
        grants.grant(project=project, to=to, level=Level.FULL_ACCESS, by=by)
        if before == to:
            return
        if left is None:
            grants.revoke(project=project, of=before, by=by)
        else:
            grants.grant(project=project, to=before, level=left, by=by)
        project.created_by = to
        project.save(update_fields=["created_by"])
        if not may(before, project, Action.MANAGE_SCHEDULES):
            Schedule.objects.filter(project=project, created_by=before).update(created_by=to)
        audit.record(project=project, by=by, action="transferred the project", before=before.name, after=to.name)
