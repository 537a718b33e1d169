"""An installation that others reach: what is refused at the start, what answers carry, who may open a socket."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hexlite.environment import safe_for_others
from tests.running import ROOT, clean_environment
from tests.security.windows import Window

ORIGIN = "https://hexlite.example.org"

# Run by itself, because cookies and headers are settled when the settings are read.
LOOK = """
import django, json
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
from projects.models import User
User.objects.create_user("alice", "alice@example.org", "a-long-password")
plain = Client(headers={"host": "hexlite.example.org"})
redirect = plain.get("/sign-in/")
client = Client(headers={"host": "hexlite.example.org"}, enforce_csrf_checks=True)
page = client.get("/sign-in/", secure=True)
token = client.cookies["__Host-csrf"].value
form = {"username": "alice", "password": "a-long-password", "csrfmiddlewaretoken": token}
signed_in = client.post("/sign-in/", form, secure=True, headers={"referer": "https://hexlite.example.org/sign-in/"})
elsewhere = client.post("/sign-in/", form, secure=True, headers={"origin": "https://evil.example"})
cookies = {name: dict(morsel.items()) for name, morsel in client.cookies.items()}
behind = Client(headers={"host": "hexlite.example.org", "x-forwarded-proto": "https"}).get("/sign-in/")
print(json.dumps({
    "redirect": [redirect.status_code, redirect["Location"]], "headers": dict(page.headers), "cookies": cookies,
    "signed_in": signed_in.status_code, "elsewhere": elsewhere.status_code, "behind": behind.status_code,
    "other host": Client(headers={"host": "evil.example"}).get("/sign-in/", secure=True).status_code,
}))
"""


def production(folder: Path, **changes: str) -> dict[str, str]:
    wanted = {
        "HEXLITE_ORIGIN": ORIGIN,
        "HEXLITE_SECRET_KEY": secrets.token_urlsafe(64),
        "HEXLITE_EMAIL_HOST": "mail.example.org",
        "DATABASE_URL": "sqlite://:memory:",
        "DJANGO_SETTINGS_MODULE": "hexlite.settings",
        # Without the static files of this checkout, which tests of their own hold.
        "HEXLITE_LOG_LEVEL": "ERROR",
    }
    environment = clean_environment(folder) | wanted | changes
    return {name: value for name, value in environment.items() if value}


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def test_check_deploy_is_clean_with_nothing_silenced(tmp_path):
    finished = run(production(tmp_path), "manage.py", "check", "--deploy", "--fail-level", "INFO")
    assert finished.returncode == 0, finished.stderr
    assert "no issues (0 silenced)" in finished.stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"HEXLITE_SECRET_KEY": ""}, "Set HEXLITE_SECRET_KEY"),
        ({"HEXLITE_SECRET_KEY": "short"}, "too short or too plain"),
        ({"HEXLITE_SECRET_KEY": "a" * 60}, "too short or too plain"),
        ({"HEXLITE_DEBUG": "yes"}, "HEXLITE_DEBUG shows settings and code"),
        ({"HEXLITE_HOSTS": "*"}, "HEXLITE_HOSTS answers to any name"),
        ({"HEXLITE_OIDC_ISSUER": "https://id.example.org"}, "HEXLITE_OIDC_CLIENT_ID"),
    ],
    ids=str,
)
def test_it_does_not_start_with_what_is_unsafe(tmp_path, changes, sentence):
    finished = run(production(tmp_path, **changes), "manage.py", "check")
    assert finished.returncode != 0
    assert sentence in finished.stderr


def test_on_ones_own_machine_everything_goes():
    safe_for_others(debug=False, hosts=["hexlite.example.org"])
    with pytest.raises(ImproperlyConfigured):
        safe_for_others(debug=True, hosts=[])
    assert not settings.PRODUCTION


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    import json

    finished = run(production(tmp_path_factory.mktemp("production")), "-c", LOOK)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


class TestAnswers:
    def test_http_leads_to_https_and_a_proxy_is_believed_that_it_is(self, seen):
        assert seen["redirect"] == [301, f"{ORIGIN}/sign-in/"]
        assert seen["behind"] == 200

    def test_browsers_are_told_to_stay_with_https(self, seen):
        assert seen["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"

    def test_cookies_are_of_this_host_over_https_and_not_for_scripts(self, seen):
        # Django's own cookie of messages has no prefix; it is signed, and as closed as the others.
        assert set(seen["cookies"]) - {"messages"} == {"__Host-session", "__Host-csrf", "__Host-known"}
        for name, cookie in seen["cookies"].items():
            assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"], name
            assert cookie["samesite"] == "Lax", name
        assert seen["cookies"]["__Host-session"]["httponly"]
        assert seen["signed_in"] == 302

    def test_a_form_of_another_site_and_another_host_are_refused(self, seen):
        assert seen["elsewhere"] == 403
        assert seen["other host"] == 400

    def test_the_page_runs_and_shows_what_comes_from_here_only(self, seen):
        policy = dict(part.strip().split(" ", 1) for part in seen["headers"]["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "wss://hexlite.example.org" in policy["connect-src"] and "http:" not in policy["connect-src"]
        assert "unsafe-eval" not in str(policy) and "'unsafe-inline'" not in policy["script-src"]

    def test_the_rest_of_the_headers(self, seen):
        headers = seen["headers"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


# ---- Sockets (T8)

HERE = settings.ORIGIN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "origin",
    [
        None, b"", b"null", b"https://evil.example", HERE.encode() + b".evil.example", b"https" + HERE.encode()[4:],
        HERE.rsplit(":", 1)[0].encode() + b":9999", b"http://evil.example/" + HERE.encode(), b"file://", b"http://[",
        HERE.encode() + b"@evil.example",
    ],
    ids=str,
)  # fmt: skip
async def test_a_socket_from_elsewhere_is_refused(origin, cast):
    """Even where the app is public: the browser of somebody signed in would send the cookie along."""
    headers = [] if origin is None else [(b"origin", origin)]
    assert not await Window(f"/ws/app/{cast.project.pk}/", headers).connect()


@pytest.mark.django_db(transaction=True)
async def test_two_origins_are_none(cast):
    headers = [(b"origin", HERE.encode()), (b"origin", b"https://evil.example")]
    assert not await Window(f"/ws/app/{cast.project.pk}/", headers).connect()


def test_mail_servers_that_hang_are_given_up():
    assert 0 < settings.EMAIL_TIMEOUT <= 30


def test_these_are_the_settings_of_a_checkout():
    assert "HEXLITE_ORIGIN" not in os.environ
