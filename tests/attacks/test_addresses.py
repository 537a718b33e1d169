"""mallory wants an account that is found by somebody else's e-mail address (specs/security; docs/sign-in.md)."""

from importlib import import_module
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps_runtime.models import ApiToken
from projects.addresses import canonical, is_of
from projects.levels import Level
from projects.models import Membership, ProvedAddress, User
from projects.permissions import level_of
from sharing.models import Identity
from sharing.services import addresses, identities, invitations, people, sign_up
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db

ISSUER = "https://id.example.org"
ERIN = "erin@harbour.example"
FORM = {"full_name": "Erin Ebb", "username": "erin", "password": "a-long-enough-secret"}


def comes_back(email: str, sub: str = "e-1", **claims: object) -> User:
    """Somebody signed in at the provider, which vouches for the address."""
    return identities.admit(issuer=ISSUER, claims={"sub": sub, "email": email, "email_verified": True, **claims})


@pytest.fixture
def shown(cast, mailbox) -> str:
    """The path of the link that bob is shown when he invites erin; the other is in her mail."""
    with mailbox:
        sent = invitations.invite(project=cast.project, email=ERIN, level=Level.CAN_VIEW, by=cast.bob)
    return urlsplit(sent.link).path


@pytest.fixture
def fake(shown) -> User:
    """The account that bob made for himself with her address."""
    assert Client().post(shown, FORM).status_code == 302
    return User.objects.get(username="erin")


def test_the_shown_link_is_not_the_mailed_one(shown, mailbox):
    assert mailbox.link("invitation") != shown


def test_the_shown_link_gives_the_level_and_proves_nothing(cast, shown):
    page = Client().get(shown).content.decode()
    assert "This link came from Bob, not from a mail to erin@harbour.example." in page
    Client().post(shown, FORM)
    erin = User.objects.get(username="erin")
    assert level_of(erin, cast.project) is Level.CAN_VIEW and not erin.proved_email


def test_the_mailed_link_proves_the_address(shown, mailbox):
    page = Client().get(mailbox.link("invitation")).content.decode()
    assert "not from a mail" not in page
    Client().post(mailbox.link("invitation"), FORM)
    assert User.objects.get(username="erin").proved_email == ERIN


def test_the_first_single_sign_on_does_not_land_in_an_unproved_account(fake, cast, settings):
    with pytest.raises(identities.NotAdmitted, match="No account here has the address"):
        comes_back(ERIN)
    settings.HEXLITE_OIDC_SIGN_UP = True
    erin = comes_back(ERIN)
    assert erin != fake and erin.proved_email == ERIN and not fake.proved_email


def test_the_first_single_sign_on_ends_what_opened_the_account_before(client, cast, mailbox):
    client.post("/sign-in/", {"username": "carol", "password": PASSWORD})
    assert client.get("/profile/").status_code == 200
    ApiToken.make(person=cast.carol, name="before")
    assert comes_back(cast.carol.email) == cast.carol
    cast.carol.refresh_from_db()
    assert client.get("/profile/").status_code == 302
    assert not cast.carol.has_usable_password() and not cast.carol.api_tokens.exists()
    ApiToken.make(person=cast.carol, name="after")
    assert comes_back(cast.carol.email) == cast.carol and cast.carol.api_tokens.exists(), "only the first time"


def test_a_forgotten_password_is_not_mailed_to_a_claimed_address(fake, client):
    mail.outbox.clear()
    client.post(reverse("password-forgotten"), {"email": ERIN})
    assert not mail.outbox


def test_sharing_by_address_finds_only_who_proved_it(fake, cast):
    Membership.objects.create(workspace=cast.workspace, user=fake)
    with pytest.raises(people.NobodyFound):
        people.named(project=cast.project, text=ERIN)
    assert [found.detail for found in people.find(project=cast.project, text="erin")] == ["erin"]
    assert not people.find(project=cast.project, text="harbour.example")
    assert people.named(project=cast.project, text="Carol@EXAMPLE.org") == cast.carol


@pytest.mark.parametrize("field", ["username", "full_name"])
@pytest.mark.parametrize("name", ["carol@example.org", "carol＠example.org"])
def test_no_name_passes_for_an_address(shown, field, name):
    assert "A name has no “@”." in Client().post(shown, FORM | {field: name}).content.decode()
    assert not User.objects.filter(username=name).exists()


def test_whoever_is_called_like_an_address_is_not_found_by_it(cast):
    """An administrator made the account; its name is an address of somebody else."""
    named = User.objects.create_user("carol@example.org", first_name="carol@example.org")
    Membership.objects.create(workspace=cast.workspace, user=named)
    assert people.named(project=cast.project, text="carol@example.org") == cast.carol


def test_a_claimed_address_does_not_join_the_workspace_of_new_accounts(fake, settings, cast, mailbox):
    settings.HEXLITE_SIGN_UP_WORKSPACE = cast.workspace.slug
    with mailbox:
        sent = invitations.invite(project=cast.project, email="frank@x.example", level=Level.CAN_VIEW, by=cast.bob)
    Client().post(urlsplit(sent.link).path, FORM | {"username": "frank"})
    assert not User.objects.get(username="frank").workspaces.exists()


def test_a_claimed_address_does_not_keep_its_owner_from_signing_up(fake, settings):
    settings.HEXLITE_SIGN_UP = True
    token = sign_up.signing.dumps(ERIN, salt=sign_up.SALT)
    real = sign_up.confirm(token=token, username="erin.ebb", full_name="Erin Ebb", password="a-long-enough-secret")
    assert addresses.account_of(ERIN) == real != fake


def test_two_invitations_to_one_address_make_one_account(client, cast, mailbox, shown):
    first = mailbox.link("invitation")
    Client().post(first, FORM)
    with mailbox:
        invitations.invite(project=cast.project, email=ERIN.upper(), level=Level.CAN_EDIT, by=cast.bob)
    second = mailbox.link("invitation")
    page = client.get(second).content.decode()
    assert f"{ERIN} has an account here. Sign in with it to accept." in page
    assert "has an account" in client.post(second, FORM | {"username": "erin2"}).content.decode()
    assert not User.objects.filter(username="erin2").exists()
    client.force_login(User.objects.get(username="erin"))
    client.post(second)
    assert level_of(User.objects.get(username="erin"), cast.project) is Level.CAN_EDIT


def test_the_shown_link_does_not_tell_whether_the_address_has_an_account(cast, mailbox):
    with mailbox:
        sent = invitations.invite(project=cast.project, email=cast.mallory.email, level=Level.CAN_VIEW, by=cast.bob)
    assert "Make the account" in Client().get(urlsplit(sent.link).path).content.decode()


def test_an_invitation_accepted_as_somebody_else_proves_nothing(client, cast, shown, mailbox):
    client.force_login(cast.mallory)
    client.post(mailbox.link("invitation"))
    cast.mallory.refresh_from_db()
    assert level_of(cast.mallory, cast.project) is Level.CAN_VIEW
    assert cast.mallory.proved_email == "mallory@example.org" and addresses.account_of(ERIN) is None


def test_accepting_by_the_mail_proves_the_address_of_the_account_that_claims_it(client, fake, cast, mailbox):
    with mailbox:
        invitations.invite(project=cast.project, email=ERIN, level=Level.CAN_EDIT, by=cast.bob)
    client.force_login(fake)
    client.post(mailbox.link("invitation"))
    assert addresses.account_of(ERIN) == fake


# ---- Proving it oneself


def test_erin_proves_her_address_on_her_profile(client, fake, mailbox):
    client.force_login(fake)
    assert "It is not proved to be yours." in client.get("/profile/").content.decode()
    with mailbox:
        client.post(reverse("address"))
    link = mailbox.link("profile")
    assert "Is erin@harbour.example yours?" in client.get(link).content.decode()
    assert addresses.account_of(ERIN) is None, "looking proves nothing"
    assert client.post(link)["Location"] == "/profile/"
    assert addresses.account_of(ERIN) == fake
    assert "It is not proved" not in client.get("/profile/").content.decode()


def test_who_gets_such_a_mail_does_not_prove_it_for_another_account(client, fake, cast, mailbox):
    with mailbox:
        addresses.ask(person=fake)
    link = mailbox.link("profile")
    assert client.get(link)["Location"].startswith("/sign-in/")
    client.force_login(cast.carol)
    assert client.post(link).status_code == 404
    assert addresses.account_of(ERIN) is None


def test_a_link_is_for_the_address_it_was_sent_to(client, fake, mailbox):
    with mailbox:
        addresses.ask(person=fake)
    fake.email = "another@harbour.example"
    fake.save()
    client.force_login(fake)
    assert client.post(mailbox.link("profile")).status_code == 404


def test_another_address_has_to_be_proved_again(cast):
    cast.carol.email = "director@example.org"
    cast.carol.save()
    carol = User.objects.get(username="carol")
    assert not carol.proved_email and addresses.account_of("carol@example.org") is None
    assert addresses.account_of("director@example.org") is None
    other = User.objects.create_user("carol2", "carol@example.org")
    addresses.prove(person=other, way=addresses.Way.MAIL)
    assert addresses.account_of("CAROL@example.org") == other, "an address that was given up is free"


def test_what_somebody_proved_nobody_else_proves(client, cast, mailbox):
    other = User.objects.create_user("carol2", "Carol@Example.org", PASSWORD)
    with mailbox:
        addresses.ask(person=other)
    client.force_login(other)
    page = client.post(mailbox.link("profile"))
    assert page.status_code == 404 and "Another account has this e-mail address." in page.content.decode()
    assert addresses.account_of("carol@example.org") == cast.carol


def test_an_unproved_account_is_told_when_it_signs_in(client, fake):
    page = client.post("/sign-in/", {"username": ERIN, "password": FORM["password"]}, follow=True)
    assert "Your e-mail address is not proved yet" in page.content.decode()


# ---- At the sign-in service


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes", ["true"]])
def test_an_address_that_the_provider_does_not_vouch_for_is_nobodys(cast, verified):
    with pytest.raises(identities.NotAdmitted, match="does not vouch"):
        comes_back(cast.carol.email, email_verified=verified)


def test_an_account_that_an_administrator_made_without_a_password_waits_for_its_person(cast):
    erin = User.objects.create_user("erin", "Erin@Harbour.example")
    assert comes_back(ERIN) == erin
    assert addresses.account_of(ERIN) == erin


def test_one_with_a_password_does_not(cast):
    User.objects.create_user("erin", ERIN, PASSWORD)
    with pytest.raises(identities.NotAdmitted):
        comes_back(ERIN)


def test_an_address_that_went_to_a_new_colleague_does_not_open_the_old_account(cast):
    comes_back(cast.carol.email, sub="c-1")
    with pytest.raises(identities.NotAdmitted, match="is another person's there"):
        comes_back(cast.carol.email, sub="c-2")


# ---- Ways to write an address


@pytest.mark.parametrize(
    "typed",
    ["CAROL@example.org", "ｃarol@example.org", " carol@EXAMPLE.ORG. ", "carol@ｅxample.org", "carol@example。org"],
)
def test_every_way_to_write_an_address_is_that_address(cast, typed):
    assert addresses.account_of(typed) == cast.carol


@pytest.mark.parametrize(
    "typed", ["cаrol@example.org", "carol@exаmple.org", "carοl@example.org", "carol@example.org.evil"]
)
def test_what_only_looks_alike_is_another_address(cast, typed):
    assert addresses.account_of(typed) is None


def test_domains_are_compared_as_dns_has_them():
    address = canonical("erin@HÄFEN.example")
    assert address == "erin@xn--hfen-loa.example"
    assert is_of(address, ["häfen.example"]) and is_of(address, ["@xn--hfen-loa.example"])
    assert not is_of(address, ["hafen.example"]) and not is_of("x@evil-häfen.example", ["häfen.example"])


# ---- Accounts that were there before


def test_accounts_of_an_installed_database_are_treated_sensibly(fake, cast, client):
    migration = import_module("sharing.migrations.0004_addresses_of_old_accounts")
    ProvedAddress.objects.all().delete()
    User.objects.create_user("carol2", "CAROL@example.org", PASSWORD)
    Identity.objects.create(person=cast.dave, issuer=ISSUER, subject="d-1")
    taken = User.objects.create_user("frank", "frank@x.example", PASSWORD)
    Identity.objects.create(person=taken, issuer=ISSUER, subject="f-1")
    cast.project.audit_events.create(by=taken, action="accepted an invitation")
    ApiToken.make(person=taken, name="the inviter's")
    migration.look(apps, None)
    assert set(ProvedAddress.objects.values_list("person__username", "way")) == {
        ("alice", "before"),
        ("bob", "before"),
        ("mallory", "before"),
        ("dave", "provider"),
        ("frank", "provider"),
    }
    taken.refresh_from_db(), cast.dave.refresh_from_db()
    assert not taken.has_usable_password() and not taken.api_tokens.exists()
    assert cast.dave.has_usable_password()
