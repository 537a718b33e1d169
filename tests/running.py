"""A real hexlite in processes of its own: `manage.py up` with a folder, a port and a Redis that nobody else uses."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hexlite.children import die_with_parent
from tests.commanding import Commands

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120


@dataclass(frozen=True)
class Hexlite:
    """A hexlite: its address, its folder, its process, and what its commands need in their environment."""

    url: str
    port: int
    folder: Path
    process: subprocess.Popen
    environment: dict[str, str]
    commands: Commands

    @property
    def said(self) -> str:
        """What `up` has printed so far."""
        return (self.folder / "up.log").read_text()

    def command(self, *arguments: str, check: bool = True) -> str:
        """`manage.py …` against it; returns what it prints."""
        code, said, complained = self.commands.run(arguments)
        if check:
            assert code == 0, said + complained
        return said


@contextmanager
def running_hexlite(folder: Path, *options: str, **settings: str) -> Iterator[Hexlite]:
    """`manage.py up OPTIONS` on a free port, given when it says that it is ready, stopped at the end.

    DATABASE_URL and REDIS_URL of the tests don't reach it: it has a database and a Redis of its own. `settings` are
    names and values of its environment.
    """
    # One alice for all tests of a run: what a person may have at once is held by tests of its own.
    enough = dict.fromkeys(("HEXLITE_KERNELS_PERSON", "HEXLITE_KERNELS_ANONYMOUS", "HEXLITE_STRANGER_SESSIONS"), "100")
    enough |= dict.fromkeys(("HEXLITE_SOCKETS_PERSON", "HEXLITE_SOCKETS_ADDRESS"), "1000")
    enough |= dict.fromkeys(("HEXLITE_STARTS_PERSON", "HEXLITE_STARTS_ADDRESS", "HEXLITE_PUBLICATIONS_PROJECT"), "1000")
    port, environment = free_port(), clean_environment(folder) | enough | settings
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port), *options],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(os.getpid()),
        )
    running = Hexlite(f"http://localhost:{port}", port, folder, process, environment, Commands(environment))
    try:
        _wait_until_ready(running)
        yield running
    finally:
        running.commands.close()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(environment["HEXLITE_RUN_DIR"], ignore_errors=True)


def clean_environment(folder: Path) -> dict[str, str]:
    """This process's environment without its settings of hexlite, and with `folder` to keep things in."""
    mine = ("HEXLITE_", "DJANGO_", "PYTEST_", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)} | {
        "HEXLITE_VAR_DIR": str(folder),
        # A lost worker is noticed within seconds.
        "HEXLITE_HEARTBEAT_SECONDS": "2",
        # Sockets have short paths (107 bytes), and pytest's folders have long ones.
        "HEXLITE_RUN_DIR": tempfile.mkdtemp(prefix="hx"),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(running: Hexlite) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "hexlite is ready" not in running.said:
        assert running.process.poll() is None, f"hexlite ended:\n{running.said}"
        assert time.monotonic() < deadline, f"hexlite is not ready after {READY_SECONDS} s:\n{running.said}"
        time.sleep(0.1)
