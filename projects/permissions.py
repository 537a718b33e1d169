"""Who may do what: the only table of actions, and the only loader (specs/permissions).

HTTP, sockets, tasks, commands and templates all ask here. `load` finds a project and authorises in one call:
a person without any access gets the same answer as for a project that does not exist.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import get_group_perms, get_objects_for_user, get_user_perms, get_users_with_perms

from projects.levels import Level
from projects.models import Project, User
from projects.models.projects import ProjectQuerySet

Person: TypeAlias = User | AnonymousUser


class Refusal(Exception):
    """Somebody may not do something."""


class NotYours(Refusal):
    """There is no such thing, or it is not shared with this person: the same answer for both."""


class SignInFirst(Refusal):
    """A stranger asks for what might exist; the same answer whether it does or not."""


class NotEnough(Refusal):
    """The person has some access to the project, but this takes a higher level."""

    def __init__(self, *, project: Project, action: "Action", has: Level, needs: Level, because: str = "") -> None:
        self.project, self.action, self.has, self.needs = project, action, has, needs
        self.sentence = because or f"Your level is {has.label}. {ACTIONS[action].name} takes {needs.label}."
        super().__init__(self.sentence)

    @property
    def may_open_app(self) -> bool:
        return hasattr(self.project, "publication")

    @property
    def can_be_given(self) -> bool:
        """Whether a higher level is what is missing, rather than a choice of the app's authors."""
        return self.needs in Level.grantable() and not self.has.includes(self.needs) and bool(self.who_can_give_it)

    @property
    def who_can_give_it(self) -> list[User]:
        return people_with(self.project, Level.FULL_ACCESS)


class Action(StrEnum):
    OPEN_APP = "open_app"
    RUN_APP = "run_app"
    SHARE_SESSION = "share_session"
    JOIN_SESSION = "join_session"
    DOWNLOAD_DATA = "download_data"
    DOWNLOAD_SOURCE = "download_source"
    VIEW_NOTEBOOK = "view_notebook"
    VIEW_VERSIONS = "view_versions"
    VIEW_TRACEBACK = "view_traceback"
    VIEW_GRAPH = "view_graph"
    VIEW_RUNS = "view_runs"
    VIEW_FILES = "view_files"
    EXPORT = "export"
    DUPLICATE = "duplicate"
    EDIT = "edit"
    RUN_NOTEBOOK = "run_notebook"
    MANAGE_FILES = "manage_files"
    PUBLISH = "publish"
    REVERT = "revert"
    MANAGE_SCHEDULES = "manage_schedules"
    VIEW_ACCESS = "view_access"
    GRANT = "grant"
    GRANT_FULL = "grant_full"
    RENAME = "rename"
    CHANGE_VISIBILITY = "change_visibility"
    DELETE_APP = "delete_app"
    DELETE_PROJECT = "delete_project"
    VIEW_AUDIT = "view_audit"


@dataclass(frozen=True)
class Rule:
    """`name` as a person would say it; the least `level`; whether the app must be there and must allow running."""

    name: str
    level: Level
    if_viewers_run: bool = False


ACTIONS: dict[Action, Rule] = {
    Action.OPEN_APP: Rule("Opening the app", Level.VISITOR),
    Action.RUN_APP: Rule("Running the app", Level.VISITOR, if_viewers_run=True),
    Action.SHARE_SESSION: Rule("Sharing a session", Level.APP_ONLY, if_viewers_run=True),
    Action.JOIN_SESSION: Rule("Joining a session", Level.VISITOR),
    Action.DOWNLOAD_DATA: Rule("Downloading a file", Level.VISITOR),
    Action.DOWNLOAD_SOURCE: Rule("Downloading this kind of file", Level.CAN_VIEW),
    Action.VIEW_NOTEBOOK: Rule("Reading the notebook", Level.CAN_VIEW),
    Action.VIEW_VERSIONS: Rule("Reading the versions", Level.CAN_VIEW),
    Action.VIEW_TRACEBACK: Rule("Reading the traceback", Level.CAN_VIEW),
    Action.VIEW_GRAPH: Rule("Reading the dependency graph", Level.CAN_VIEW),
    Action.VIEW_RUNS: Rule("Reading the run log", Level.CAN_VIEW),
    Action.VIEW_FILES: Rule("Looking through the files", Level.CAN_VIEW),
    Action.EXPORT: Rule("Exporting the notebook", Level.CAN_VIEW),
    Action.DUPLICATE: Rule("Duplicating the project", Level.CAN_VIEW),
    Action.EDIT: Rule("Editing", Level.CAN_EDIT),
    Action.RUN_NOTEBOOK: Rule("Running the notebook", Level.CAN_EDIT),
    Action.MANAGE_FILES: Rule("Changing files", Level.CAN_EDIT),
    Action.PUBLISH: Rule("Publishing", Level.CAN_EDIT),
    Action.REVERT: Rule("Reverting", Level.CAN_EDIT),
    Action.MANAGE_SCHEDULES: Rule("Changing schedules", Level.CAN_EDIT),
    Action.VIEW_ACCESS: Rule("Seeing who has access", Level.CAN_EDIT),
    Action.GRANT: Rule("Sharing", Level.CAN_EDIT),
    Action.GRANT_FULL: Rule("Giving Full Access", Level.FULL_ACCESS),
    Action.RENAME: Rule("Renaming", Level.FULL_ACCESS),
    Action.CHANGE_VISIBILITY: Rule("Changing who may see the app", Level.FULL_ACCESS),
    Action.DELETE_APP: Rule("Deleting the app", Level.FULL_ACCESS),
    Action.DELETE_PROJECT: Rule("Deleting the project", Level.FULL_ACCESS),
    Action.VIEW_AUDIT: Rule("Reading the audit trail", Level.FULL_ACCESS),
}


def load(user: Person, workspace_slug: str, project_id: UUID | str, action: Action) -> Project:
    """The project, if it exists under this workspace and `user` may do `action` with it.

    Raises SignInFirst, NotYours or NotEnough.
    """
    project = _with_publication(Project.objects.kept()).filter(pk=project_id, workspace__slug=workspace_slug).first()
    return _authorise(user, project, action)


def load_trashed(user: Person, workspace_slug: str, project_id: UUID | str, action: Action) -> Project:
    """As `load`, for a project in the trash."""
    trashed = Project.objects.trashed().select_related("workspace", "trashing")
    return _authorise(user, trashed.filter(pk=project_id, workspace__slug=workspace_slug).first(), action)


def load_by_id(user: Person, project_id: UUID | str, action: Action) -> Project:
    """As `load`, where the address carries no workspace (sockets, downloads)."""
    project = _with_publication(Project.objects.kept()).filter(pk=project_id).first()
    return _authorise(user, project, action)


def check(user: Person, project: Project, action: Action) -> Level:
    """The person's level if it is enough for `action`; else raises, like `load`."""
    return _require(user, project, level_of(user, project), action)


def _require(user: Person, project: Project, level: Level | None, action: Action) -> Level:
    rule, needs = ACTIONS[action], needed_level(action)
    if level is None:
        raise NotYours() if user.is_authenticated else SignInFirst()
    if level is Level.VISITOR and not user.is_authenticated and needs is not Level.VISITOR:
        raise SignInFirst()
    if not level.includes(needs):
        raise NotEnough(project=project, action=action, has=level, needs=needs)
    if rule.if_viewers_run and not level.includes(Level.CAN_EDIT) and (reason := _why_not_run(user, project)):
        raise NotEnough(project=project, action=action, has=level, needs=Level.CAN_EDIT, because=reason)
    return level


def needed_level(action: Action) -> Level:
    """The least level for `action`: the table's, or what an administrator made of it (specs/permissions, note 13)."""
    if action is Action.CHANGE_VISIBILITY and settings.HEXLITE_EDITORS_MAY_CHANGE_VISIBILITY:
        return Level.CAN_EDIT
    return ACTIONS[action].level


def may(user: Person, project: Project, action: Action) -> bool:
    """The same rule as `check`, for templates."""
    return rights_of(user, project).may(action)


@dataclass(frozen=True)
class Rights:
    """What somebody may do with a project, asked of the rows once: for a page that depends on several answers."""

    user: Person
    project: Project
    level: Level | None

    def may(self, action: Action) -> bool:
        try:
            _require(self.user, self.project, self.level, action)
        except Refusal:
            return False
        return True


def rights_of(user: Person, project: Project) -> Rights:
    return Rights(user, project, level_of(user, project))


def level_of(user: Person, project: Project) -> Level | None:
    """The effective level: the highest of personal and group grants, the workspace's, and the app's visibility."""
    levels = granted_levels(user, project)
    if _visible_to_visitors(project):
        levels.add(Level.VISITOR)
    return max(levels, key=lambda level: level.rank, default=None)


def granted_levels(user: Person, project: Project) -> set[Level]:
    """Levels from grants and the workspace; superusers have Full Access, inactive people nothing."""
    if not user.is_authenticated or not user.is_active:
        return set()
    if user.is_superuser:
        return {Level.FULL_ACCESS}
    # guardian's get_perms, in one query instead of two.
    held = set(get_user_perms(user, project).order_by().union(get_group_perms(user, project).order_by()))
    levels = {level for level in Level.grantable() if level.permission in held}
    if project.workspace_level and user.memberships.filter(workspace=project.workspace_id).exists():
        levels.add(Level(project.workspace_level))
    return levels


def people_with(project: Project, level: Level) -> list[User]:
    """Active people who hold `level` or more by a grant, a group's grant or the workspace, by name. One query."""
    holders = get_users_with_perms(project, only_with_perms_in=[level.permission], with_superusers=False)
    holds = Q(pk__in=holders.values("pk"))
    if project.workspace_level and Level(project.workspace_level).includes(level):
        holds |= Q(memberships__workspace=project.workspace_id)
    return list(User.objects.filter(holds, is_active=True).distinct().order_by("first_name", "username"))


def projects_of(user: User, level: Level = Level.APP_ONLY, among: ProjectQuerySet | None = None) -> ProjectQuerySet:
    """Projects on which the person has `level` or more by a grant or the workspace; without `among`, not the trash."""
    among = Project.objects.kept() if among is None else among
    if user.is_superuser:
        return among
    granted = get_objects_for_user(user, level.permission, klass=Project, accept_global_perms=False)
    enough = [other.value for other in Level.grantable() if other.includes(level)]
    shared = Project.objects.filter(workspace_level__in=enough, workspace__members=user)
    return among.filter(pk__in=granted.values("pk").union(shared.values("pk")))


def levels_of(user: User, projects: Iterable[Project]) -> dict[UUID, Level]:
    """`granted_levels` of many projects at once, the highest of each: three queries however many there are."""
    projects = {project.pk: project for project in projects}
    if user.is_superuser:
        return dict.fromkeys(projects, Level.FULL_ACCESS)
    checker = ObjectPermissionChecker(user)
    checker.prefetch_perms(list(projects.values()))
    member_of = set(user.memberships.values_list("workspace_id", flat=True))
    by_codename = {level.permission: level for level in Level.grantable()}
    held = [
        (project.pk, by_codename[codename])
        for project in projects.values()
        for codename in checker.get_perms(project)
        if codename in by_codename
    ]
    held += [
        (project.pk, Level(project.workspace_level))
        for project in projects.values()
        if project.workspace_level and project.workspace_id in member_of
    ]
    return dict(sorted(held, key=lambda pair: pair[1].rank))


class VisibilityBackend:
    """Answers `user.has_perm("projects.…", project)` for what does not come from a grant: workspace and visibility."""

    def authenticate(self, request, **credentials):
        return None

    def has_perm(self, user_obj: Person, perm: str, obj: object = None) -> bool:
        if not isinstance(obj, Project):
            return False
        level = level_of(user_obj, obj)
        codename = perm.removeprefix("projects.")
        return any(codename == other.permission and level.includes(other) for other in Level) if level else False


def _with_publication(projects: ProjectQuerySet) -> ProjectQuerySet:
    """With what pages and rules ask for; of the version not its text, because `Version.notebook` keeps what it says."""
    return projects.select_related("workspace", "publication__version").defer("publication__version__document")


def _authorise(user: Person, project: Project | None, action: Action) -> Project:
    if project is None:
        raise NotYours() if user.is_authenticated else SignInFirst()
    check(user, project, action)
    return project


def _visible_to_visitors(project: Project) -> bool:
    return project.visibility != Project.Visibility.WORKSPACE and hasattr(project, "publication")


def _why_not_run(user: Person, project: Project) -> str:
    """Why a viewer may not run this app, or nothing."""
    publication = getattr(project, "publication", None)
    if publication is None:
        return "The app is not published."
    if not publication.version.notebook.settings.viewers_run:
        return "The authors of this app let viewers look, not run."
    if not user.is_authenticated and not settings.HEXLITE_ALLOW_ANONYMOUS_RUN:
        return "Running this app takes an account."
    return ""
