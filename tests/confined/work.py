"""What the children of these tests are asked to do."""

import os
import resource
import signal
import threading
import time
from pathlib import Path
from typing import Any

from projects.notebook.files.unreadable import UnreadableNotebook


def echo(value: Any) -> Any:
    return value


def burn(name: str = "") -> None:
    """Hold a processor for good."""
    while True:
        pass


def eat(megabytes: int) -> int:
    return len(b"x" * (megabytes * 2**20))


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def raise_odd() -> None:
    raise KeyError("what somebody wrote")


def raise_own() -> None:
    raise UnreadableNotebook("weather.ipynb is empty.")


class _Runs:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def answer_that_runs(command: str) -> Any:
    return _Runs(command)


_kept: list[bytes] = []


def keep(megabytes: int) -> None:
    _kept.append(b"x" * (megabytes * 2**20))


def kept() -> int:
    return len(_kept)


def slowly_who_am_i(seconds: float) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
    return os.getpid()


def write(path: str) -> None:
    Path(path).write_text("x" * 10_000)


def facts() -> dict[str, Any]:
    """What a child has, and may."""
    return {
        "pid": os.getpid(),
        "environment": sorted(os.environ),
        "open": sorted(str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()),
        "threads": threading.active_count(),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "file": resource.getrlimit(resource.RLIMIT_FSIZE),
    }
