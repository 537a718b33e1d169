"""Redis, kernel host, workers and beats in processes of their own, with a clock that a test moves."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from apps_runtime.kernels import KernelHost
from hexlite.children import die_with_parent
from hexlite.redis_server import redis_command
from tests.kernel_host import wait_until
from tests.running import ROOT, clean_environment

CELERY = (sys.executable, "-m", "celery", "-A", "hexlite.celery:app")
PARTS = {
    "beat": (*CELERY, "beat", "--loglevel", "INFO", "--pidfile="),
    "worker": (
        *(*CELERY, "worker", "--pool", "threads", "--concurrency", "8", "--queues", "runs,sessions.local"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"),
    ),
}


class Stack:
    """What runs, and what is in its database."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.processes: list[subprocess.Popen] = []
        self.clock = Path(environment["HEXLITE_TEST_CLOCK"])

    def start(self, part: str) -> subprocess.Popen:
        """A `beat` or a `worker`."""
        return self.spawn(PARTS[part], log=part)

    def spawn(self, command: tuple[str, ...], log: str) -> subprocess.Popen:
        with (self.folder / f"{log}.log").open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(os.getpid()),
            )
        self.processes.append(process)
        return process

    def start_kernels(self, *, wait: bool = True) -> None:
        """The kernel host; after `kill`, another one."""
        times = self._kernels_ready() + 1
        self.spawn((sys.executable, "manage.py", "kernels"), "kernels")
        if wait:
            self.wait_for_kernels(times)

    def wait_for_kernels(self, times: int) -> None:
        wait_until(lambda: self._kernels_ready() >= times, 30)

    def _kernels_ready(self) -> int:
        log = self.folder / "kernels.log"
        return log.read_text().count("kernel host ready\n") if log.exists() else 0

    def kill(self, process: subprocess.Popen) -> None:
        """kill -9."""
        process.kill()
        process.wait(10)
        self.processes.remove(process)

    def move_clock(self, *, minutes: float) -> None:
        ahead = float(self.clock.read_text()) + minutes * 60
        following = self.clock.with_suffix(".next")
        following.write_text(str(ahead))
        following.replace(self.clock)

    def python(self, code: str) -> Any:
        """Run code inside Django, in a process of its own; what it assigns to `answer` comes back."""
        program = f"{code}\nimport json\nprint('answer', json.dumps(answer, default=str))"
        finished = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", program],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        [line] = [line for line in finished.stdout.splitlines() if line.startswith("answer ")]
        return json.loads(line.removeprefix("answer "))

    def rows(self, query: str) -> list[tuple]:
        """What is in the database now."""
        address = f"file:{self.folder / 'hexlite.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
            return connection.execute(query).fetchall()

    def wait_for(self, query: str, wanted: list[tuple], seconds: float = 40) -> None:
        seen: list[tuple] = []

        def is_so() -> bool:
            nonlocal seen
            seen = self.rows(query)
            return seen == wanted

        try:
            wait_until(is_so, seconds)
        except AssertionError:
            logs = "\n".join(path.read_text()[-3000:] for path in self.folder.glob("*.log"))
            raise AssertionError(f"{query}\nis {seen}\nnot {wanted}\n{logs}") from None

    @property
    def kernels(self) -> list[str]:
        host = KernelHost(self.environment["HEXLITE_RUN_DIR"] + "/kernels.sock")
        return [kernel.label for kernel in host.kernels() if kernel.label]

    @property
    def mails(self) -> list[str]:
        """Those that are written to their end."""
        texts = [path.read_text() for path in sorted((self.folder / "mails").glob("*.log"))]
        return [text for text in texts if text.rstrip().endswith("-" * 70)]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        deadline = time.monotonic() + 15
        for process in self.processes:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


_prepared: list[bytes] = []


def _prepare_database(stack: Stack) -> None:
    """An empty database with all tables: migrated once, then copied."""
    file = stack.folder / "hexlite.sqlite3"
    if not _prepared:
        stack.spawn((sys.executable, "manage.py", "migrate", "-v", "0"), "migrate").wait(120)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _prepared.append(file.read_bytes())
    file.write_bytes(_prepared[0])


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """A database, a Redis and a kernel host that nobody else uses. Heartbeats are short."""
    clock = folder / "clock"
    clock.write_text("0")
    environment = {
        **clean_environment(folder),
        "DJANGO_SETTINGS_MODULE": "tests.moved_clock",
        "HEXLITE_TEST_CLOCK": str(clock),
        "HEXLITE_HEARTBEAT_SECONDS": "1",
        "HEXLITE_LEASE_SECONDS": "6",
        "HEXLITE_STOP_SECONDS": "3",
    }
    stack = Stack(folder, environment)
    try:
        stack.spawn(tuple(map(str, redis_command(Path(environment["HEXLITE_RUN_DIR"]), folder / "redis"))), "redis")
        stack.start_kernels(wait=False)
        _prepare_database(stack)
        stack.wait_for_kernels(1)
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(environment["HEXLITE_RUN_DIR"], ignore_errors=True)
