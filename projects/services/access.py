"""Levels as rows in the tables of grants.

A level is held as the permissions of every level it includes, so that one row answers "at least App Only?". Who may
change a level, and whom to tell, is said in `sharing.services.grants`; creating a project needs the rows before that.
Guardian writes and answers; only lists that say each holder's level read its rows, as it would ask once a person.
"""

from django.contrib.auth.models import Group
from django.db import transaction
from guardian.shortcuts import assign_perm, get_group_perms, get_user_perms, remove_perm

from projects.levels import Level
from projects.models import Project, User

Principal = User | Group


def write_level(*, project: Project, principal: Principal, level: Level | None) -> None:
    """Make `level` exactly what the person or group holds on the project by grant; None takes everything away."""
    held = [other for other in Level.grantable() if level and level.includes(other)]
    with transaction.atomic():
        present = _held(project, principal)
        for codename in present - {other.permission for other in held}:
            remove_perm(codename, principal, project)
        for other in held:
            if other.permission not in present:
                assign_perm(other.permission, principal, project)


def granted_level(project: Project, principal: Principal) -> Level | None:
    """What the person or group holds by a grant of its own; groups of a person do not count here."""
    return highest(_held(project, principal))


def highest(codenames: set[str]) -> Level | None:
    """The highest level among permissions."""
    return max(
        (level for level in Level.grantable() if level.permission in codenames),
        key=lambda level: level.rank,
        default=None,
    )


def _held(project: Project, principal: Principal) -> set[str]:
    """The permissions that a person or group has by itself; a person's groups do not count."""
    perms = get_group_perms if isinstance(principal, Group) else get_user_perms
    return set(perms(principal, project))
