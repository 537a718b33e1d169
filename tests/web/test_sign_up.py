"""Making an account oneself, where the installation lets everybody."""

import re

import pytest
from django.core import mail, signing
from django.core.cache import cache
from django.urls import reverse

from projects.models import User
from sharing.services import sign_up

pytestmark = pytest.mark.django_db

FIELDS = {"full_name": "Erin Ebb", "username": "erin", "password": "a-long-enough-secret"}


@pytest.fixture(autouse=True)
def open_to_everybody(settings):
    settings.HEXLITE_SIGN_UP = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ask(client, django_capture_on_commit_callbacks):
    def ask(email: str, **more):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(reverse("sign-up"), {"email": email}, **more)

    return ask


def link() -> str:
    return re.search(r"/sign-up/\S+/", mail.outbox[-1].body)[0]


def test_it_is_off_by_default(client, settings):
    settings.HEXLITE_SIGN_UP = False
    assert client.get(reverse("sign-up")).status_code == 404
    assert client.get(reverse("sign-up-confirm", args=["x"])).status_code == 404
    assert "Make one" not in client.get(reverse("sign-in")).content.decode()


def test_erin_makes_an_account(client, ask, cast, settings):
    settings.HEXLITE_SIGN_UP_WORKSPACE = "harbour-lab"
    assert "Make one" in client.get(reverse("sign-in")).content.decode()
    assert "on its way to erin@harbour.example" in ask("erin@harbour.example").content.decode()
    assert not User.objects.filter(username="erin").exists()
    page = client.get(link()).content.decode()
    assert "erin@harbour.example" in page
    answer = client.post(link(), FIELDS)
    assert answer["Location"] == "/"
    erin = User.objects.get(username="erin")
    assert (erin.email, erin.get_full_name(), erin.check_password(FIELDS["password"])) == (
        "erin@harbour.example",
        "Erin Ebb",
        True,
    )
    assert list(erin.workspaces.all()) == [cast.workspace]
    assert client.session["_auth_user_id"] == str(erin.pk)


def test_a_link_works_once_for_a_day_and_for_its_own_address(client, ask, monkeypatch):
    ask("erin@harbour.example")
    client.post(link(), FIELDS)
    for token in (link().split("/")[2], signing.dumps("x@y.example", salt="another"), "nonsense"):
        answer = client.get(reverse("sign-up-confirm", args=[token]))
        assert answer.status_code == 404 and "This link is over" in answer.content.decode()
    token = signing.dumps("x@y.example", salt=sign_up.SALT)
    monkeypatch.setattr(sign_up, "GOOD_SECONDS", -1)
    assert client.get(reverse("sign-up-confirm", args=[token])).status_code == 404


def test_nobody_learns_who_has_an_account(ask, cast):
    def said(email: str) -> str:
        page = ask(email).content.decode().replace(email, "")
        return re.sub(r'name="csrf-token" content="\w+"', "", page)

    known = said("Alice@example.org")
    told = mail.outbox[-1]
    assert "There is one already" in told.body and "/sign-up/" not in told.body
    assert known == said("nobody@example.org")


def test_only_some_domains(ask, settings):
    settings.HEXLITE_SIGN_UP_DOMAINS = ["harbour.example"]
    assert "Use an e-mail address that ends in @harbour.example." in ask("x@evil.example").content.decode()
    assert "on its way" in ask("x@harbour.example").content.decode()
    assert [message.to for message in mail.outbox] == [["x@harbour.example"]]


def test_nobody_is_flooded_with_mails(ask):
    for _ in range(8):
        assert "on its way" in ask("erin@harbour.example").content.decode()
    assert len(mail.outbox) == 5
    answers = [ask(f"x{number}@harbour.example", REMOTE_ADDR="203.0.113.9") for number in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert "Try again in 60 minutes." in answers[-1].json()["sentence"] and len(mail.outbox) == 15


@pytest.mark.parametrize("wrong", [{"password": "short"}, {"username": "Alice"}, {"username": ""}, {"full_name": ""}])
def test_what_is_wrong_is_said_and_nothing_is_lost(client, ask, cast, wrong):
    ask("erin@harbour.example")
    page = client.post(link(), FIELDS | wrong).content.decode()
    assert 'class="error"' in page and User.objects.count() == 5
    assert "Erin Ebb" in page or "full_name" in wrong


def test_an_address_that_is_none_is_said(ask):
    assert "Enter a valid email address." in ask("nonsense").content.decode()
    assert not mail.outbox
