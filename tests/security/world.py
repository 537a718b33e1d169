"""The world in which the table is walked: one project with something behind every address, and everybody there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import PurePosixPath
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from apps_runtime.models import BlobUse, Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import sessions
from projects.levels import Level
from projects.models import Membership, Project, User, Version
from projects.services import access, files, versions
from sharing.models import Invitation, token_hash
from tests.cast import Cast, make_cast, make_project, published
from tests.files.folders import put
from tests.security.policy import Column


def chart(mark: str) -> dict[str, Any]:
    """An output that is drawn in a frame, so that it has an address of its own."""
    return {"output_type": "display_data", "data": {"text/html": f"<script>'{mark}'</script>"}, "metadata": {}}


@dataclass(frozen=True)
class World:
    """A project, another one of the same owner, and for each parameter of an address its value in either."""

    cast: Cast
    project: Project
    other: Project
    children: dict[str, Any]
    others_children: dict[str, Any]

    def words(self) -> dict[str, str]:
        """What stands in braces in the table."""
        link = Project.Visibility.LINK
        visibility = Project.Visibility.PUBLIC if self.project.visibility == link else link
        return {
            "{undo}": self.children["undo"],
            "{member}": f"user:{self.cast.dave.pk}",
            "{invitation}": f"invitation:{self.project.invitations.get().pk}",
            "{other visibility}": visibility,
        }


def make_world() -> World:
    cast = make_cast()
    shown = published(cast, outputs={"squares": [chart("mine")]})
    other = make_project(cast.workspace, cast.alice, title="Other")
    theirs = Cast(**{**cast.people, "workspace": cast.workspace, "project": other})
    others = published(theirs, outputs={"squares": [chart("theirs")]})
    return World(
        cast=cast,
        project=cast.project,
        other=other,
        children=make_children(cast, shown),
        others_children=make_children(theirs, others),
    )


def make_children(cast: Cast, shown: Any) -> dict[str, Any]:
    project = cast.project
    put(project, "data.csv")
    put(project, "gone.csv")
    put(project, ".env", b"KEY=1")
    undo = files.delete(project=project, path=PurePosixPath("gone.csv"), by=cast.alice)
    now = timezone.now()
    Invitation.objects.create(
        project=project,
        email="guest@example.net",
        level=Level.APP_ONLY,
        by=cast.alice,
        token_hash=token_hash(str(project.pk)),
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    session = sessions.open_app(version=shown.version, person=cast.alice, visitor="", values={})
    session.token = f"token-{project.pk}"[:43]
    session.save(update_fields=["token"])
    # A preview of its own, with a number that the other project does not have.
    version = versions.save_version(
        draft=cast.draft, reason=Version.Reason.NAMED, by=cast.alice, note=f"kept for {project.title}"
    )
    for _ in range(3 if project.title == "Other" else 1):
        run = runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=cast.alice)
    schedule = schedules.create(
        project=project, recurrence=Recurrence(Every.DAY, at=time(6)), time_zone="UTC", by=cast.alice
    )
    digest = BlobUse.objects.filter(project=project).values_list("blob_id", flat=True)[0]
    return {
        "number": run.number,
        "token": session.token,
        "digest": digest,
        "draft_id": cast.draft.pk,
        "cell_id": "squares",
        "schedule_id": schedule.pk,
        "undo": undo,
    }


@dataclass(frozen=True)
class Case:
    """Somebody, by a certain way, to a certain column. `prepare` returns the account, None for a stranger."""

    name: str
    column: Column
    prepare: Callable[[World], User | None]

    def __str__(self) -> str:
        return self.name


def cases() -> Iterator[Case]:
    visibilities = Project.Visibility
    yield Case("a stranger", Column.STRANGER, lambda world: None)
    yield Case("a stranger with the link", Column.LINK_HOLDER, _shown(visibilities.LINK, _stranger))
    yield Case("a stranger at a public app", Column.ANYONE, _shown(visibilities.PUBLIC, _stranger))
    yield Case("mallory", Column.NO_GRANT, lambda world: world.cast.mallory)
    yield Case("mallory with the link", Column.LINK_HOLDER, _shown(visibilities.LINK, _mallory))
    yield Case("mallory at a public app", Column.ANYONE, _shown(visibilities.PUBLIC, _mallory))
    yield Case("a member of the workspace without a grant", Column.NO_GRANT, _member)
    columns = {
        Level.APP_ONLY: Column.APP_ONLY,
        Level.CAN_VIEW: Column.VIEW,
        Level.CAN_EDIT: Column.EDIT,
        Level.FULL_ACCESS: Column.FULL,
    }
    for level, column in columns.items():
        yield Case(f"{level.label}, given", column, _given(level))
        yield Case(f"{level.label}, through a group", column, _through_group(level))
        if level is not Level.FULL_ACCESS:
            yield Case(f"{level.label}, as a member", column, _as_member(level))
        yield Case(f"{level.label}, taken away", Column.NO_GRANT, _revoked(level))
        yield Case(f"{level.label}, out of the group", Column.NO_GRANT, _left_group(level))
    yield Case("App Only in person, Can Edit through a group", Column.EDIT, _both)
    yield Case("Can Edit, left the workspace", Column.NO_GRANT, _left_workspace)
    yield Case("a closed account with Full Access", Column.STRANGER, _closed)
    yield Case("a superuser", Column.SUPERUSER, _superuser)
    yield Case("a closed superuser", Column.STRANGER, _closed_superuser)


def _stranger(world: World) -> None:
    return None


def _mallory(world: World) -> User:
    return world.cast.mallory


def _shown(visibility: Project.Visibility, who: Callable[[World], User | None]) -> Callable[[World], User | None]:
    def prepare(world: World) -> User | None:
        world.project.visibility = visibility
        world.project.save(update_fields=["visibility"])
        return who(world)

    return prepare


def _member(world: World) -> User:
    person = User.objects.create_user("erin", "erin@example.org")
    Membership.objects.create(workspace=world.cast.workspace, user=person)
    return person


def _given(level: Level) -> Callable[[World], User]:
    def prepare(world: World) -> User:
        person = _member(world)
        access.write_level(project=world.project, principal=person, level=level)
        return person

    return prepare


def _through_group(level: Level) -> Callable[[World], User]:
    def prepare(world: World) -> User:
        person, group = _member(world), Group.objects.create(name="Desk")
        person.groups.add(group)
        access.write_level(project=world.project, principal=group, level=level)
        return person

    return prepare


def _as_member(level: Level) -> Callable[[World], User]:
    def prepare(world: World) -> User:
        world.project.workspace_level = level
        world.project.save(update_fields=["workspace_level"])
        return _member(world)

    return prepare


def _revoked(level: Level) -> Callable[[World], User]:
    def prepare(world: World) -> User:
        person = _given(level)(world)
        access.write_level(project=world.project, principal=person, level=None)
        return person

    return prepare


def _left_group(level: Level) -> Callable[[World], User]:
    def prepare(world: World) -> User:
        person = _through_group(level)(world)
        person.groups.clear()
        return person

    return prepare


def _both(world: World) -> User:
    person = _through_group(Level.CAN_EDIT)(world)
    access.write_level(project=world.project, principal=person, level=Level.APP_ONLY)
    return person


def _left_workspace(world: World) -> User:
    person = _as_member(Level.CAN_EDIT)(world)
    person.memberships.all().delete()
    return person


def _closed(world: World) -> User:
    person = _given(Level.FULL_ACCESS)(world)
    person.is_active = False
    person.save()
    return person


def _superuser(world: World) -> User:
    return User.objects.create_superuser("root", "root@example.org")


def _closed_superuser(world: World) -> User:
    person = _superuser(world)
    person.is_active = False
    person.save()
    return person
