"""What every test may use: the cast, a real hexlite in processes of its own, and a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cast import Cast, make_cast
from tests.kernel_host import kernel_host  # noqa: F401  (a fixture)

ROOT = Path(__file__).resolve().parent.parent
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
    # Passwords are hashed slowly on purpose; six people a test would take longer than the test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass(frozen=True)
class Hexlite:
    """A running hexlite: its address, its folder, and its commands."""

    url: str
    folder: Path
    process: subprocess.Popen
    environment: dict[str, str]

    def command(self, *arguments: str, check: bool = True) -> str:
        """`manage.py …` against it; returns what it prints."""
        finished = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        if check:
            assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout


@pytest.fixture(scope="session")
def hexlite(tmp_path_factory) -> Iterator[Hexlite]:
    """`manage.py up` on a free port with a folder of its own, with the demo; stopped at the end."""
    folder = tmp_path_factory.mktemp("h")
    port = _free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HEXLITE_", "DJANGO_", "PYTEST_"))
    }
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    environment |= {
        "HEXLITE_VAR_DIR": str(folder),
        "HEXLITE_RUN_DIR": _short_folder(),
        "HEXLITE_ORIGIN": f"http://localhost:{port}",
    }
    log = (folder / "up.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://localhost:{port}"
    try:
        _wait_until_ready(process, folder / "up.log")
        yield Hexlite(url, folder, process, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        shutil.rmtree(environment["HEXLITE_RUN_DIR"], ignore_errors=True)


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


def _wait_until_ready(process: subprocess.Popen, log: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"hexlite ended with code {process.returncode}:\n{log.read_text()}")
        if "hexlite is ready" in log.read_text():
            return
        time.sleep(0.1)
    pytest.fail(f"hexlite is not ready after {seconds} s:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _short_folder() -> str:
    """Sockets have short paths (107 bytes), and pytest's folders have long ones."""
    return tempfile.mkdtemp(prefix="hx")
