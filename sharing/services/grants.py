"""Grants: giving people and groups a level on a project, and taking it away.

The rules are those of specs/permissions: nobody gives more than they have; only Full Access touches Full Access;
editors share unless the project says no; and a project never loses its last person with Full Access.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction
from django.dispatch import Signal

from projects.levels import Level
from projects.models import Project, ProjectGroupGrant, ProjectUserGrant, User
from projects.permissions import Action, NotEnough, check, people_with
from projects.services import access, audit
from projects.services.access import Principal

# Sent on commit with `project` and `user_ids`, the people whose access may be another one now: the runtime looks
# again at their open windows.
access_changed = Signal()


class LastOwner(Exception):
    """Somebody would take Full Access from the only one who has it."""

    def __init__(self, principal: Principal) -> None:
        super().__init__(f"{principal.name} is the only one with Full Access. Give it to somebody else first.")


@dataclass(frozen=True)
class Holder:
    """A person or a group with a level on a project."""

    principal: Principal
    level: Level

    @property
    def is_group(self) -> bool:
        return isinstance(self.principal, Group)

    @property
    def name(self) -> str:
        return self.principal.name


def grant(*, project: Project, to: Principal, level: Level, by: User | None) -> None:
    """Make `level` what `to` holds by grant, up or down. `by` None is the machine's administrator at a shell.

    Raises NotEnough when `by` may not, and LastOwner.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        before = access.granted_level(project, to)
        if before == level:
            return
        _check(project, by, before, level)
        access.write_level(project=project, principal=to, level=level)
        if before is Level.FULL_ACCESS:
            _keep_an_owner(project, to)
        audit.record(project=project, by=by, action="granted", **_detail(to, before, level))
        _tell(project, to)


def revoke(*, project: Project, of: Principal, by: User | None) -> None:
    """Take away what `of` holds by grant. Raises NotEnough and LastOwner."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        before = access.granted_level(project, of)
        if before is None:
            return
        _check(project, by, before, None)
        access.write_level(project=project, principal=of, level=None)
        if before is Level.FULL_ACCESS:
            _keep_an_owner(project, of)
        audit.record(project=project, by=by, action="revoked", **_detail(of, before, None))
        _tell(project, of)


def check_may_give(project: Project, by: User, level: Level) -> None:
    """Raises NotEnough unless `by` may give `level` to somebody who has none: what an invitation asks."""
    _check(project, by, None, level)


def holders(project: Project) -> list[Holder]:
    """Everybody with a grant: the highest level first, groups before people, then by name. Two queries."""
    found: dict[Principal, set[str]] = {}
    for row in ProjectGroupGrant.objects.filter(content_object=project).select_related("group", "permission"):
        found.setdefault(row.group, set()).add(row.permission.codename)
    of_people = ProjectUserGrant.objects.filter(content_object=project)
    for row in of_people.select_related("user__proved_address", "permission"):
        found.setdefault(row.user, set()).add(row.permission.codename)
    levels = {principal: access.highest(codenames) for principal, codenames in found.items()}
    return sorted(
        (Holder(principal, level) for principal, level in levels.items() if level),
        key=lambda holder: (-holder.level.rank, not holder.is_group, holder.name.lower()),
    )


def _check(project: Project, by: User | None, before: Level | None, after: Level | None) -> None:
    if by is None:
        return
    touches_full = Level.FULL_ACCESS in (before, after)
    action = Action.GRANT_FULL if touches_full else Action.GRANT
    own = check(by, project, action)
    if not project.editors_can_share and not own.includes(Level.FULL_ACCESS):
        raise NotEnough(
            project=project,
            action=action,
            has=own,
            needs=Level.FULL_ACCESS,
            because="Only people with Full Access share this project.",
        )
    most = max((level for level in (before, after) if level), key=lambda level: level.rank)
    if not own.includes(most):
        raise NotEnough(project=project, action=action, has=own, needs=most)


def _keep_an_owner(project: Project, leaving: Principal) -> None:
    """Raises LastOwner, which takes back what was just written, unless an active person has Full Access by a grant."""
    if not people_with(project, Level.FULL_ACCESS):
        raise LastOwner(leaving)


def _detail(principal: Principal, before: Level | None, after: Level | None) -> dict[str, str | int]:
    """What the audit trail keeps; `id` because two people may have one name."""
    return {
        "id": principal.pk,
        "group" if isinstance(principal, Group) else "user": principal.name,
        "before": before.label if before else "",
        "after": after.label if after else "",
    }


def _tell(project: Project, principal: Principal) -> None:
    if isinstance(principal, Group):
        user_ids = frozenset(principal.user_set.values_list("pk", flat=True))
    else:
        user_ids = frozenset([principal.pk])
    transaction.on_commit(lambda: access_changed.send(Project, project=project, user_ids=user_ids))
