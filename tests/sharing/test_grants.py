"""Giving and taking away levels (specs/permissions)."""

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import get_user_perms

from projects.levels import Level
from projects.models import ProjectUserGrant, User
from projects.permissions import NotEnough, NotYours, level_of, people_with
from projects.services import access
from sharing.services import grants
from sharing.services.grants import LastOwner, access_changed


@pytest.fixture
def told(django_capture_on_commit_callbacks):
    """What `access_changed` said: (project, ids of people)."""
    heard = []

    def listen(sender, project, user_ids, **more):
        heard.append((project, user_ids))

    access_changed.connect(listen)
    yield heard
    access_changed.disconnect(listen)


def test_alice_lets_mallory_use_the_app(cast):
    grants.grant(project=cast.project, to=cast.mallory, level=Level.APP_ONLY, by=cast.alice)
    assert level_of(cast.mallory, cast.project) is Level.APP_ONLY


@pytest.mark.parametrize("level", Level.grantable())
def test_a_level_is_held_with_every_level_below_it(cast, level):
    grants.grant(project=cast.project, to=cast.mallory, level=level, by=cast.alice)
    codenames = set(get_user_perms(cast.mallory, cast.project))
    assert codenames == {other.permission for other in Level.grantable() if level.includes(other)}


def test_a_lower_level_takes_the_higher_one_away(cast):
    grants.grant(project=cast.project, to=cast.bob, level=Level.APP_ONLY, by=cast.alice)
    assert level_of(cast.bob, cast.project) is Level.APP_ONLY
    assert ProjectUserGrant.objects.filter(user=cast.bob).count() == 1


def test_carol_loses_access(cast):
    grants.revoke(project=cast.project, of=cast.carol, by=cast.bob)
    assert level_of(cast.carol, cast.project) is None


def test_taking_away_what_was_never_given_changes_nothing(cast, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        grants.revoke(project=cast.project, of=cast.mallory, by=cast.alice)
    assert told == []
    assert not cast.project.audit_events.exists()


# (who, has now or None, shall have or None, may)
RULES = [
    ("alice", None, Level.FULL_ACCESS, True),
    ("alice", Level.FULL_ACCESS, Level.CAN_VIEW, True),
    ("bob", None, Level.CAN_EDIT, True),
    ("bob", Level.CAN_EDIT, None, True),
    ("bob", None, Level.FULL_ACCESS, False),
    ("bob", Level.FULL_ACCESS, Level.CAN_VIEW, False),
    ("bob", Level.FULL_ACCESS, None, False),
    ("carol", None, Level.APP_ONLY, False),
    ("dave", None, Level.APP_ONLY, False),
]


@pytest.mark.parametrize(("who", "before", "after", "may"), RULES)
def test_nobody_gives_or_takes_more_than_their_own_level(cast, who, before, after, may):
    access.write_level(project=cast.project, principal=cast.mallory, level=before)
    by = cast.people[who]

    def change():
        if after is None:
            grants.revoke(project=cast.project, of=cast.mallory, by=by)
        else:
            grants.grant(project=cast.project, to=cast.mallory, level=after, by=by)

    if may:
        change()
    else:
        with pytest.raises(NotEnough):
            change()
    assert access.granted_level(cast.project, cast.mallory) is (after if may else before)


def test_a_stranger_is_told_there_is_no_such_project(cast):
    with pytest.raises(NotYours):
        grants.grant(project=cast.project, to=cast.mallory, level=Level.APP_ONLY, by=cast.mallory)


def test_editors_do_not_share_when_the_project_says_so(cast):
    cast.project.editors_can_share = False
    cast.project.save()
    with pytest.raises(NotEnough, match="Only people with Full Access share"):
        grants.grant(project=cast.project, to=cast.mallory, level=Level.APP_ONLY, by=cast.bob)
    grants.grant(project=cast.project, to=cast.mallory, level=Level.APP_ONLY, by=cast.alice)


def test_the_last_person_with_full_access_stays(cast):
    with pytest.raises(LastOwner, match="Alice is the only one with Full Access"):
        grants.revoke(project=cast.project, of=cast.alice, by=cast.alice)
    with pytest.raises(LastOwner):
        grants.grant(project=cast.project, to=cast.alice, level=Level.CAN_EDIT, by=cast.alice)
    assert level_of(cast.alice, cast.project) is Level.FULL_ACCESS


def test_an_inactive_owner_does_not_count(cast):
    grants.grant(project=cast.project, to=cast.bob, level=Level.FULL_ACCESS, by=cast.alice)
    cast.bob.is_active = False
    cast.bob.save()
    with pytest.raises(LastOwner):
        grants.revoke(project=cast.project, of=cast.alice, by=cast.alice)


def test_a_group_of_owners_lets_alice_go(cast):
    group = Group.objects.create(name="Oceanographers")
    grants.grant(project=cast.project, to=group, level=Level.FULL_ACCESS, by=cast.alice)
    with pytest.raises(LastOwner):  # Nobody is in it.
        grants.revoke(project=cast.project, of=cast.alice, by=cast.alice)
    group.user_set.add(cast.carol)
    grants.revoke(project=cast.project, of=cast.alice, by=cast.alice)
    assert level_of(cast.alice, cast.project) is None
    assert level_of(cast.carol, cast.project) is Level.FULL_ACCESS


def test_leaving_a_group_ends_what_it_gave(cast):
    group = Group.objects.create(name="Oceanographers")
    group.user_set.add(cast.mallory)
    grants.grant(project=cast.project, to=group, level=Level.CAN_VIEW, by=cast.alice)
    assert level_of(cast.mallory, cast.project) is Level.CAN_VIEW
    group.user_set.clear()
    assert level_of(cast.mallory, cast.project) is None


def test_open_windows_hear_of_it_on_commit(cast, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        grants.grant(project=cast.project, to=cast.carol, level=Level.APP_ONLY, by=cast.alice)
        assert told == []
    assert told == [(cast.project, frozenset([cast.carol.pk]))]


def test_every_member_of_a_group_is_named(cast, told, django_capture_on_commit_callbacks):
    group = Group.objects.create(name="Oceanographers")
    group.user_set.set([cast.carol, cast.dave])
    with django_capture_on_commit_callbacks(execute=True):
        grants.grant(project=cast.project, to=group, level=Level.CAN_VIEW, by=cast.alice)
    assert told == [(cast.project, frozenset([cast.carol.pk, cast.dave.pk]))]


def test_the_audit_trail_says_who_gave_what(cast):
    grants.grant(project=cast.project, to=cast.carol, level=Level.CAN_EDIT, by=cast.alice)
    event = cast.project.audit_events.get()
    assert (event.by, event.action) == (cast.alice, "granted")
    assert event.detail == {"id": cast.carol.pk, "user": "Carol", "before": "Can View", "after": "Can Edit"}


def test_an_administrator_at_the_shell_may_do_anything(cast):
    grants.grant(project=cast.project, to=cast.mallory, level=Level.FULL_ACCESS, by=None)
    assert level_of(cast.mallory, cast.project) is Level.FULL_ACCESS


def test_holders_are_listed_highest_first_in_two_queries(cast, django_assert_num_queries):
    group = Group.objects.create(name="Oceanographers")
    grants.grant(project=cast.project, to=group, level=Level.CAN_EDIT, by=cast.alice)
    with django_assert_num_queries(2):
        listed = [(holder.name, holder.level.label) for holder in grants.holders(cast.project)]
    assert listed == [
        ("Alice", "Full Access"),
        ("Oceanographers", "Can Edit"),
        ("Bob", "Can Edit"),
        ("Carol", "Can View"),
        ("Dave", "App Only"),
    ]


def test_people_with_a_level_are_those_who_have_it_by_any_way(cast):
    owners, desk = Group.objects.create(name="Owners"), Group.objects.create(name="Desk")
    cast.mallory.groups.add(owners)
    cast.dave.groups.add(owners, desk)
    access.write_level(project=cast.project, principal=owners, level=Level.FULL_ACCESS)
    access.write_level(project=cast.project, principal=desk, level=Level.CAN_VIEW)
    assert people_with(cast.project, Level.FULL_ACCESS) == [cast.alice, cast.dave, cast.mallory]
    access.write_level(project=cast.project, principal=owners, level=None)
    assert people_with(cast.project, Level.FULL_ACCESS) == [cast.alice]
    assert people_with(cast.project, Level.CAN_VIEW) == [cast.alice, cast.bob, cast.carol, cast.dave]


def test_people_with_a_level_are_members_where_the_workspace_has_it(cast):
    erin = User.objects.create_user("erin", "erin@example.org", first_name="Erin")
    gone = User.objects.create_user("gone", "gone@example.org", is_active=False)
    for person in (erin, gone):
        cast.workspace.memberships.create(user=person)
    cast.project.workspace_level = Level.CAN_VIEW
    assert people_with(cast.project, Level.CAN_VIEW) == [cast.alice, cast.bob, cast.carol, cast.dave, erin]
    assert people_with(cast.project, Level.CAN_EDIT) == [cast.alice, cast.bob]
