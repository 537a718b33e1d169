"""What every test may use: the cast, a real hexlite in processes of its own, and a browser."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.cast import Cast, make_cast
from tests.kernel_host import kernel_host  # noqa: F401  (a fixture)
from tests.running import Hexlite, running_hexlite

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def cast(db) -> Cast:
    """alice owns, bob edits, carol views, dave has the app only, mallory has nothing."""
    return make_cast()


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    """No test writes where a developer's own hexlite keeps its things."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PROJECT_FILES_DIR = tmp_path / "files"
    # Names without digests: nothing has to be collected before a test.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    # Passwords are hashed slowly on purpose; six people a test would take longer than the test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def hexlite(tmp_path_factory) -> Iterator[Hexlite]:
    """`manage.py up` with the demo, in a folder of its own; one for all browser tests of a worker."""
    with running_hexlite(tmp_path_factory.mktemp("hexlite")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "The browser tests need Chromium; `make test` says how to get it."
    # Playwright runs a loop of its own in this thread; Django's guard against that is meant for servers.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, hexlite) -> Iterator:
    """`visit("bob")` is a page of a new window in which bob is signed in; `visit(None)` a stranger's."""
    contexts = []

    def new_page(name: str | None = None, **options):
        context = chromium.new_context(base_url=hexlite.url, **{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        if name:
            sign_in(page, name)
        return page

    yield new_page
    for context in contexts:
        context.close()


def sign_in(page, name: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password").fill("hexlite-demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
