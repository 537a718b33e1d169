"""How much memory a host may keep, what goes when that is too much, and whether something more fits: pure.

A host keeps sandboxes with templates and kernels in them. What nobody uses goes early, so that what somebody waits for
starts at once; only what is in use may fill the budget to its end, and nothing starts beyond it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

GIB = 1024**3


class KeptKind(StrEnum):
    """What may go. A sandbox takes all in it along; the others go alone, out of a sandbox that is in use."""

    SANDBOX = "sandbox"
    TEMPLATE = "template"
    STANDBY = "standby"


@dataclass(frozen=True)
class Idle:
    """Something that nobody uses: `frees` bytes when it goes, `again_seconds` to make it again."""

    name: str
    kind: KeptKind
    frees: int
    idle_seconds: float
    again_seconds: float
    sandbox: str = ""  # the one it is in
    part: str = ""  # how that one's weight calls it

    @property
    def waste(self) -> float:
        """Byte-seconds that it was kept for nothing, for each second that making it again would take."""
        return self.frees * self.idle_seconds / max(self.again_seconds, 0.1)


@dataclass(frozen=True)
class MemoryBudget:
    """`most`: bytes of all that the host keeps. `free`: bytes of the machine's memory that are left to others.

    What others take is seen in the machine's available memory: two installations on one machine share it, because what
    is idle goes while twice `free` are still available, and starts are refused only when no more than `free` is.
    """

    most: int
    free: int

    @classmethod
    def of(cls, total: int, *, most: int = 0, free: int = 0) -> "MemoryBudget":
        """Of a machine with so much memory; what is 0 is derived from it: seven tenths to keep, a tenth left free."""
        return cls(most or total * 7 // 10, free or min(total // 10, 4 * GIB))

    def room(self, *, kept: int, available: int) -> int:
        """Bytes that may still be kept; below 0 when it is too much already."""
        return min(self.most - kept, available - self.free)

    def excess(self, *, kept: int, available: int) -> int:
        """Bytes of idle things that should go now: a tenth of the budget is held for what starts next."""
        return max(0, kept - self.most * 9 // 10, 2 * self.free - available)


def to_go(idle: Iterable[Idle], excess: int) -> list[Idle]:
    """The least useful things that together free `excess` bytes, or all there are: first what was kept longest for
    least, kernels in reserve last. Nothing goes for an excess of 0."""
    going: list[Idle] = []
    for one in sorted(idle, key=lambda one: (one.kind is KeptKind.STANDBY, -one.waste)):
        if excess <= 0:
            break
        if one.frees > 0:
            going.append(one)
            excess -= one.frees
    return going


def fitting(need: int, *, room: int, idle: Iterable[Idle]) -> int:
    """How many that need so much can start, when idle things may go for them."""
    return max(0, (room + sum(max(0, one.frees) for one in idle)) // max(need, 1))
