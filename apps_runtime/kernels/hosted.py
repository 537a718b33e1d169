"""What a sandbox holds, as the host knows it: kernels and templates, and who waits for them."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from apps_runtime.kernels.addresses import TemplateReport
from apps_runtime.kernels.errors import KernelStartFailed
from apps_runtime.kernels.kernel_limits import KernelClaim

NOBODY = KernelClaim("")


def _future() -> asyncio.Future:
    return asyncio.get_running_loop().create_future()


@dataclass
class HostedKernel:
    """One kernel: what was asked, what the fork server said about it, and who waits for its end."""

    kernel_id: str
    folder: Path
    connection: dict
    label: str = ""
    purpose: str = ""
    claim: KernelClaim = NOBODY
    standby: bool = False
    template: str = ""  # the name of the one it was forked from
    version: str = ""  # which that had played
    born: float = field(default_factory=time.monotonic)
    process: int = 0  # its number inside the sandbox
    outside: int = 0  # its number on the machine, found by the first look at the processes
    peak: int = 0  # bytes, the most that a look found
    reason: str = ""  # why the host ended it, when the host did
    notice: str = ""  # why the host interrupted it, and when (of time.monotonic)
    noticed: float = float("-inf")
    ready: asyncio.Future = field(default_factory=_future)
    ended: asyncio.Future = field(default_factory=_future)

    def be_ready(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def end(self, *, code: int | None, reason: str) -> None:
        """The process is gone: wake who waits."""
        if not self.ready.done():
            self.ready.set_exception(KernelStartFailed(reason or f"The kernel ended while it started (status {code})."))
            self.ready.exception()  # Marked as seen: nobody may be waiting.
        if not self.ended.done():
            self.ended.set_result({"code": code, "reason": self.reason or reason})


@dataclass
class HostedTemplate:
    """One version's template: played or being played. `name` is its own: a version may be played again."""

    key: str
    name: str
    report: asyncio.Future[TemplateReport] = field(default_factory=_future)
    process: int = 0
    outside: int = 0
    last_used: float = field(default_factory=time.monotonic)
    resident: int = 0
    reason: str = ""

    @property
    def ready(self) -> bool:
        return self.report.done() and self.report.result().ready

    def tell(self, report: TemplateReport) -> None:
        if not self.report.done():
            self.report.set_result(report)
