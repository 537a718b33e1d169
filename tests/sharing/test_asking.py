"""Asking for more, from the page that refuses; and the page that tells nothing."""

import html
import uuid

import pytest
from django.core import mail
from django.urls import reverse

from projects.levels import Level
from projects.models import Project
from projects.services import access
from tests.cast import published

pytestmark = pytest.mark.django_db


def ask(client, cast, level="can_view", **headers):
    return client.post(
        reverse("ask-access", args=[cast.workspace.slug, cast.project.pk]), {"level": level}, headers=headers
    )


def test_dave_is_told_in_words_and_offered_to_ask(client, cast):
    published(cast)
    client.force_login(cast.dave)
    answer = client.get(cast.project.get_absolute_url())
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 403
    assert "Your level is App Only. Reading the notebook takes Can View." in page
    assert "Alice can give it." in page
    assert "Ask for Can View" in page
    assert "Open the app" in page


def test_alice_gets_a_mail_and_sees_it_in_the_dialogue(client, cast, django_capture_on_commit_callbacks):
    client.force_login(cast.dave)
    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(client, cast, **{"X-Fragment": "stream"})
    assert "Alice got a mail." in answer.content.decode()
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["alice@example.org"], "Dave asks for Can View on “Squares”")
    assert f"{cast.project.get_absolute_url()}share/" in letter.body
    client.force_login(cast.alice)
    share = reverse("share", args=[cast.workspace.slug, cast.project.pk])
    assert "asks for Can View" in client.get(share).content.decode()
    access.write_level(project=cast.project, principal=cast.dave, level=Level.CAN_VIEW)
    assert "asks for Can View" not in client.get(share).content.decode()


def test_asking_again_within_a_day_sends_nothing(client, cast, django_capture_on_commit_callbacks):
    client.force_login(cast.dave)
    with django_capture_on_commit_callbacks(execute=True):
        assert ask(client, cast).status_code == 200
        assert ask(client, cast).status_code == 429
    assert len(mail.outbox) == 1


def test_who_has_it_need_not_ask(client, cast, django_capture_on_commit_callbacks):
    client.force_login(cast.bob)
    with django_capture_on_commit_callbacks(execute=True):
        assert "You have Can View already" in ask(client, cast).content.decode()
    assert not mail.outbox


def test_mallory_can_not_ask_about_what_is_not_hers_to_know(client, cast):
    client.force_login(cast.mallory)
    there = ask(client, cast)
    missing = client.post(reverse("ask-access", args=[cast.workspace.slug, uuid.uuid4()]), {"level": "can_view"})
    assert there.status_code == missing.status_code == 404
    assert there.content == missing.content


def test_a_visitor_of_a_public_app_does_not_write_mails_to_its_owners(client, cast):
    published(cast)
    cast.project.visibility = Project.Visibility.PUBLIC
    cast.project.save()
    client.force_login(cast.mallory)
    assert ask(client, cast).status_code == 404
    assert not mail.outbox


PAGES = ["notebook", "app", "files", "share", "audit", "versions", "file", "app-picture"]


@pytest.mark.parametrize("page", PAGES)
def test_missing_and_not_yours_are_the_same_bytes(client, cast, page):
    published(cast)
    client.force_login(cast.mallory)
    slugs = [cast.workspace.slug, cast.workspace.slug, "no-such-workspace"]
    identities = [cast.project.pk, uuid.uuid4(), cast.project.pk]
    answers = [client.get(reverse(page, args=[slug, pk])) for slug, pk in zip(slugs, identities, strict=True)]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.content for answer in answers}) == 1
    headers = [{name: value for name, value in answer.headers.items() if name != "X-Request-ID"} for answer in answers]
    assert headers[0] == headers[1] == headers[2]
    assert not any(answer.cookies for answer in answers)
    assert answers[0].content == client.get("/no/such/address/at-all").content


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_sign_in_either_way(client, cast, page):
    for pk in (cast.project.pk, uuid.uuid4()):
        answer = client.get(reverse(page, args=[cast.workspace.slug, pk]))
        assert answer.status_code == 302
        assert answer.url.startswith("/sign-in/?next=/")
