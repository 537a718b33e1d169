"""Why somebody can see a project: every grant that gives them a level, and what would be left without the highest.

Nothing subtracts (specs/permissions), so the answer is a list with the highest first.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import Group

from projects.levels import Level
from projects.models import AuditEvent, Membership, Project, ProjectGroupGrant, ProjectUserGrant, User
from projects.services import access


class Source(StrEnum):
    ADMINISTRATOR = "administrator"
    PERSON = "person"
    GROUP = "group"
    WORKSPACE = "workspace"
    VISIBILITY = "visibility"


@dataclass(frozen=True)
class AccessReason:
    """One thing that gives a level. `through` names the group or workspace; `by` and `at` say who gave it, if known."""

    level: Level
    source: Source
    through: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Why:
    """A person and all reasons, the highest first. `left` is what they keep without the first."""

    person: User
    reasons: tuple[AccessReason, ...]

    @property
    def level(self) -> Level | None:
        return self.reasons[0].level if self.reasons else None

    @property
    def left(self) -> Level | None:
        return self.reasons[1].level if len(self.reasons) > 1 else None


def why(project: Project, people: Iterable[User]) -> dict[int, Why]:
    """Person's id → why, for several at once: a fixed number of queries."""
    people = [person for person in people if person.is_active]
    ids = [person.pk for person in people]
    found: dict[int, list[AccessReason]] = defaultdict(list)
    given = _given(project)
    for person in people:
        if person.is_superuser:
            found[person.pk].append(AccessReason(Level.FULL_ACCESS, Source.ADMINISTRATOR))
    for pk, level in _personal(project, ids).items():
        by, at = given.get(("user", pk), ("", None))
        found[pk].append(AccessReason(level, Source.PERSON, by=by, at=at))
    for pk, group, level in _through_groups(project, ids):
        by, at = given.get(("group", group.pk), ("", None))
        found[pk].append(AccessReason(level, Source.GROUP, through=group.name, by=by, at=at))
    if project.workspace_level:
        members = Membership.objects.filter(workspace=project.workspace_id, user__in=ids)
        for pk in members.values_list("user", flat=True):
            found[pk].append(
                AccessReason(Level(project.workspace_level), Source.WORKSPACE, through=project.workspace.name)
            )
    if project.visibility != Project.Visibility.WORKSPACE and hasattr(project, "publication"):
        for pk in ids:
            found[pk].append(AccessReason(Level.VISITOR, Source.VISIBILITY, through=project.get_visibility_display()))
    return {
        person.pk: Why(person, tuple(sorted(found[person.pk], key=lambda reason: -reason.level.rank)))
        for person in people
    }


def _personal(project: Project, ids: list[int]) -> dict[int, Level]:
    codenames: dict[int, set[str]] = defaultdict(set)
    rows = ProjectUserGrant.objects.filter(content_object=project, user__in=ids)
    for pk, codename in rows.values_list("user", "permission__codename"):
        codenames[pk].add(codename)
    return {pk: level for pk, held in codenames.items() if (level := access.highest(held))}


def _through_groups(project: Project, ids: list[int]) -> list[tuple[int, Group, Level]]:
    codenames: dict[Group, set[str]] = defaultdict(set)
    rows = ProjectGroupGrant.objects.filter(content_object=project).select_related("group", "permission")
    for row in rows:
        codenames[row.group].add(row.permission.codename)
    levels = {group.pk: (group, access.highest(held)) for group, held in codenames.items()}
    members = User.groups.through.objects.filter(group__in=levels, user__in=ids).values_list("user_id", "group_id")
    return [(user, levels[group][0], levels[group][1]) for user, group in members if levels[group][1]]


def _given(project: Project) -> dict[tuple[str, int], tuple[str, datetime]]:
    """("user" or "group", id) → who gave it last, and when. Of the newest few hundred grants."""
    found: dict[tuple[str, int], tuple[str, datetime]] = {}
    events = AuditEvent.objects.filter(project=project, action="granted").select_related("by")[:500]
    for event in events:
        kind = "group" if "group" in event.detail else "user"
        if isinstance(event.detail.get("id"), int):
            found.setdefault((kind, event.detail["id"]), (event.by.name if event.by else "an administrator", event.at))
    return found
