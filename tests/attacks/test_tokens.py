"""A program of mallory's has a token of bob's: what ends it (specs/security)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import ApiToken
from apps_runtime.services import tokens
from apps_runtime.services.upkeep import retention
from projects.models import User
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
NEW = "heron over water"


@pytest.fixture
def program(cast: Cast) -> Client:
    _, text = ApiToken.make(person=cast.bob, name="nightly")
    return Client(headers={"Authorization": f"Bearer {text}"})


def is_in(program: Client) -> bool:
    return program.get("/api/v1/projects").status_code == 200


def test_it_ends_when_bob_changes_his_password(client, program, cast):
    assert is_in(program)
    client.force_login(cast.bob)
    assert "your API tokens end: 1." in client.get(reverse("password-change")).content.decode()
    client.post(reverse("password-change"), {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert "Your API tokens have ended." in client.get("/profile/").content.decode()
    assert not is_in(program)


def test_it_ends_when_bob_forgot_his_password(client, program, cast, mailbox):
    client.post(reverse("password-forgotten"), {"email": cast.bob.email})
    form = client.get(mailbox.link("password"), follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert not is_in(program)


@pytest.mark.parametrize("usable", ["true", "false"])
def test_it_ends_when_an_administrator_sets_or_takes_the_password(client, program, cast, usable):
    client.force_login(User.objects.create_superuser("root", "root@example.org"))
    path = reverse("admin:auth_user_password_change", args=[cast.bob.pk])
    button = "set-password" if usable == "true" else "unset-password"
    client.post(path, {"password1": NEW, "password2": NEW, "usable_password": usable, button: "1"})
    cast.bob.refresh_from_db()
    assert cast.bob.has_usable_password() == (usable == "true")
    assert not is_in(program)


def test_it_ends_when_a_command_sets_the_password(program, cast):
    cast.bob.set_password(NEW)
    cast.bob.save()
    assert not is_in(program)


def test_it_outlives_signing_in_when_the_hash_is_renewed(client, program, cast, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
    before = cast.bob.password
    client.post("/sign-in/", {"username": "bob", "password": PASSWORD})
    cast.bob.refresh_from_db()
    assert cast.bob.password != before and is_in(program)


def test_it_ends_with_the_account_and_does_not_come_back_with_it(program, cast):
    cast.bob.is_active = False
    cast.bob.save(update_fields=["is_active"])
    assert not is_in(program)
    cast.bob.is_active = True
    cast.bob.save()
    assert not is_in(program)


def test_it_ends_on_its_last_day(program, cast):
    token = cast.bob.api_tokens.get()
    assert timedelta(days=89) < token.ends_at - timezone.now() <= timedelta(days=90)
    ApiToken.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not is_in(program)


def test_bob_chooses_a_last_day_among_those_that_there_are(client, cast, settings):
    settings.HEXLITE_TOKEN_DAYS_MOST = 180
    client.force_login(cast.bob)
    for days, good in (("7", 7), ("180", 180), ("365", 90), ("x", 90), ("²", 90), ("9" * 40, 90)):
        client.post(reverse("tokens"), {"name": days, "days": days})
        left = cast.bob.api_tokens.get(name=days).ends_at - timezone.now()
        assert round(left.total_seconds() / 86400) == good
    assert "180 days" in client.get(reverse("tokens")).content.decode()


def test_the_command_keeps_to_the_longest(cast):
    call_command("create_token", "bob", "--days", "30", stdout=StringIO())
    for days in ("0", "366"):
        with pytest.raises(CommandError, match="1 to 365 days"):
            call_command("create_token", "bob", "--days", days, stdout=StringIO())


def test_bob_hears_of_the_end_a_week_before_once(client, program, cast):
    now = timezone.now()
    ApiToken.make(person=cast.bob, name="weekly", days=5)
    ApiToken.make(person=cast.carol, name="reports", days=30)
    retention.tidy(now=now)
    assert tokens.warn(now=now + timedelta(days=1)) == 0
    [message] = mail.outbox
    assert message.to == ["bob@example.org"] and "An API token of yours ends" in message.subject
    assert "“weekly”" in message.body and "nightly" not in message.body
    client.force_login(cast.bob)
    assert "Make a new one for what uses it." in client.get(reverse("tokens")).content.decode()
