"""A limit on the number of processes that also holds for root, whom RLIMIT_NPROC does not concern.

Where this account may make a group for the `pids` controller (root, or a delegated branch), every sandbox is one.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PREFIX = "hexlite-"
# The shell enters the group and becomes the sandbox: same process, so it still dies with the host.
_ENTER = 'echo $$ > "$0" && exec "$@"'


@dataclass(frozen=True)
class ControlGroup:
    """One sandbox's group."""

    folder: Path

    def entering(self, command: list[str]) -> list[str]:
        """The same command, run inside the group."""
        return ["/bin/sh", "-c", _ENTER, str(self.folder / "cgroup.procs"), *command]

    def remove(self) -> None:
        """Fine when the system has not quite forgotten the processes: the next host clears what is left."""
        with contextlib.suppress(OSError):
            self.folder.rmdir()


@dataclass(frozen=True)
class Groups:
    """The branch under which this host may make groups."""

    folder: Path

    def remove(self) -> None:
        _clear(self.folder)

    def make(self, name: str, *, processes: int) -> ControlGroup | None:
        """None when the system refuses after all; the other limits hold without it."""
        group = ControlGroup(self.folder / name)
        try:
            group.folder.mkdir()
            (group.folder / "pids.max").write_text(str(processes))
        except OSError:
            group.remove()
            return None
        return group


def probe() -> Groups | None:
    """The branch, when there is one that this account may use; clears what hosts before this one left."""
    for base in _bases():
        for old in base.glob(f"{PREFIX}*"):
            if not Path("/proc", old.name.removeprefix(PREFIX)).exists():  # Its host is gone.
                _clear(old)
        folder = base / f"{PREFIX}{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        trial = Groups(folder).make("trial", processes=8)
        if trial is not None:
            trial.remove()
            return Groups(folder)
        _clear(folder)
    return None


def _bases() -> list[Path]:
    """Our own place in each hierarchy that may have the controller; version 1 first, where it is unambiguous."""
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own[controllers] = path.lstrip("/")
    bases = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, kind, options, *_ = line.split()
        if kind == "cgroup" and "pids" in options.split(",") and "pids" in own:
            bases.append(Path(mount) / own["pids"])
        elif kind == "cgroup2" and "" in own:
            bases.append(Path(mount) / own[""])
    return bases


def _clear(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for inner in folder.iterdir():
            if inner.is_dir():
                inner.rmdir()
        folder.rmdir()
