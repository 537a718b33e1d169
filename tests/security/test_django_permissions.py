"""Whoever extends hexlite asks Django as usual: `user.has_perm("projects.…", project)` is right for everybody."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from guardian.shortcuts import get_objects_for_user, get_perms, get_users_with_perms

from projects.levels import Level
from projects.models import Project, User
from projects.services import access
from tests.cast import make_cast, published

pytestmark = pytest.mark.django_db
LEVELS = Level.grantable()


@pytest.fixture
def cast():
    return make_cast()


def answers(user: User, project: Project) -> list[bool]:
    return [user.has_perm(f"projects.{level.permission}", project) for level in LEVELS]


def up_to(level: Level) -> list[bool]:
    return [level.includes(other) for other in LEVELS]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("alice", Level.FULL_ACCESS),
        ("bob", Level.CAN_EDIT),
        ("carol", Level.CAN_VIEW),
        ("dave", Level.APP_ONLY),
    ],
)
def test_a_person_has_the_permissions_of_their_level_and_of_those_below(cast, name, level):
    person = User.objects.get(username=name)
    assert answers(person, cast.project) == up_to(level)
    assert set(get_perms(person, cast.project)) == {other.permission for other in LEVELS if level.includes(other)}
    assert cast.project in get_objects_for_user(person, "projects.app_only", accept_global_perms=False)
    assert person in get_users_with_perms(cast.project, only_with_perms_in=[level.permission])


def test_mallory_has_none(cast):
    mallory = User.objects.get(username="mallory")
    assert answers(mallory, cast.project) == [False] * 4 and not get_perms(mallory, cast.project)
    assert cast.project not in get_objects_for_user(mallory, "projects.app_only", accept_global_perms=False)


@pytest.mark.parametrize("level", LEVELS)
def test_a_group_gives_its_level_to_its_members_until_they_leave(cast, level):
    group = Group.objects.create(name="Sailors")
    access.write_level(project=cast.project, principal=group, level=level)
    mallory = User.objects.get(username="mallory")
    mallory.groups.add(group)
    assert answers(User.objects.get(pk=mallory.pk), cast.project) == up_to(level)
    mallory.groups.clear()
    assert answers(User.objects.get(pk=mallory.pk), cast.project) == [False] * 4


@pytest.mark.parametrize("level", LEVELS[:3])
def test_the_workspace_gives_its_level_to_members(cast, level):
    mallory = User.objects.get(username="mallory")
    cast.project.workspace_level = level.value
    cast.project.save()
    assert answers(mallory, cast.project) == [False] * 4
    cast.project.workspace.memberships.create(user=mallory)
    assert answers(User.objects.get(pk=mallory.pk), cast.project) == up_to(level)


def test_visibility_gives_the_app_and_no_level(cast):
    published(cast)
    Project.objects.filter(pk=cast.project.pk).update(visibility=Project.Visibility.PUBLIC)
    project = Project.objects.get(pk=cast.project.pk)
    for person in (User.objects.get(username="mallory"), AnonymousUser()):
        assert person.has_perm("projects.visit_app", project)
        assert answers(person, project) == [False] * 4


def test_a_superuser_has_all_and_an_inactive_one_none(cast):
    root = User.objects.create_superuser("root")
    assert answers(root, cast.project) == [True] * 4
    User.objects.filter(username__in=["root", "alice"]).update(is_active=False)
    for name in ("root", "alice"):
        assert answers(User.objects.get(username=name), cast.project) == [False] * 4


def test_a_permission_on_the_model_gives_nothing_on_a_project(cast):
    from django.contrib.auth.models import Permission

    mallory = User.objects.get(username="mallory")
    mallory.user_permissions.add(*Permission.objects.filter(content_type__app_label="projects"))
    assert answers(User.objects.get(pk=mallory.pk), cast.project) == [False] * 4
