"""Signing in at an OpenID Connect provider: a real one, on a port of this machine."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from django.urls import reverse
from oidc_provider_mock import run_server_in_thread

from hexlite.environment import together
from projects.levels import Level
from projects.models import User
from projects.permissions import level_of
from sharing import openid
from sharing.models import Identity
from sharing.services import invitations

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:::authlib"),
    pytest.mark.filterwarnings("ignore:::joserfc"),
]

HERE = "http://localhost"
ERIN = {
    "email": "erin@harbour.example",
    "email_verified": True,
    "given_name": "Erin",
    "family_name": "Ebb",
    "preferred_username": "erin",
}


@dataclass(frozen=True)
class Provider:
    """A provider with one client: us."""

    issuer: str

    def knows(self, sub: str, **claims: object) -> None:
        requests.put(f"{self.issuer}/users/{sub}", json=claims, timeout=5).raise_for_status()

    def says_yes(self, address: str, sub: str) -> str:
        """Somebody signs in there; the address that the browser is sent back to."""
        answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"].removeprefix(HERE)

    def says_no(self, address: str) -> str:
        return (
            requests.post(address, data={"action": "deny"}, allow_redirects=False, timeout=5)
            .headers["Location"]
            .removeprefix(HERE)
        )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with run_server_in_thread(require_client_registration=True, require_nonce=True) as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture
def provider(server: str, settings) -> Iterator[Provider]:
    back = HERE + reverse("sign-in-openid-callback")
    client = requests.post(f"{server}/oauth2/clients", json={"redirect_uris": [back]}, timeout=5).json()
    settings.HEXLITE_OIDC_ISSUER = server
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = client["client_id"], client["client_secret"]
    settings.HEXLITE_OIDC_NAME = "Harbour ID"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "sharing.openid.OpenIdBackend"]
    cache.clear()
    yield Provider(server)
    cache.clear()


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "localhost"})


def start(browser: Client, address: str = "") -> str:
    """Press the button; the provider's address."""
    return browser.get(reverse("sign-in-openid"), {"next": address} if address else {})["Location"]


def sign_in(browser: Client, provider: Provider, sub: str, address: str = ""):
    return browser.get(provider.says_yes(start(browser, address), sub))


def who(browser: Client) -> User | None:
    identity = browser.session.get("_auth_user_id")
    return User.objects.get(pk=identity) if identity else None


def refusal(browser: Client, answer) -> str:
    """What the sign-in page says after a refusal; nobody is signed in."""
    assert answer["Location"] == reverse("sign-in")
    assert who(browser) is None
    return browser.get(answer["Location"]).content.decode().replace("&#x27;", "'")


# ---- The button


def test_there_is_no_button_without_a_provider(client, db):
    assert "Continue with" not in client.get(reverse("sign-in")).content.decode()
    assert client.get(reverse("sign-in-openid")).status_code == 404
    assert client.get(reverse("sign-in-openid-callback"), {"code": "1", "state": "2"}).status_code == 404


def test_with_one_there_is_and_it_keeps_where_one_wanted_to_go(provider, browser):
    page = browser.get(reverse("sign-in"), {"next": "/harbour-lab/?_n=3&_m=4"}).content.decode()
    assert "Continue with Harbour ID" in page
    assert "/sign-in/openid/?next=/harbour-lab/%3F_n%3D3%26_m%3D4" in page


# ---- Who comes in


def test_alice_is_known_by_her_verified_address_and_from_then_on_by_her_name_there(provider, browser, cast):
    provider.knows("a-1", email="Alice@example.org", email_verified=True)
    answer = sign_in(browser, provider, "a-1", "/harbour-lab/?_n=3&_m=4")
    assert answer["Location"] == "/harbour-lab/?_n=3&_m=4"
    assert who(browser) == cast.alice
    assert browser.get("/").status_code == 200
    provider.knows("a-1", email="alice.new@example.org", email_verified=True)
    another = Client(headers={"host": "localhost"})
    sign_in(another, provider, "a-1")
    assert who(another) == cast.alice
    assert list(Identity.objects.values_list("person__username", "issuer", "subject")) == [
        ("alice", provider.issuer, "a-1")
    ]


def test_somebody_with_an_address_that_alice_had_is_not_alice(provider, browser, cast):
    """An address may be given to a new colleague; the provider's own name for a person may not."""
    provider.knows("a-1", email="alice@example.org", email_verified=True)
    sign_in(browser, provider, "a-1")
    cast.alice.email = "alice.new@example.org"
    cast.alice.save()
    provider.knows("a-2", email="alice@example.org", email_verified=True)
    another = Client(headers={"host": "localhost"})
    assert "No account here has the address alice@example.org." in refusal(another, sign_in(another, provider, "a-2"))


@pytest.mark.parametrize("verified", [{"email_verified": False}, {}, {"email_verified": "no"}])
def test_an_address_that_nobody_vouches_for_is_nobodys(provider, browser, cast, verified):
    provider.knows("m-1", email="alice@example.org", **verified)
    assert "does not vouch for an e-mail address" in refusal(browser, sign_in(browser, provider, "m-1"))


def test_strangers_need_an_invitation(provider, browser, cast):
    provider.knows("e-1", **ERIN)
    assert "Ask an administrator to invite you." in refusal(browser, sign_in(browser, provider, "e-1"))
    assert not User.objects.filter(email=ERIN["email"]).exists()


def test_with_an_invitation_they_get_an_account_and_accept_it(provider, browser, cast):
    provider.knows("e-2", **{**ERIN, "email": "erin2@harbour.example"})
    sent = invitations.invite(project=cast.project, email="erin2@harbour.example", level=Level.CAN_VIEW, by=cast.alice)
    path = urlsplit(sent.link).path
    answer = sign_in(browser, provider, "e-2", path)
    assert answer["Location"] == path
    erin = who(browser)
    assert (erin.username, erin.get_full_name(), erin.has_usable_password()) == ("erin", "Erin Ebb", False)
    browser.post(path)
    assert level_of(erin, cast.project) is Level.CAN_VIEW


def test_where_sign_up_is_open_they_get_an_account_in_the_workspace(provider, browser, cast, settings):
    settings.HEXLITE_OIDC_SIGN_UP, settings.HEXLITE_SIGN_UP_WORKSPACE = True, "harbour-lab"
    settings.HEXLITE_OIDC_DOMAINS = ["harbour.example"]
    User.objects.create_user("Erin")
    provider.knows("e-3", **ERIN)
    sign_in(browser, provider, "e-3")
    erin = who(browser)
    assert erin.username == "erin-2"
    assert list(erin.workspaces.all()) == [cast.workspace]
    provider.knows("x-1", **{**ERIN, "email": "x@evil.example"})
    another = Client(headers={"host": "localhost"})
    assert "No account here" in refusal(another, sign_in(another, provider, "x-1"))


def test_closed_accounts_stay_closed(provider, browser, cast):
    provider.knows("b-1", email="bob@example.org", email_verified=True)
    sign_in(browser, provider, "b-1")
    assert who(browser) == cast.bob
    cast.bob.is_active = False
    cast.bob.save()
    assert browser.get("/")["Location"].startswith("/sign-in/")
    another = Client(headers={"host": "localhost"})
    assert "This account is closed." in refusal(another, sign_in(another, provider, "b-1"))


# ---- What goes wrong


def test_saying_no_there_is_no_sign_in(provider, browser, cast):
    answer = browser.get(provider.says_no(start(browser)))
    assert "You were not signed in." in refusal(browser, answer)


def test_another_browsers_answer_is_not_taken(provider, browser, cast):
    """Who lures somebody into signing in as himself (login CSRF) has no state in that browser."""
    provider.knows("m-2", email="mallory@example.org", email_verified=True)
    answer = provider.says_yes(start(browser), "m-2")
    victim = Client(headers={"host": "localhost"})
    assert "You were not signed in." in refusal(victim, victim.get(answer))
    start(victim)
    assert "You were not signed in." in refusal(victim, victim.get(answer))


def test_an_answer_counts_once(provider, browser, cast):
    provider.knows("c-1", email="carol@example.org", email_verified=True)
    answer = provider.says_yes(start(browser), "c-1")
    assert browser.get(answer)["Location"] == "/"
    browser.logout()
    assert "You were not signed in." in refusal(browser, browser.get(answer))


def test_the_request_has_a_nonce_and_a_challenge(provider, browser):
    asked = parse_qs(urlsplit(start(browser)).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["nonce"] and asked["state"]
    assert set(asked["scope"][0].split()) == {"openid", "email", "profile"}


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_no_link_leads_away_from_here(provider, browser, cast, address):
    provider.knows("d-1", email="dave@example.org", email_verified=True)
    assert sign_in(browser, provider, "d-1", address)["Location"] == "/"


def test_a_provider_that_does_not_answer_is_said(provider, browser, settings):
    settings.HEXLITE_OIDC_ISSUER = "http://localhost:9"
    assert "The sign-in service does not answer as it should." in refusal(
        browser, browser.get(reverse("sign-in-openid"))
    )


def test_a_provider_that_speaks_for_another_is_not_believed(provider, browser, settings):
    settings.HEXLITE_OIDC_ISSUER = provider.issuer + "/"
    with pytest.raises(openid.ProviderTrouble, match="set HEXLITE_OIDC_ISSUER to exactly that"):
        openid.provider()


def test_a_wrong_secret_signs_nobody_in(provider, browser, cast, settings):
    settings.OIDC_RP_CLIENT_SECRET = "wrong"
    provider.knows("a-9", email="alice@example.org", email_verified=True)
    assert "does not answer as it should" in refusal(browser, sign_in(browser, provider, "a-9"))


class TestTokens:
    """What a token must say to be believed."""

    KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @pytest.fixture
    def backend(self, provider) -> openid.OpenIdBackend:
        backend = openid.OpenIdBackend()
        backend.OIDC_RP_SIGN_ALGO, backend.OIDC_RP_CLIENT_ID = "RS256", "us"
        return backend

    def token(self, provider: Provider, **claims: object) -> str:
        now = int(time.time())
        good = {"iss": provider.issuer, "aud": "us", "sub": "a", "iat": now, "exp": now + 300}
        return jwt.encode(
            {name: value for name, value in (good | claims).items() if value}, self.KEY, algorithm="RS256"
        )

    def test_a_good_one_is(self, backend, provider):
        assert backend._verify_jws(self.token(provider), self.KEY.public_key())["sub"] == "a"

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another client"}, {"aud": None}, {"iss": "https://evil.example"}, {"iss": None}, {"exp": 1},
            {"exp": None}, {"sub": None}, {"iat": None},
        ],
        ids=str,
    )  # fmt: skip
    def test_others_are_not(self, backend, provider, claims):
        with pytest.raises(SuspiciousOperation):
            backend._verify_jws(self.token(provider, **claims), self.KEY.public_key())

    def test_nor_one_of_another_key_or_none(self, backend, provider):
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        unsigned = jwt.encode({"sub": "a"}, None, algorithm="none")
        for token, key in ((self.token(provider), other.public_key()), (unsigned, self.KEY.public_key())):
            with pytest.raises(SuspiciousOperation):
                backend._verify_jws(token, key)

    def test_details_of_somebody_else_are_not(self, backend, provider, monkeypatch):
        monkeypatch.setattr(backend, "get_userinfo", lambda *_: {"sub": "b", "email": "alice@example.org"})
        with pytest.raises(openid.ProviderTrouble):
            backend.get_or_create_user("", "", {"sub": "a", "iss": provider.issuer})


def test_an_issuer_takes_a_client(monkeypatch):
    from django.core.exceptions import ImproperlyConfigured

    names = ("HEXLITE_OIDC_ISSUER", "HEXLITE_OIDC_CLIENT_ID", "HEXLITE_OIDC_CLIENT_SECRET")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    together(*names)
    monkeypatch.setenv("HEXLITE_OIDC_ISSUER", "https://id.example.org")
    with pytest.raises(ImproperlyConfigured, match="takes HEXLITE_OIDC_CLIENT_ID and HEXLITE_OIDC_CLIENT_SECRET"):
        together(*names)
