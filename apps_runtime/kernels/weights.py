"""What each sandbox really keeps in memory, read so that it costs little.

Pages that processes share count once (proportional set size). Reading that takes 3 ms for a process, 20 for one with
numpy and pandas, so a sandbox is read again only when a process of it came, went or touched a page.
"""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from apps_runtime.kernels.process_table import ProcessTable, Shares

# Pages that a sandbox shares with others cost it more when those go, and nothing of its own tells that.
READ_AGAIN_SECONDS = 300.0


@dataclass(frozen=True)
class Load:
    """What is to be weighed: processes of the machine with all below them, and below these some to tell apart.

    `folders` are the sandbox's own file systems in memory, as addresses inside of it.
    """

    key: str
    roots: tuple[int, ...]
    parts: Mapping[str, int]
    folders: Sequence[str] = ()


@dataclass(frozen=True)
class Weight:
    """Bytes of the whole, of its files in memory included, and what each part has of it."""

    total: int
    parts: Mapping[str, Shares] = field(default_factory=dict)

    def without(self, part: str) -> "Weight":
        """When a part has ended; what it shared is still there."""
        rest = {name: shares for name, shares in self.parts.items() if name != part}
        return Weight(self.total - self.parts[part].private, rest)


@dataclass(frozen=True)
class _WeightReading:
    sign: tuple
    at: float
    total: int
    parts: Mapping[str, Shares]


class Scales:
    """Remembers the last reading of each sandbox. Used by one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[str, _WeightReading] = {}

    def weigh(self, loads: Sequence[Load], processes: ProcessTable) -> dict[str, Weight]:
        now = time.monotonic()
        known = {load.key: self._read(load, processes, now) for load in loads}
        self._known = known
        return {
            load.key: Weight(known[load.key].total + _files(load, processes), known[load.key].parts) for load in loads
        }

    def _read(self, load: Load, processes: ProcessTable, now: float) -> _WeightReading:
        family = [number for root in load.roots for number in processes.family(root)]
        touched = tuple(
            (number, processes.processes[number].resident, processes.processes[number].faults) for number in family
        )
        sign = (touched, tuple(load.parts.items()))
        before = self._known.get(load.key)
        if before is not None and before.sign == sign and now - before.at < READ_AGAIN_SECONDS:
            return before
        shares = {number: processes.shares(number) for number in family}
        parts = {
            name: sum((shares[number] for number in processes.family(root) if number in shares), Shares())
            for name, root in load.parts.items()
        }
        return _WeightReading(sign, now, sum(one.proportional for one in shares.values()), parts)


def _files(load: Load, processes: ProcessTable) -> int:
    """Bytes of files in the sandbox's own file systems in memory: they count to no process."""
    if not load.roots or not load.folders:
        return 0
    inside = processes.family(load.roots[0])[1:2]  # bubblewrap itself stays outside; its child has the sandbox's root.
    used: dict[int, int] = {}
    for number in inside:
        for folder in load.folders:
            with suppress(OSError):  # It ended, or the notebook has put something else there.
                device, size = _used(number, folder)
                used[device] = size
    return sum(used.values())


def _used(number: int, folder: str) -> tuple[int, int]:
    """A file system by its device, and the bytes in it. Raises OSError; follows no link, which may lead anywhere."""
    place = os.open(f"/proc/{number}/root", os.O_PATH | os.O_DIRECTORY)
    try:
        for name in folder.strip("/").split("/"):
            inner = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=place)
            os.close(place)
            place = inner
        facts = os.statvfs(place)
        return os.fstat(place).st_dev, (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    finally:
        os.close(place)
