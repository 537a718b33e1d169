"""Who may have a kernel now, and who waits: pure, told the time.

A refused starter comes back with the same ticket; asking keeps its place, and not asking for a while gives it up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps_runtime.kernels.errors import KernelHostFull
from apps_runtime.kernels.limits import HostLimits

PATIENCE_SECONDS = 15.0
MANY = 1_000_000


@dataclass(frozen=True)
class KernelClaim:
    """For whom a kernel is wanted. `app` is empty for kernels that serve no app session, `person` for strangers."""

    ticket: str
    person: str = ""
    app: str = ""


@dataclass(frozen=True)
class KernelLimit:
    """One limit that is reached; `key` tells the queues apart."""

    kind: str
    key: str
    most: int


@dataclass
class Admission:
    """The limits, and those that were refused, oldest first: ticket → the limit it waits for, when it last asked."""

    limits: HostLimits
    waiting: dict[str, tuple[KernelLimit, float]] = field(default_factory=dict)

    def check(self, claim: KernelClaim, held: Iterable[KernelClaim], *, now: float, fitting: int = MANY) -> None:
        """Returns when the kernel may start; raises KernelHostFull with the place in the queue otherwise.

        `fitting`: for how many such kernels the machine has memory.
        """
        self._forget_the_impatient(now)
        held = list(held)
        limit = self._reached(claim, held) or self._others_first(claim, len(held), fitting)
        if limit is None:
            self.waiting.pop(claim.ticket, None)
            return
        self.waiting[claim.ticket] = (limit, now)  # A dict keeps the place of a key it has already.
        queue = self._queue(limit.key)
        raise KernelHostFull(
            limit=limit.kind, most=limit.most, position=queue.index(claim.ticket) + 1, waiting=len(queue)
        )

    def _reached(self, claim: KernelClaim, held: list[KernelClaim]) -> KernelLimit | None:
        limits = self.limits
        of_app = [other for other in held if claim.app and other.app == claim.app]
        if len(of_app) >= limits.app:
            return KernelLimit("app", f"app {claim.app}", limits.app)
        if claim.app and not claim.person and sum(not other.person for other in of_app) >= limits.anonymous:
            return KernelLimit("app", f"anonymous {claim.app}", limits.anonymous)
        if claim.person and sum(other.person == claim.person for other in held) >= limits.person:
            return KernelLimit("person", f"person {claim.person}", limits.person)
        if len(held) >= limits.host:
            return KernelLimit("machine", "machine", limits.host)
        return None

    def _others_first(self, claim: KernelClaim, held: int, fitting: int) -> KernelLimit | None:
        """The free places go to those who waited longest for the machine; nobody overtakes them."""
        queue = self._queue("machine")
        ahead = queue.index(claim.ticket) if claim.ticket in queue else len(queue)
        free = self.limits.host - held
        if ahead < min(free, fitting):
            return None
        return (
            KernelLimit("memory", "machine", held)
            if fitting < free
            else KernelLimit("machine", "machine", self.limits.host)
        )

    @property
    def somebody_waits_for_the_machine(self) -> bool:
        return bool(self._queue("machine"))

    def _queue(self, key: str) -> list[str]:
        return [ticket for ticket, (limit, _) in self.waiting.items() if limit.key == key]

    def _forget_the_impatient(self, now: float) -> None:
        self.waiting = {
            ticket: (limit, asked) for ticket, (limit, asked) in self.waiting.items() if now - asked < PATIENCE_SECONDS
        }
