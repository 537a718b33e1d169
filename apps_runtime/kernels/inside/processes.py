"""Processes of one sandbox: who descends from whom, and how a whole family ends."""

import ctypes
import os
import signal
from contextlib import suppress

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
ROUNDS = 64

_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper(wanted: bool = True) -> None:
    """Orphans below this process become its children, so nothing leaves the family by a double fork or setsid."""
    _prctl(PR_SET_CHILD_SUBREAPER, int(wanted))


def die_with_parent() -> None:
    """SIGKILL for this process when the thread that forked it ends. Raises OSError."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def parents() -> dict[int, int]:
    """Every process that can be seen, with its parent."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as handle:
                # The command in parentheses may contain anything; the fields after the last ")" are state, parent, …
                found[int(name)] = int(handle.read().rpartition(b")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended while we looked.
    return found


def descendants(ancestor: int) -> set[int]:
    """All processes below `ancestor`, not itself."""
    children: dict[int, list[int]] = {}
    for process, parent in parents().items():
        children.setdefault(parent, []).append(process)
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def end_family(ancestor: int) -> None:
    """Stop, then kill `ancestor` and all below it.

    Stopping comes first because a stopped process cannot fork: a fork bomb that is killed one by one outruns its
    killer. What still slips through becomes an orphan of the fork server, which ends it as a stray.
    """
    _send(ancestor, signal.SIGSTOP)
    stopped: set[int] = set()
    for _ in range(ROUNDS):
        fresh = descendants(ancestor) - stopped
        if not fresh:
            break
        for process in fresh:
            _send(process, signal.SIGSTOP)
        stopped |= fresh
    for process in stopped:
        _send(process, signal.SIGKILL)
    _send(ancestor, signal.SIGKILL)


def _send(process: int, number: int) -> None:
    with suppress(ProcessLookupError):  # Already gone, which is what we wanted.
        os.kill(process, number)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
