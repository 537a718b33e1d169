"""Levels as rows in the tables of grants.

A level is held as the permissions of every level it includes, so that one row answers "at least App Only?". Who may
change a level, and whom to tell, is said in `sharing.services.grants`; creating a project needs the rows before that.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from projects.levels import Level
from projects.models import Project, ProjectGroupGrant, ProjectUserGrant, User

Principal = User | Group


def write_level(*, project: Project, principal: Principal, level: Level | None) -> None:
    """Make `level` exactly what the person or group holds on the project by grant; None takes everything away."""
    held = [other for other in Level.grantable() if level and level.includes(other)]
    permissions = Permission.objects.filter(
        content_type__app_label="projects", codename__in=[other.permission for other in held]
    )
    with transaction.atomic():
        grants = grants_of(project, principal)
        grants.exclude(permission__in=permissions).delete()
        present = set(grants.values_list("permission_id", flat=True))
        grants.model.objects.bulk_create(
            grants.model(content_object=project, permission=permission, **_whose(principal))
            for permission in permissions
            if permission.pk not in present
        )


def granted_level(project: Project, principal: Principal) -> Level | None:
    """What the person or group holds by a grant of its own; groups of a person do not count here."""
    codenames = set(grants_of(project, principal).values_list("permission__codename", flat=True))
    return highest(codenames)


def highest(codenames: set[str]) -> Level | None:
    """The highest level among permissions."""
    return max(
        (level for level in Level.grantable() if level.permission in codenames),
        key=lambda level: level.rank,
        default=None,
    )


def grants_of(project: Project, principal: Principal):
    """The rows of one person or group on one project, as a QuerySet."""
    model = ProjectGroupGrant if isinstance(principal, Group) else ProjectUserGrant
    return model.objects.filter(content_object=project, **_whose(principal))


def _whose(principal: Principal) -> dict[str, Principal]:
    return {"group": principal} if isinstance(principal, Group) else {"user": principal}
