"""What hexlite keeps is for its own account: other accounts of the machine read nothing of it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What there is in the folder of an installation; hidden from others even where the folder itself can't be.
KEPT = ("hexlite.sqlite3*", "secret-key", "log", "mail", "media", "files", "redis", "run")
OTHERS = 0o077


def begin(var_dir: Path, run_dir: Path) -> None:
    """From now on what this process makes is its account's alone; and what an earlier release left open is closed."""
    os.umask(OTHERS)
    for path in (var_dir, run_dir, *kept(var_dir)):
        if is_open(path) and _may_close(path):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)


def kept(var_dir: Path) -> list[Path]:
    return [path for pattern in KEPT for path in var_dir.glob(pattern)]


def is_open(path: Path) -> bool:
    """Whether other accounts may do anything with it."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


@contextmanager
def for_everybody() -> Iterator[None]:
    """What is made within may be read by all: styles and scripts, which one account may build and another serve."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _may_close(path: Path) -> bool:
    """Ours, and no folder that others use as well: `/tmp`, or a first one such as `/srv`."""
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX and len(path.resolve().parts) > 2
