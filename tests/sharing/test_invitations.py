"""Accepting an invitation: once, in time, and only while whoever invited may still give it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from projects.levels import Level
from projects.models import User
from projects.permissions import level_of
from projects.services import access, projects
from sharing.models import Invitation
from sharing.services import invitations
from tests.cast import published

pytestmark = pytest.mark.django_db

FORM = {"full_name": "Frank Ferry", "username": "frank", "password": "a-long-enough-secret"}


@pytest.fixture
def token(cast, mailbox) -> str:
    """Of the link in the mail."""
    with mailbox:
        invitations.invite(project=cast.project, email="Frank@Ferries.example", level=Level.CAN_VIEW, by=cast.bob)
    return mailbox.link("invitation").rstrip("/").rsplit("/", 1)[1]


def address(token: str) -> str:
    return reverse("invitation", args=[token])


def test_frank_makes_an_account_and_reads_the_notebook(client, cast, token):
    page = client.get(address(token))
    assert "Bob shares “Squares” with you" in page.content.decode()
    assert (page.headers["Referrer-Policy"], page.headers["X-Robots-Tag"]) == ("same-origin", "noindex")
    answer = client.post(address(token), FORM)
    assert (answer.status_code, answer.url) == (302, cast.project.get_absolute_url())
    frank = User.objects.get(username="frank")
    assert (frank.email, frank.name) == ("frank@ferries.example", "Frank Ferry")
    assert level_of(frank, cast.project) is Level.CAN_VIEW
    assert client.get("/profile/").status_code == 200  # Signed in.
    assert not frank.workspaces.exists()  # The project was shared, not the workspace.
    assert cast.project.audit_events.filter(action="accepted an invitation", by=frank).exists()


def test_the_link_works_once(client, token):
    client.post(address(token), FORM)
    client.logout()
    again = client.post(address(token), FORM | {"username": "other"})
    assert again.status_code == 404
    assert not User.objects.filter(username="other").exists()


def test_every_link_that_does_not_work_answers_the_same(client, cast, token):
    used = client.get(address("x" * 43))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    late = client.get(address(token))
    assert used.status_code == late.status_code == 404
    assert used.content == late.content


def test_a_project_in_the_trash_invites_nobody(client, cast, token):
    projects.trash(project=cast.project, by=cast.alice)
    assert client.get(address(token)).status_code == 404


def test_somebody_with_an_account_accepts_with_it(client, cast, token):
    client.force_login(cast.mallory)
    assert "Accept as Mallory" in client.get(address(token)).content.decode()
    assert level_of(cast.mallory, cast.project) is None
    client.post(address(token))
    assert level_of(cast.mallory, cast.project) is Level.CAN_VIEW


def test_accepting_never_lowers_what_one_has(client, cast, token):
    client.force_login(cast.alice)
    client.post(address(token))
    assert level_of(cast.alice, cast.project) is Level.FULL_ACCESS


def test_looking_accepts_nothing(client, cast, token):
    client.force_login(cast.mallory)
    client.get(address(token)), client.head(address(token))
    assert level_of(cast.mallory, cast.project) is None


@pytest.mark.parametrize("level", [Level.APP_ONLY, None])
def test_whoever_invited_must_still_be_able_to_give_it(client, cast, token, level):
    access.write_level(project=cast.project, principal=cast.bob, level=level)
    answer = client.post(address(token), FORM)
    assert answer.status_code == 404
    assert not User.objects.filter(username="frank").exists()
    assert Invitation.objects.exists()  # Bob may be given his level back.


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"username": "Alice"}, "This name is taken."),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "frank@ferries.example"}, "too similar"),
        ({"username": "a b<script>"}, "Enter a valid username"),
        ({"full_name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_with_the_form_is_said_at_its_field(client, token, form, complaint):
    answer = client.post(address(token), FORM | form)
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert Invitation.objects.exists()


def test_an_app_only_guest_lands_on_the_app(client, cast):
    published(cast)
    sent = invitations.invite(project=cast.project, email="g@x.example", level=Level.APP_ONLY, by=cast.bob)
    answer = client.post(sent.link.removeprefix("http://localhost:8000"), FORM)
    assert answer.url == cast.project.app_url


def test_a_new_link_ends_the_one_before(client, cast, token):
    invitations.invite(project=cast.project, email="frank@ferries.example", level=Level.CAN_VIEW, by=cast.bob)
    assert client.get(address(token)).status_code == 404
    assert Invitation.objects.count() == 1
