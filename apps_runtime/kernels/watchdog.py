"""What the host does by itself: ends what uses too much, closes what nobody uses, keeps kernels in reserve."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress

from apps_runtime.kernels import unseen
from apps_runtime.kernels.errors import KernelUnavailable
from apps_runtime.kernels.hosted import HostedKernel, HostedTemplate
from apps_runtime.kernels.keeping import KERNEL, Keeper
from apps_runtime.kernels.process_table import ProcessTable, ProcessUse
from apps_runtime.kernels.running_sandbox import RunningSandbox
from apps_runtime.kernels.settings import HostSettings

log = logging.getLogger(__name__)
CENSUS_SECONDS = 0.5


class Watchdog:
    """Watches the sandboxes in `sandboxes`, which somebody else fills; those that ended are taken out here."""

    def __init__(self, settings: HostSettings, sandboxes: dict[str, RunningSandbox], keeper: Keeper) -> None:
        self.settings, self.sandboxes, self.keeper = settings, sandboxes, keeper
        self.uses: Mapping[str, ProcessUse] = {}
        self.unseen: dict[
            int, tuple[ProcessUse, int]
        ] = {}  # by process: when that had used so much, memory nobody maps

    async def watch(self) -> None:
        """For ever: look at all processes twice a second."""
        while True:
            await asyncio.sleep(CENSUS_SECONDS)
            if any(sandbox.kernels or sandbox.templates for sandbox in self.sandboxes.values()):
                self.judge(ProcessTable.take())
            self.let_go()
            self.close_the_idle()

    def use_of(self, kernel: HostedKernel) -> ProcessUse:
        return self.uses.get(kernel.kernel_id, ProcessUse())

    def judge(self, processes: ProcessTable) -> None:
        """End kernels and templates above their limits."""
        uses: dict[str, ProcessUse] = {}
        self.unseen = {number: kept for number, kept in self.unseen.items() if number in processes.processes}
        for sandbox in self.sandboxes.values():
            if sandbox.process is None or not sandbox.alive:
                continue
            with suppress(KernelUnavailable):  # A sandbox that ends meanwhile takes all of them along.
                self._judge_kernels(processes, sandbox, uses)
                self._judge_templates(processes, sandbox)
        self.uses = uses

    def refill(self, sandbox: RunningSandbox) -> None:
        """Kernels in reserve, clean ones and of each template, as long as somebody asks for such and there is room."""
        if not sandbox.usable or sandbox.environment.preload is None:
            return
        wanted = self._origins_in_use(sandbox)
        for template in (None, *(one for one in sandbox.templates.values() if one.ready)):
            origin = template.name if template is not None else ""
            if origin not in wanted:
                continue
            reserve = sum(
                kernel.standby and kernel.template == origin and not kernel.reason
                for kernel in sandbox.kernels.values()
            )
            for _ in range(self.settings.standby - reserve):
                if not self.keeper.fits(KERNEL):
                    return
                with suppress(KernelUnavailable):
                    sandbox.prepare(standby=True, template=template)

    def let_go(self) -> None:
        """Kernels in reserve that nobody has asked for lately, and templates that nobody used for long."""
        now = time.monotonic()
        for sandbox in self.sandboxes.values():
            if not sandbox.alive:
                continue
            wanted = self._origins_in_use(sandbox)
            with suppress(KernelUnavailable):
                for template in list(sandbox.templates.values()):
                    if template.ready and now - template.last_used > self.settings.template_idle_seconds:
                        sandbox.drop_template(template.key, "nobody used it for long")
                for kernel in list(sandbox.kernels.values()):
                    if kernel.standby and kernel.ready.done() and kernel.template not in wanted and not kernel.reason:
                        sandbox.end(kernel.kernel_id, "nobody needs it now")

    def close_the_idle(self) -> None:
        now = time.monotonic()
        for key, sandbox in list(self.sandboxes.items()):
            if not sandbox.alive:
                del self.sandboxes[key]
            elif any(not kernel.standby for kernel in sandbox.kernels.values()):
                sandbox.last_used = now
            elif now - sandbox.last_used > self._patience(sandbox):
                log.info("sandbox of %s idle: closed", sandbox.project_id)
                self.keeper.close_sandbox(key)

    def _judge_kernels(self, processes: ProcessTable, sandbox: RunningSandbox, uses: dict[str, ProcessUse]) -> None:
        limits = self.settings.kernel_limits
        for kernel in list(sandbox.kernels.values()):
            use = uses[kernel.kernel_id] = self._use(processes, sandbox, kernel)
            kernel.peak = max(kernel.peak, use.resident)
            if use.tasks > limits.family:
                sandbox.end(kernel.kernel_id, "process limit")
            elif self._too_big(processes, kernel, use):
                sandbox.end(kernel.kernel_id, "memory limit")

    def _judge_templates(self, processes: ProcessTable, sandbox: RunningSandbox) -> None:
        """A version that needs too much while it is played gets no template; its author reads why."""
        for template in list(sandbox.templates.values()):
            use = self._use(processes, sandbox, template)
            if use.tasks > self.settings.kernel_limits.family:
                sandbox.drop_template(template.key, "starts more processes and threads than a kernel may have")
            elif self._too_big(processes, template, use):
                sandbox.drop_template(template.key, "needs more memory than a kernel may have")

    def _use(self, processes: ProcessTable, sandbox: RunningSandbox, one: HostedKernel | HostedTemplate) -> ProcessUse:
        assert sandbox.process is not None
        if not one.outside and one.process:
            one.outside = processes.outside_number(sandbox.process.pid, one.process) or 0
        return processes.use(one.outside)

    def _too_big(self, processes: ProcessTable, one: HostedKernel | HostedTemplate, use: ProcessUse) -> bool:
        """Resident memory counts a page for each who shares it: cheap, and never too little; then shares decide."""
        most = self.settings.kernel_limits.resident
        hidden = self._unseen(processes, one, use)
        return use.resident + hidden > most and processes.share(one.outside, unseen=hidden) > most

    def _unseen(self, processes: ProcessTable, one: HostedKernel | HostedTemplate, use: ProcessUse) -> int:
        """Looked for where something was done since: a kernel that waits takes no memory."""
        known, found = self.unseen.get(one.outside, (None, 0))
        if one.outside and known != use:
            found = unseen.memory(processes.family(one.outside))
            self.unseen[one.outside] = use, found
        return found

    def _origins_in_use(self, sandbox: RunningSandbox) -> set[str]:
        """Names of templates, "" for none: those of which a kernel was asked for not long ago."""
        now = time.monotonic()
        since = now - self.settings.sandbox_idle_seconds
        used = {one.name for one in sandbox.templates.values() if one.last_used > since}
        return used | ({""} if now - sandbox.last_clean_start < self.settings.standby_seconds else set())

    def _patience(self, sandbox: RunningSandbox) -> float:
        return self.settings.template_idle_seconds if sandbox.templates else self.settings.sandbox_idle_seconds
