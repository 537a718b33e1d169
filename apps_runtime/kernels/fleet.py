"""All kernels of this machine: which sandbox serves whom, who is let in, and who must go."""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from apps_runtime.kernels import cgroups, folders
from apps_runtime.kernels.addresses import KernelAddress, KernelStatus, TemplateReport
from apps_runtime.kernels.disk import NOTICE_SECONDS, DiskWatch
from apps_runtime.kernels.environments import Environment, find_environment
from apps_runtime.kernels.errors import KernelGone, KernelHostFull, KernelStartFailed
from apps_runtime.kernels.hosted import HostedKernel
from apps_runtime.kernels.keeping import Keeper, Promise
from apps_runtime.kernels.kernel_limits import MANY, Admission, KernelClaim
from apps_runtime.kernels.process_table import peak_bytes
from apps_runtime.kernels.running_sandbox import RunningSandbox
from apps_runtime.kernels.sandbox import Outside, Walls
from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC, HostSettings
from apps_runtime.kernels.watchdog import Watchdog

log = logging.getLogger(__name__)
# Kernels in reserve are made a moment later: the one just taken has its first cell to play.
REFILL_SECONDS = 1.0


@dataclass(frozen=True)
class WantedKernel:
    """A request for a kernel. `files` and `uploads` are folders on the host; empty uploads: none are shown."""

    project_id: str
    files: str
    kernelspec: str = DEFAULT_KERNELSPEC
    uploads: str = ""
    label: str = ""
    purpose: str = ""
    person: str = ""
    app: str = ""
    ticket: str = ""
    template: str = ""
    network: bool = True


@dataclass(frozen=True)
class Place:
    """What makes sandboxes differ; `key` names it."""

    key: str
    files: Path
    uploads: Path | None
    network: bool


class Fleet:
    """The sandboxes in use, by what makes them differ."""

    def __init__(self, settings: HostSettings, walls: Walls) -> None:
        self.settings, self.walls = settings, walls
        self.admission = Admission(settings.host_limits)
        self.sandboxes: dict[str, RunningSandbox] = {}
        self.opening: dict[str, asyncio.Task[RunningSandbox]] = {}
        self.keeper = Keeper(settings, self.sandboxes)
        self.overseer = Watchdog(settings, self.sandboxes, self.keeper)
        self.disk_watch = DiskWatch(settings, self.sandboxes)
        self.networked = settings.network and (walls.uplink is not None or settings.share_network)
        self.starting: dict[str, KernelClaim] = {}
        self.environments: dict[str, Environment] = {}
        self.groups = cgroups.probe()
        self.etc = folders.write_etc(settings.run_dir)
        self.font_cache: asyncio.Task[Path | None] = asyncio.create_task(
            asyncio.to_thread(folders.font_cache, settings)
        )

    async def watch(self) -> None:
        """For ever: limits, reserves, memory, disk. Raises what breaks one of them."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.overseer.watch())
            tasks.create_task(self.keeper.watch())
            tasks.create_task(self.disk_watch.watch())

    # ---- What the host is asked

    async def start(self, wanted: WantedKernel) -> KernelAddress:
        """A ready kernel. Raises KernelHostFull, KernelStartFailed, UnknownKernelspec."""
        claim = KernelClaim(wanted.ticket or os.urandom(8).hex(), wanted.person, wanted.app)
        key = self._place(wanted).key
        need = self.keeper.need(key, template=wanted.template)
        fitting = await self.keeper.fitting(key, need) if need else MANY
        self.admission.check(claim, self._held(), now=time.monotonic(), fitting=fitting)
        self.starting[claim.ticket] = claim
        try:
            with self.keeper.promise(key, need) as promised:
                await self.keeper.make_room()
                sandbox = await self.open(wanted)
                kernel = self._take(sandbox, wanted)
                promised.bytes = 0
                kernel.label, kernel.purpose, kernel.claim = wanted.label, wanted.purpose, claim
                await self._until_ready(sandbox, kernel)
        finally:
            del self.starting[claim.ticket]
        asyncio.get_running_loop().call_later(REFILL_SECONDS, self.overseer.refill, sandbox)
        return KernelAddress(
            kernel_id=kernel.kernel_id,
            connection=kernel.connection,
            host=str(self.settings.socket_path),
            interrupt_mode=sandbox.environment.interrupt_mode,
            uploads=sandbox.places.uploads,
            forked_from=kernel.version,
            since=time.time(),
        )

    async def open(self, wanted: WantedKernel) -> RunningSandbox:
        """The sandbox for this request, started when there is none. Several who ask wait for the same one."""
        place = self._place(wanted)
        sandbox = self.sandboxes.get(place.key)
        if sandbox is not None and sandbox.usable:
            sandbox.last_used = time.monotonic()
            return sandbox
        if place.key not in self.opening:
            self.opening[place.key] = asyncio.create_task(self._open(place, wanted))
            self.opening[place.key].add_done_callback(lambda _: self.opening.pop(place.key, None))
        return await asyncio.shield(self.opening[place.key])

    async def prepare(self, wanted: WantedKernel) -> RunningSandbox:
        """A warm sandbox with kernels in reserve, before they are needed. Raises KernelHostFull."""
        async with self._for_later(wanted):
            sandbox = await self.open(wanted)
        sandbox.last_clean_start = time.monotonic()
        self.overseer.refill(sandbox)
        return sandbox

    async def make_template(
        self, wanted: WantedKernel, cells: Sequence[tuple[str, str]], *, seconds: float
    ) -> TemplateReport:
        """Play a version once; afterwards `start` with this `template` forks it. A template that exists is kept.

        Raises KernelHostFull when it does not fit, KernelStartFailed when there is no sandbox to play it in.
        """
        async with self._for_later(wanted) as promised:
            sandbox = await self.open(wanted)
            promised.bytes = self.keeper.need_of_template(self._place(wanted).key)
            if sandbox.environment.preload is None:
                return TemplateReport(ready=False, reason="kernels of this kernelspec are not forked")
            template = sandbox.templates.get(wanted.template) or sandbox.make_template(wanted.template, cells)
            try:
                report = await asyncio.wait_for(asyncio.shield(template.report), seconds)
            except TimeoutError:
                sandbox.drop_template(wanted.template, f"was still running after {seconds:g} seconds")
                report = await template.report
            template.last_used = sandbox.last_used = time.monotonic()
        if report.ready:
            self.overseer.refill(sandbox)
        return report

    @asynccontextmanager
    async def _for_later(self, wanted: WantedKernel) -> AsyncIterator[Promise]:
        """Room for something that nobody waits for. Raises KernelHostFull: those who wait come first."""
        key = self._place(wanted).key
        need = self.keeper.need_of_template(key)
        if self.admission.somebody_waits_for_the_machine or not await self.keeper.fitting(key, need):
            waiting = len(self.admission.waiting)
            raise KernelHostFull(limit="memory", most=len(self._held()), position=waiting + 1, waiting=waiting + 1)
        with self.keeper.promise(key, need) as promised:
            await self.keeper.make_room()
            yield promised

    def drop_template(self, project_id: str, key: str) -> None:
        for sandbox in self.sandboxes.values():
            if sandbox.project_id == project_id and sandbox.usable:
                sandbox.drop_template(key, "the version is not live any more")

    def find(self, kernel_id: str) -> tuple[RunningSandbox, HostedKernel]:
        """Raises KernelGone."""
        for sandbox in self.sandboxes.values():
            if kernel_id in sandbox.kernels:
                return sandbox, sandbox.kernels[kernel_id]
        raise KernelGone(f"There is no kernel {kernel_id}.")

    async def end(self, kernel_id: str, reason: str) -> None:
        """Kill a kernel and wait until it is gone; a sandbox that does not manage that in time is ended whole."""
        sandbox, _ = self.find(kernel_id)
        kernel = sandbox.end(kernel_id, reason)
        try:
            await asyncio.wait_for(asyncio.shield(kernel.ended), 5)
        except TimeoutError:
            log.warning("kernel %s could not be killed alone; its sandbox ends", kernel_id)
            await sandbox.close()

    def statuses(self) -> list[KernelStatus]:
        """All kernels that somebody holds; the ones in reserve are not among them."""
        return [
            self.status(sandbox, kernel)
            for sandbox in self.sandboxes.values()
            for kernel in sandbox.kernels.values()
            if not kernel.standby
        ]

    def status(self, sandbox: RunningSandbox, kernel: HostedKernel) -> KernelStatus:
        use = self.overseer.use_of(kernel)
        return KernelStatus(
            kernel_id=kernel.kernel_id,
            project_id=sandbox.project_id,
            label=kernel.label,
            state="ready" if kernel.ready.done() else "starting",
            age_seconds=round(time.monotonic() - kernel.born, 3),
            resident=use.resident,
            peak=max(kernel.peak, peak_bytes(kernel.outside) if kernel.outside else 0),
            processes=use.processes,
            process=kernel.outside,
            purpose=kernel.purpose,
            person=kernel.claim.person,
            app=kernel.claim.app,
            template=kernel.version,
            notice=kernel.notice if time.monotonic() - kernel.noticed < NOTICE_SECONDS else "",
            ending=bool(kernel.reason),
        )

    async def close(self) -> None:
        self.font_cache.cancel()
        for task in list(self.opening.values()):
            task.cancel()
        await asyncio.gather(*(one.close() for one in list(self.sandboxes.values()) if one.alive))
        await self.keeper.close()
        if self.groups is not None:
            self.groups.remove()

    # ---- How a start goes

    def _held(self) -> list[KernelClaim]:
        held = [
            kernel.claim
            for sandbox in self.sandboxes.values()
            for kernel in sandbox.kernels.values()
            if not kernel.standby
        ]
        known = {claim.ticket for claim in held}
        return held + [claim for claim in self.starting.values() if claim.ticket not in known]

    def _take(self, sandbox: RunningSandbox, wanted: WantedKernel) -> HostedKernel:
        """One in reserve, or a new one; a clean one when the template is gone (the address says so)."""
        template = sandbox.templates.get(wanted.template)
        if template is not None and not template.ready:
            template = None
        if template is not None:
            template.last_used = time.monotonic()
        else:
            sandbox.last_clean_start = time.monotonic()
        origin = template.name if template is not None else ""
        for kernel in sandbox.kernels.values():
            # One that was told to end is still there until it has.
            if kernel.standby and kernel.ready.done() and kernel.template == origin and not kernel.reason:
                kernel.standby, kernel.born = False, time.monotonic()
                return kernel
        return sandbox.prepare(standby=False, template=template)

    async def _until_ready(self, sandbox: RunningSandbox, kernel: HostedKernel) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(kernel.ready), self.settings.start_seconds)
        except TimeoutError:
            with suppress(KernelGone):
                sandbox.end(kernel.kernel_id, "start timeout")
            raise KernelStartFailed("The kernel did not get ready in time.") from None

    def _place(self, wanted: WantedKernel) -> "Place":
        """Which sandbox it is to be. Raises KernelStartFailed when a folder is not there."""
        network = wanted.network and self.networked
        files = _folder(wanted.files)
        uploads = _folder(wanted.uploads) if wanted.uploads else None
        return Place(f"{wanted.project_id} {wanted.kernelspec} {network} {files} {uploads}", files, uploads, network)

    async def _open(self, place: "Place", wanted: WantedKernel) -> RunningSandbox:
        if wanted.kernelspec not in self.environments:
            environment = await asyncio.to_thread(find_environment, wanted.kernelspec, self.settings)
            self.environments[wanted.kernelspec] = environment
        name = hashlib.sha256(os.urandom(16)).hexdigest()[:8]
        outside = Outside(
            files=place.files,
            run=folders.sandboxes(self.settings.run_dir) / name,
            uploads=place.uploads,
            fonts=self.settings.fonts_dir,
            etc=self.etc,
            font_cache=await asyncio.shield(self.font_cache),
        )
        most = self.settings.kernel_limits.processes
        sandbox = RunningSandbox(
            wanted.project_id,
            self.environments[wanted.kernelspec],
            outside,
            self.walls,
            self.settings,
            place.network,
            self.groups.make(name, processes=most) if self.groups is not None else None,
        )
        await sandbox.open()
        sandbox.last_used = time.monotonic()
        self.sandboxes[place.key] = sandbox
        return sandbox


def _folder(path: str) -> Path:
    """A folder that exists. Raises KernelStartFailed."""
    folder = Path(path)
    if not folder.is_absolute() or not folder.is_dir():
        raise KernelStartFailed(f"There is no folder {path}.")
    return folder.resolve()
