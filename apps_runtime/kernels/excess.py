"""When what kernels write is too much, who is to be stopped for it: pure, told the time."""

from dataclasses import dataclass, field

from apps_runtime.kernels.limits import MIB
from projects.disk import Taken

# From the interrupt until whoever goes on is ended; and how long it is remembered.
GRACE_SECONDS, NOTICE_SECONDS = 0.5, 10.0
# What is no growth, beyond a limit: bytes, files, bytes that are free no more.
STEPS = (MIB, 100, MIB)
Found = tuple[int, int, int]


@dataclass
class Excess:
    """Something is beyond its limit: what was found when somebody was stopped last, and when that was."""

    found: Found
    at: float
    waits: bool = True  # for those who were interrupted to have ended

    def grew(self, found: Found, *, now: float) -> bool:
        """Whether somebody goes on, and is to be stopped now. What is less does not become a right to write it again,
        and what an interrupted cell still wrote is no going on."""
        if self.waits:
            if now - self.at >= GRACE_SECONDS:
                self.found, self.waits = found, False
            return False
        if any(new > old + step for new, old, step in zip(found, self.found, STEPS, strict=True)):
            self.found, self.at, self.waits = found, now, True
            return True
        self.found = tuple(map(min, found, self.found))  # type: ignore[assignment]
        return False


@dataclass
class Ledger:
    """What is known of one place that kernels write to."""

    looks: int = 0
    counted: float = float("-inf")
    took: float = 0.0  # seconds
    free: int = 0  # on its disk, at that time
    taken: Taken = field(default_factory=Taken)
    spent: dict[str, tuple[int, int]] = field(default_factory=dict)  # by whom: bytes written, time in the system
    stopped: dict[str, float] = field(default_factory=dict)  # by whom: when it was interrupted
    over: Excess | None = None


def to_blame(growth: dict[str, tuple[int, int]], *, only_writers: bool = False) -> set[str]:
    """Those who wrote at least a tenth of what the busiest wrote. Where nobody wrote bytes (empty files, and disks that
    do not count), the same of the time that the system spent on them; not with `only_writers`.

    `growth` is, by name, bytes written and time in the system since the last look.
    """
    for position, least in enumerate((MIB,) if only_writers else (64 * 1024, 1)):
        most = max((one[position] for one in growth.values()), default=0)
        if most >= least:
            return {name for name, one in growth.items() if one[position] * 10 >= most}
    return set()
