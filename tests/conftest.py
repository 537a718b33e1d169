"""What every test may use: the cast, a real hexlite in processes of its own, and a browser."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as search
from playwright.sync_api import expect

from hexlite import browser_files
from tests.cast import Cast, make_cast
from tests.kernel_host import kernel_host  # noqa: F401  (a fixture)
from tests.mailbox import mailbox  # noqa: F401  (a fixture)
from tests.running import Hexlite, running_hexlite

# The suite plays the same examples every time, so that red means a change. HEXLITE_EXAMPLES searches for new ones.
search.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
if "HEXLITE_EXAMPLES" not in os.environ:
    search.load_profile("suite")


# What is waited for comes in a moment; on a busy machine, and where the first answer has to wait for a kernel, later.
expect.set_options(timeout=30_000)


@pytest.fixture
def cast(db) -> Cast:
    """alice owns, bob edits, carol views, dave has the app only, mallory has nothing."""
    return make_cast()


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name what browsers load by its digest: collected as `up` does it, once however many run tests."""
    browser_files.prepare()


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


@pytest.fixture(autouse=True)
def nobody_else_is_connected():
    """Live connections are counted in the process; those that another test left open are nobody's."""
    if crowd := sys.modules.get("apps_runtime.consumers.connection_limits"):
        crowd.forget()


@pytest.fixture(scope="session")
def hexlite(tmp_path_factory) -> Iterator[Hexlite]:
    """`manage.py up` with the demo, in a folder of its own; one for all browser tests of a worker."""
    with running_hexlite(tmp_path_factory.mktemp("hexlite")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    from tests.browsing import launched_chromium  # slow to import, and most tests need no browser

    # Playwright runs a loop of its own in this thread; Django's guard against that is meant for servers.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with launched_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def signed_in() -> dict:
    """What windows keep of a sign-in, by address of the hexlite and name: people do it once a day, not every minute."""
    return {}


@pytest.fixture
def visit(chromium, hexlite, signed_in) -> Iterator:
    """`visit("bob")` is an empty page of a new window in which bob is signed in; `visit(None)` a stranger's."""
    contexts = []

    def new_page(name: str | None = None, **options):
        from tests.browsing import is_signed_in, sign_in

        whose, options = (hexlite.url, name), {"viewport": {"width": 1440, "height": 900}, **options}
        context = chromium.new_context(base_url=hexlite.url, storage_state=signed_in.get(whose), **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        if name and not is_signed_in(context):
            sign_in(page, name)
            signed_in[whose] = context.storage_state()
        return page

    yield new_page
    for context in contexts:
        context.close()
