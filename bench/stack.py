"""A hexlite of its own to measure: its folder, its port, its commands, a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Some pages of others ask the internet for a library or a picture: it answers nobody here.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
]
PASSWORD = "hexlite-demo"  # noqa: S105  (the demo's, printed by `up`)


@dataclass(frozen=True)
class Stack:
    """A running hexlite; `ready_after` in seconds, from the command to its greeting."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen
    ready_after: float

    def command(self, *arguments: str) -> str:
        """What `manage.py …` prints. Raises CalledProcessError."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


@contextmanager
def running(*, demo: bool, more: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """`manage.py up` in a new folder, with the demo's people (and its projects if `demo`); `more` are settings."""
    folder = Path(tempfile.mkdtemp(prefix="hb"))
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HEXLITE_", "DJANGO_"))},
        "HEXLITE_VAR_DIR": str(folder),
        # One alice, or one stranger's address, opens all sessions that are measured.
        "HEXLITE_KERNELS_PERSON": "100",
        "HEXLITE_KERNELS_APP": "100",
        "HEXLITE_KERNELS_ANONYMOUS": "100",
        "HEXLITE_STRANGER_SESSIONS": "100",
        "HEXLITE_KERNELS_HOST": "200",
        "HEXLITE_SOCKETS_PERSON": "1000",
        "HEXLITE_SOCKETS_ADDRESS": "1000",
        "HEXLITE_STARTS_PERSON": "0",
        "HEXLITE_STARTS_ADDRESS": "0",
        "HEXLITE_PUBLICATIONS_PROJECT": "0",
        **(more or {}),
    }
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    log = folder / "up.log"
    began = time.monotonic()
    command = [sys.executable, "manage.py", "up", "--port", str(port), *([] if demo else ["--no-demo"])]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        while "hexlite is ready" not in log.read_text():
            if process.poll() is not None:
                raise RuntimeError(f"hexlite did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield Stack(f"http://localhost:{port}", environment, process, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def browser() -> Iterator:
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise RuntimeError("The measurements need Chromium.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


def signed_in(chromium, stack: Stack, name: str):
    """A page of a new window in which `name` is signed in."""
    page = chromium.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900}).new_page()
    page.goto("/sign-in/")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
