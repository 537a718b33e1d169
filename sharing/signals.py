"""What happens when access changes: every open window on the project asks again, at once (specs/security T10).

The signals come from grants of this layer, and from Django's own tables, where an administrator takes somebody out of
a group or a workspace, or closes an account.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q

from apps_runtime.messaging import news
from apps_runtime.services import tokens
from projects.models import Membership, Project, User


def follow_access(*, project: Project, **signal: Any) -> None:
    """Each window looks for itself; it is not told whose access changed."""
    _tell([project.pk])


def follow_groups(
    *, instance: User | Group, action: str, reverse: bool, pk_set: set[int] | None, **signal: Any
) -> None:
    """People were put into groups or taken out of them, from either side."""
    if action not in {"post_add", "post_remove", "pre_clear"}:
        return
    if reverse:  # `group.user_set`: the instance is the group.
        groups: Iterable[int] = [instance.pk]
    else:
        groups = pk_set if pk_set is not None else list(instance.groups.values_list("pk", flat=True))
    _tell(Project.objects.filter(projectgroupgrant__group__in=groups).values_list("pk", flat=True))


def follow_membership(*, instance: Membership, **signal: Any) -> None:
    """Somebody left the workspace, or joined it."""
    shared = Project.objects.filter(workspace=instance.workspace_id).exclude(workspace_level="")
    _tell(shared.values_list("pk", flat=True))


def follow_account(*, instance: User, created: bool, update_fields: frozenset[str] | None, **signal: Any) -> None:
    """An account was closed, or is no administrator any more."""
    if created:
        return
    if update_fields is None or "password" in update_fields:
        follow_sign_out(instance)
    if update_fields is not None and not {"is_active", "is_superuser"} & set(update_fields):
        return
    if not instance.is_active:
        tokens.end_all(person=instance)  # Not only refused: an account that is opened again begins without.
    mine = Q(projectusergrant__user=instance) | Q(projectgroupgrant__group__in=instance.groups.all())
    mine |= Q(workspace__members=instance) & ~Q(workspace_level="")
    mine |= Q(sessions__participants__user=instance)
    _tell(Project.objects.filter(mine).values_list("pk", flat=True))


def follow_sign_out(person: User) -> None:
    """Somebody signed out, or has another password: windows that were opened with a cookie that is over close."""
    news.announce(news.person_group(person.pk), type="person.signed_out")


def _tell(projects: Iterable[Any]) -> None:
    for pk in set(projects):
        news.announce(news.project_group(pk), type="project.access")
