"""mallory guesses: one password for every account, from one address or from many, and nobody else is shut out."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import ApiToken, Try
from apps_runtime.services.limits import visitors
from apps_runtime.services.upkeep import retention
from projects.levels import Level
from projects.models import User
from sharing.services import invitations
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
HERE = "198.51.100.7"


def sign_in(name: str, password: str = PASSWORD, *, address: str = HERE, client: Client | None = None) -> int:
    return (
        (client or Client())
        .post("/sign-in/", {"username": name, "password": password}, REMOTE_ADDR=address)
        .status_code
    )


@pytest.fixture
def sixteen(cast: Cast) -> list[str]:
    """Accounts that mallory knows by name."""
    names = [f"person{number}" for number in range(16)]
    User.objects.bulk_create(User(username=name, password="!") for name in names)
    return names


def test_one_password_for_sixteen_accounts_is_stopped(sixteen):
    answers = [sign_in(name, "Summer2026!") for name in sixteen]
    assert answers == [200] * 15 + [429]


def test_the_right_password_is_no_longer_told_from_a_wrong_one(sixteen):
    for name in sixteen:
        sign_in(name, "Summer2026!")
    assert sign_in("alice") == sign_in("alice", "wrong") == 429


def test_the_refusal_says_when_to_try_again(sixteen):
    for name in sixteen:
        sign_in(name, "Summer2026!")
    answer = Client().post("/sign-in/", {"username": "alice"}, REMOTE_ADDR=HERE)
    assert answer.json()["sentence"] == ("Too many tries went wrong at your network address. Try again in 15 minutes.")
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    Try.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert sign_in("alice") == 302


def test_a_right_password_of_ones_own_does_not_take_the_wrong_ones_back(sixteen):
    for name in sixteen[:14]:
        sign_in(name, "Summer2026!")
    assert sign_in("mallory") == 302
    sign_in(sixteen[14], "Summer2026!")
    assert sign_in(sixteen[15], "Summer2026!") == 429


def test_a_browser_in_which_alice_signed_in_before_is_not_held_up(sixteen):
    hers = Client()
    assert sign_in("alice", client=hers) == 302
    hers.post("/sign-out/")
    for name in sixteen:
        sign_in(name, "Summer2026!")
    assert sign_in("alice", client=Client()) == 429
    assert sign_in("bob", client=hers) == 429, "for her account alone"
    assert sign_in("alice", client=hers) == 302
    mallorys = Client()
    mallorys.cookies["known"] = hers.cookies["known"].value[:-2] + "xx"
    assert sign_in("alice", client=mallorys) == 429


def test_ten_wrong_passwords_for_one_account_are_a_break_in_a_known_browser_too(cast):
    hers = Client()
    sign_in("alice", client=hers)
    hers.post("/sign-out/")
    for _ in range(10):
        sign_in("alice", "wrong", client=hers)
    assert sign_in("alice", client=hers) == 429


def test_from_many_addresses_each_has_a_tenth_and_nobody_is_shut_out(cast, settings):
    settings.HEXLITE_TRIES_ALL = 40
    for number in range(40):
        sign_in("alice", "wrong", address=f"203.0.113.{number}")
    assert sign_in("bob", "wrong", address="203.0.113.200") == 200
    assert sign_in("bob", "wrong", address="203.0.113.200") == 429
    assert sign_in("bob", address=HERE) == 302


def test_a_network_of_ipv6_is_one_address(cast):
    for number in range(15):
        sign_in(f"nobody{number}", "x", address=f"2001:db8:1:2::{number:x}")
    assert sign_in("alice", address="2001:db8:1:2:ffff::1") == 429
    assert sign_in("alice", address="2001:db8:1:3::1") == 302


def test_the_break_of_an_account_counts_a_network_of_ipv6_as_one_address(cast, settings):
    settings.HEXLITE_TRIES_ADDRESS = 0
    for number in range(10):
        sign_in("alice", "wrong", address=f"2001:db8:1:2::{number:x}")
    assert sign_in("alice", address="2001:db8:1:2::ffff") == 429
    assert sign_in("alice", address="2001:db8:1:3::1") == 302


def test_wrong_tokens_are_stopped_and_a_right_one_is_not(cast):
    _, text = ApiToken.make(person=cast.bob, name="nightly")

    def ask(token: str) -> int:
        return (
            Client(REMOTE_ADDR=HERE, headers={"Authorization": f"Bearer {token}"}).get("/api/v1/projects").status_code
        )

    assert [ask(f"hex_{number}") for number in range(16)] == [401] * 15 + [429]
    assert Try.objects.count() == 15, "what is refused is not written down"
    assert ask(text) == 200


@pytest.mark.parametrize("path", ["/invitation/{}/", "/sign-up/{}/"])
def test_wrong_links_are_stopped(cast, settings, path):
    settings.HEXLITE_SIGN_UP = True
    answers = [Client(REMOTE_ADDR=HERE).get(path.format(f"x{number}")).status_code for number in range(17)]
    assert answers == [404] * 15 + [429] * 2


def test_returns_from_single_sign_on_that_sign_nobody_in_are_stopped(cast, settings):
    settings.HEXLITE_OIDC_ISSUER = "https://id.example.org"
    path = reverse("sign-in-openid-callback")
    answers = [Client(REMOTE_ADDR=HERE).get(path, {"code": "1", "state": "2"}).status_code for _ in range(16)]
    assert answers == [302] * 15 + [429]


def test_mails_for_a_forgotten_password_are_few_and_the_page_tells_nothing(cast):
    def ask(email: str, address: str = HERE):
        return Client(REMOTE_ADDR=address).post(reverse("password-forgotten"), {"email": email})

    answers = [ask(cast.carol.email, f"203.0.113.{number}") for number in range(7)]
    assert {answer["Location"] for answer in answers} == {reverse("password-sent")}
    assert len(mail.outbox) == 5
    assert [ask(f"x{number}@x.example").status_code for number in range(11)] == [302] * 10 + [429]


def test_very_many_invitations_leave_everybody_a_tenth(cast, settings):
    settings.HEXLITE_INVITATIONS_PER_DAY, settings.HEXLITE_INVITATIONS_ALL = 20, 4
    for number in range(4):
        invitations.invite(project=cast.project, email=f"x{number}@x.example", level=Level.CAN_VIEW, by=cast.bob)
    with pytest.raises(invitations.TooManyInvitations, match="You sent 2 invitations"):
        invitations.invite(project=cast.project, email="y@x.example", level=Level.CAN_VIEW, by=cast.bob)
    invitations.invite(project=cast.project, email="z@x.example", level=Level.CAN_VIEW, by=cast.alice)


def test_tries_are_forgotten_after_a_day_and_name_no_address(sixteen):
    sign_in("alice", "wrong")
    row = Try.objects.get()
    assert HERE not in row.source and row.source == visitors.digest_of(HERE)
    retention.tidy(now=timezone.now() + timedelta(days=1, seconds=1))
    assert not Try.objects.exists()
