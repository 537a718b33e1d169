"""The Share dialogue as a value: who has access and why, what `by` may change, and what each audience would receive."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.utils import timezone

from apps_runtime.services.limits import visitors as strangers
from apps_runtime.services.limits.visitors import VisitorUse
from projects.levels import Level
from projects.models import Project, User
from projects.permissions import Action, level_of, may
from sharing.models import Invitation
from sharing.services import asking, grants, people, reach
from sharing.services.reach import Reach
from sharing.services.reasons import Why, why

EXPLAINED = {
    Level.APP_ONLY: "Opens the published app. Sees no code.",
    Level.CAN_VIEW: "Also reads the notebook and its versions",
    Level.CAN_EDIT: "Also edits, runs, publishes and schedules",
    Level.FULL_ACCESS: "Also decides who has access, and may delete",
}


@dataclass(frozen=True)
class AccessRow:
    """A person, a group, or an invitation in the list. `who` is what forms call it."""

    who: str
    name: str
    detail: str
    level: Level
    changeable: bool
    person: User | None = None
    is_group: bool = False
    invitation: Invitation | None = None
    why: Why | None = None

    @property
    def menu(self) -> str:
        """An id that a menu may have."""
        return self.who.replace(":", "-")


@dataclass(frozen=True)
class WantedAccess:
    """Somebody who asked for a level; `may_give` is whether the reader may give it."""

    person: User
    who: str
    level: Level
    may_give: bool


@dataclass(frozen=True)
class Sharing:
    """Everything the dialogue shows to one reader."""

    project: Project
    rows: tuple[AccessRow, ...]
    wanted: tuple[WantedAccess, ...]
    own: Level
    may_share: bool
    may_open: bool
    may_rule: bool
    levels: tuple[tuple[Level, str], ...]
    workspace_levels: tuple[tuple[str, str], ...]
    workspace_changeable: bool
    members: int
    reach: Reach
    strangers: VisitorUse


def of(project: Project, by: User) -> Sharing:
    """What `by`, who may see who has access, is shown."""
    own = level_of(by, project) or Level.VISITOR
    may_share = may(by, project, Action.GRANT) and (project.editors_can_share or own.includes(Level.FULL_ACCESS))
    given = tuple((level, EXPLAINED[level]) for level in Level.grantable() if own.includes(level))
    workspace = Level(project.workspace_level) if project.workspace_level else None
    return Sharing(
        project=project,
        rows=(*_holders(project, own, may_share), *_invitations(project, own, may_share)),
        wanted=tuple(
            WantedAccess(person, people.who(person), level, may_share and own.includes(level))
            for person, level in asking.wanted(project)
        ),
        own=own,
        may_share=may_share,
        may_open=may(by, project, Action.CHANGE_VISIBILITY),
        may_rule=may(by, project, Action.GRANT_FULL),
        levels=given,
        workspace_levels=(
            ("", "No access"),
            *((level.value, level.label) for level in Level.grantable()[:3] if own.includes(level)),
        ),
        workspace_changeable=may_share and (workspace is None or own.includes(workspace)),
        members=people.members(project).count(),
        reach=reach.of(project),
        strangers=strangers.use_of(project, now=timezone.now()),
    )


def _holders(project: Project, own: Level, may_share: bool) -> Sequence[AccessRow]:
    holders = grants.holders(project)
    persons = [holder.principal for holder in holders if not holder.is_group]
    reasons = why(project, persons)
    rows = []
    for holder in holders:
        person = None if holder.is_group else holder.principal
        rows.append(
            AccessRow(
                who=people.who(holder.principal),
                name=holder.name,
                detail=_members(holder.principal) if holder.is_group else people.known_as(holder.principal),
                level=holder.level,
                changeable=may_share and own.includes(holder.level),
                person=person,
                is_group=holder.is_group,
                why=reasons.get(person.pk) if person else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.level.rank, row.is_group))


def _invitations(project: Project, own: Level, may_share: bool) -> list[AccessRow]:
    return [
        AccessRow(
            who=f"invitation:{invitation.pk}",
            name=invitation.email,
            detail="",
            level=invitation.level_given,
            changeable=may_share and own.includes(invitation.level_given),
            invitation=invitation,
        )
        for invitation in project.invitations.open(timezone.now()).select_related("by")
    ]


def _members(group: Group) -> str:
    """“Carol, Erin and 4 others”."""
    names = [person.name for person in group.user_set.filter(is_active=True).order_by("first_name", "username")]
    if not names:
        return "Nobody is in it"
    if len(names) <= 2:
        return " and ".join(names)
    rest = len(names) - 2
    return f"{names[0]}, {names[1]} and {rest} {'other' if rest == 1 else 'others'}"
