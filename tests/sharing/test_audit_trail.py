"""The audit trail that people with Full Access read."""

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from projects.levels import Level
from projects.models import AuditEvent
from projects.services import audit
from sharing.services import grants, trail
from tests.cast import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail_of(client, cast):
    def get(**query) -> str:
        client.force_login(cast.alice)
        answer = client.get(reverse("audit", args=[cast.workspace.slug, cast.project.pk]), query)
        table = answer.content.decode().split("<tbody>")[-1].split("</tbody>")[0]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", table)).split())

    return get


def test_it_says_who_did_what(trail_of, client, cast):
    published(cast)
    grants.grant(project=cast.project, to=cast.dave, level=Level.CAN_VIEW, by=cast.bob)
    client.force_login(cast.dave)
    client.get(cast.project.app_url)
    text = trail_of()
    assert "Bob gave Dave Can View instead of App Only" in text
    assert "Alice published version 1" in text
    assert "Dave opened the app" in text


def test_it_is_filtered_by_topic_person_and_day(trail_of, cast):
    published(cast)
    grants.grant(project=cast.project, to=cast.dave, level=Level.CAN_VIEW, by=cast.bob)
    audit.record(project=cast.project, by=None, action="downloaded", path="data.csv")
    AuditEvent.objects.filter(action="published").update(at=timezone.now() - timedelta(days=3))
    assert "published" not in trail_of(topic="access") and "gave Dave" in trail_of(topic="access")
    assert "gave Dave" not in trail_of(person=cast.alice.pk)
    assert trail_of(person="0").endswith("A stranger downloaded data.csv")
    today = timezone.localdate()
    assert "published" not in trail_of(since=today.isoformat())
    assert "published" in trail_of(until=(today - timedelta(days=2)).isoformat())
    for nonsense in ({"topic": "x"}, {"person": "'"}, {"since": "yesterday"}, {"page": "0"}):
        assert "published" in trail_of(**nonsense)


def test_only_full_access_reads_it(client, cast):
    for name, status in (("bob", 403), ("carol", 403), ("dave", 403), ("mallory", 404)):
        client.force_login(getattr(cast, name))
        assert client.get(reverse("audit", args=[cast.workspace.slug, cast.project.pk])).status_code == status


def test_another_projects_events_are_not_in_it(trail_of, cast):
    from tests.cast import make_project

    other = make_project(cast.workspace, cast.alice, title="Other")
    audit.record(project=other, by=cast.alice, action="uploaded", path="other.csv")
    assert "other.csv" not in trail_of()


def test_a_grant_from_the_shell_is_an_administrators(trail_of, cast):
    grants.grant(project=cast.project, to=cast.mallory, level=Level.APP_ONLY, by=None)
    assert "An administrator gave Mallory App Only" in trail_of()


@pytest.mark.parametrize(
    ("action", "detail", "words"),
    [
        ("granted", {"group": "Desk", "after": "Can View"}, "gave the group Desk Can View"),
        ("granted", {"workspace": "Lab", "after": "App Only"}, "gave everyone in Lab App Only"),
        ("revoked", {"user": "Bob", "before": "Can Edit"}, "took Can Edit from Bob"),
        ("asked for access", {"level": "can_view"}, "asked for Can View"),
        ("asked for access", {"level": "king"}, "asked for access"),
        ("changed embedding", {"sites": []}, "switched embedding off"),
        ("renamed", {"path": "a"}, "renamed a to (unknown)"),
        ("did something new", {"number": 3}, "did something new (number 3)"),
        ("uploaded", {"path": "{to.__class__}"}, "uploaded {to.__class__}"),
    ],
)
def test_every_event_has_words(action, detail, words):
    assert trail.words(action, detail) == words


def test_every_topic_is_of_actions_that_have_words():
    actions = set().union(*(actions for _, actions in trail.TOPICS.values()))
    assert "published" in actions and "opened" in actions
