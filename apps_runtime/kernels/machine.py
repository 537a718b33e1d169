"""The memory of this machine, or of the container that this process is in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The names that version 1 and 2 of control groups have for the same: the limit, what is used, the part of that which
# the system takes back when it needs it.
_NAMES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", b"total_inactive_file"),
    2: ("memory.max", "memory.current", b"inactive_file"),
}


@dataclass(frozen=True)
class Memory:
    """Bytes. `available`: what programs can still have before the system swaps, or ends one of them."""

    total: int
    available: int

    @classmethod
    def look(
        cls,
        meminfo: Path = Path("/proc/meminfo"),
        groups: Path = Path("/sys/fs/cgroup"),
        membership: Path = Path("/proc/self/cgroup"),
    ) -> "Memory":
        """Costs 0.1 ms. A control group with a limit counts as the machine."""
        lines = (line.split() for line in meminfo.read_bytes().splitlines())
        sizes = {words[0]: int(words[1]) * 1024 for words in lines}
        total, available = sizes[b"MemTotal:"], sizes[b"MemAvailable:"]
        for most, used in _limits(groups, membership):
            total, available = min(total, most), min(available, most - used)
        return cls(total, max(0, available))


def _limits(groups: Path, membership: Path) -> Iterator[tuple[int, int]]:
    """Limit and use of each group with one that this process is in; in a container the path may be another's, and then
    the mounted folder itself is the container's group."""
    lines = membership.read_text().splitlines() if membership.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        version = 1 if controllers else 2
        mounted = groups / "memory" if version == 1 else groups
        inside = Path(path.lstrip("/"))
        for folder in {mounted, *(mounted / part for part in (inside, *inside.parents))}:
            found = _limit(folder, version)
            if found is not None:
                yield found


def _limit(folder: Path, version: int) -> tuple[int, int] | None:
    most_name, used_name, cache_name = _NAMES[version]
    try:
        most = (folder / most_name).read_text().strip()
        if not most.isdigit() or int(most) >= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"):
            return None  # "max", or version 1's number for it
        used = int((folder / used_name).read_text())
        parts = dict(line.split() for line in (folder / "memory.stat").read_bytes().splitlines())
    except OSError:
        return None  # No such group, or none of the root's.
    return int(most), used - int(parts.get(cache_name, 0))
