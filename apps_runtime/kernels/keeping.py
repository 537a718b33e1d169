"""Keeps all that a host holds within its budget of memory: weighs it every few seconds, lets go what nobody uses, and
says whether something more fits. What goes is decided in `budget`."""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from apps_runtime.kernels.budget import Idle, KeptKind, MemoryBudget, fitting, to_go
from apps_runtime.kernels.errors import KernelUnavailable
from apps_runtime.kernels.hosted import HostedKernel
from apps_runtime.kernels.limits import MIB
from apps_runtime.kernels.machine import Memory
from apps_runtime.kernels.process_table import ProcessTable, Shares
from apps_runtime.kernels.running_sandbox import RunningSandbox
from apps_runtime.kernels.sandbox import Layer
from apps_runtime.kernels.settings import HostSettings
from apps_runtime.kernels.weights import Load, Scales, Weight

log = logging.getLogger(__name__)
WEIGH_SECONDS = 2.0
# What new things need before anybody has weighed them: measured with numpy, pandas and matplotlib loaded.
SANDBOX, TEMPLATE, KERNEL = 45 * MIB, 40 * MIB, 40 * MIB
# So long a kernel counts as what one of its sandbox needed lately: its first cells are still to load their data.
YOUNG_SECONDS = 30.0
# A template is made again with its sandbox's Python.
WARM_SECONDS = 2.0
# A sandbox that takes longer to end is not waited for.
GONE_SECONDS = 5.0


@dataclass
class Promise:
    """Memory for something that is being started from the sandbox of this key, which stays as it is meanwhile."""

    key: str
    bytes: int


class Keeper:
    """The memory of the sandboxes in `sandboxes`, which somebody else fills."""

    def __init__(self, settings: HostSettings, sandboxes: dict[str, RunningSandbox]) -> None:
        self.settings, self.sandboxes = settings, sandboxes
        self.budget = MemoryBudget.of(Memory.look().total, most=settings.memory_bytes, free=settings.free_bytes)
        self.promises: list[Promise] = []
        self.closing: set[asyncio.Task[None]] = set()
        self.evicted = 0
        self.weighed_in = 0.0  # seconds of the last weighing
        self.own = 0  # bytes of the host itself
        self._scales = Scales()
        self._weights: dict[str, Weight] = {}
        self._needed: dict[str, int] = {}  # the largest kernel of each sandbox that was there at the last weighing
        self._making_room, self._weighing = asyncio.Lock(), asyncio.Lock()

    async def watch(self) -> None:
        """For ever: weigh and let go, as long as there is anything."""
        while True:
            await asyncio.sleep(WEIGH_SECONDS)
            if self.sandboxes:
                await self.weigh()
                await self.free(self.budget.excess(kept=self.kept(), available=Memory.look().available))

    async def weigh(self) -> None:
        """In a thread, as the system walks page tables meanwhile. Who asks while it is done waits for that."""
        async with self._weighing:
            await self._weigh_all()

    async def _weigh_all(self) -> None:
        began = time.monotonic()
        there = {key: one for key, one in self.sandboxes.items() if one.usable}
        found, self.own = await asyncio.to_thread(self._weigh, [_load(key, one) for key, one in there.items()])
        self._weights = {key: weight for key, weight in found.items() if self.sandboxes.get(key) is there[key]}
        self.weighed_in = time.monotonic() - began
        for key, sandbox in self.sandboxes.items():
            parts = self._weights[key].parts if key in self._weights else {}
            sizes = [parts[kernel.kernel_id].proportional for kernel in _in_use(sandbox) if kernel.kernel_id in parts]
            if sizes:
                self._needed.pop(key, None)
                self._needed[key] = max(sizes)
        for key in list(self._needed)[:-1000]:
            del self._needed[key]

    # ---- How much there is

    def kept(self) -> int:
        """Bytes of all that is there, and of what has been promised."""
        return self.own + sum(self._size(key) for key in self.sandboxes) + self._to_come()

    def room(self) -> int:
        """Bytes that may be kept besides. What is coming is not in the machine's books yet."""
        return self.budget.room(kept=self.kept(), available=Memory.look().available - self._to_come())

    def need(self, key: str, *, template: str = "") -> int:
        """Bytes that a kernel of this sandbox will need, with what must be started for it."""
        kernel = max(KERNEL, self._needed.get(key, 0))
        sandbox = self.sandboxes.get(key)
        if sandbox is None or not sandbox.usable:
            return SANDBOX + kernel
        # One in reserve has been weighed already.
        waiting = any(one.standby and one.version == template and not one.reason for one in sandbox.kernels.values())
        return kernel - KERNEL if waiting else kernel

    def need_of_template(self, key: str) -> int:
        """Bytes that playing a version in this sandbox will need: what a kernel of it does."""
        sandbox = self.sandboxes.get(key)
        opened = sandbox is not None and sandbox.usable
        return (0 if opened else SANDBOX) + max(TEMPLATE, self._needed.get(key, 0))

    async def fitting(self, key: str, need: int) -> int:
        """How many such can start when what is idle goes for them; what is new is weighed before that is nothing."""
        found = self._fitting(key, need)
        if found == 0:
            await self.weigh()
            found = self._fitting(key, need)
        return found

    def _fitting(self, key: str, need: int) -> int:
        """The first of all may need the whole budget."""
        idle = self.idle(sparing=key)
        found = fitting(need, room=self.room(), idle=idle)
        if found == 0 and not self.promises and not any(_in_use(one) for one in self.sandboxes.values()):
            return int(Memory.look().available + sum(one.frees for one in idle) > self.budget.free)
        return found

    def fits(self, need: int) -> bool:
        """Without anything going, and with what is held for the next start left."""
        kept = self.kept() + need
        return not self.budget.excess(kept=kept, available=Memory.look().available - self._to_come() - need)

    @contextmanager
    def promise(self, key: str, need: int) -> Iterator[Promise]:
        """While something is started from this sandbox, nothing of it goes, and its memory is nobody else's; what is
        there is counted by itself, and may be taken off the promise."""
        promised = Promise(key, need)
        self.promises.append(promised)
        try:
            yield promised
        finally:
            self.promises.remove(promised)

    # ---- What goes

    async def make_room(self) -> None:
        """Let idle things go until what was promised fits; returns when they are gone."""
        async with self._making_room:  # Whoever comes next sees what this one has freed.
            await self.free(-self.room())

    async def free(self, excess: int) -> None:
        """End idle things that free so many bytes, or all there are. Returns when the sandboxes among them are gone."""
        ending = []
        for one in to_go(self.idle(), excess):
            sandbox = self.sandboxes[one.sandbox]
            log.info("%s of %s goes: %d MB for others", one.kind, sandbox.project_id, one.frees / MIB)
            self.evicted += 1
            with suppress(KernelUnavailable):  # It ended meanwhile: that is what was wanted.
                if one.kind is KeptKind.SANDBOX:
                    ending.append(self.close_sandbox(one.sandbox))
                    continue
                if one.kind is KeptKind.TEMPLATE:
                    sandbox.drop_template(one.name, "its memory was needed for others")
                else:
                    sandbox.end(one.name, "its memory was needed for others")
                self._weights[one.sandbox] = self._weights[one.sandbox].without(one.part)
        if ending:
            await asyncio.wait(ending, timeout=GONE_SECONDS)

    def idle(self, *, sparing: str = "") -> list[Idle]:
        """All that may go: nothing of a sandbox from which something is being started."""
        busy = {sparing, *(promise.key for promise in self.promises)}
        now = time.monotonic()
        return [
            one
            for key, sandbox in self.sandboxes.items()
            if key not in busy and sandbox.usable and key in self._weights
            for one in _idle_in(key, sandbox, self._weights[key], now)
        ]

    def facts(self) -> dict:
        """For metrics, `doctor` and the admin."""
        memory = Memory.look()
        return {
            "kept": self.kept(),
            "idle": sum(one.frees for one in self.idle()),
            "most": self.budget.most,
            "free": self.budget.free,
            "total": memory.total,
            "available": memory.available,
            "evicted": self.evicted,
            "weighed_in": round(self.weighed_in, 4),
        }

    def size_of(self, key: str) -> int:
        return self._weights[key].total if key in self._weights else 0

    def close_sandbox(self, key: str) -> asyncio.Task[None]:
        """End a sandbox; it is out of the books at once, so that whoever comes meanwhile gets a new one."""
        self._weights.pop(key, None)
        task = asyncio.create_task(self.sandboxes.pop(key).close())
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)
        return task

    async def close(self) -> None:
        """Wait for those that are ending."""
        if self.closing:
            await asyncio.wait(self.closing)

    # ---- Below

    def _weigh(self, loads: list[Load]) -> tuple[dict[str, Weight], int]:
        processes = ProcessTable.take()
        return self._scales.weigh(loads, processes), processes.shares(os.getpid()).proportional

    def _size(self, key: str) -> int:
        """As weighed; before that what such things need."""
        sandbox, weight = self.sandboxes[key], self._weights.get(key)
        if weight is not None:
            return weight.total
        return SANDBOX + TEMPLATE * len(sandbox.templates)

    def _to_come(self) -> int:
        """Bytes that were promised, or that young kernels are expected to need beyond what they have."""
        coming = sum(promise.bytes for promise in self.promises)
        now = time.monotonic()
        for key, sandbox in self.sandboxes.items():
            parts: Mapping[str, Shares] = self._weights[key].parts if key in self._weights else {}
            for kernel in sandbox.kernels.values():
                if now - kernel.born < YOUNG_SECONDS:
                    expected = KERNEL if kernel.standby else max(KERNEL, self._needed.get(key, 0))
                    coming += max(0, expected - parts.get(kernel.kernel_id, Shares()).proportional)
        return coming


def _load(key: str, sandbox: RunningSandbox) -> Load:
    parts = {kernel.kernel_id: kernel.outside for kernel in sandbox.kernels.values() if kernel.outside}
    parts |= {one.name: one.outside for one in sandbox.templates.values() if one.outside}
    places = sandbox.places
    in_memory = sandbox.walls.layer is Layer.BUBBLEWRAP
    folders = (places.scratch, places.home, "/dev", "/dev/shm") if in_memory else ()  # noqa: S108 (inside)
    return Load(key, sandbox.roots, parts, folders)


def _in_use(sandbox: RunningSandbox) -> list[HostedKernel]:
    return [kernel for kernel in sandbox.kernels.values() if not kernel.standby]


def _idle_in(key: str, sandbox: RunningSandbox, weight: Weight, now: float) -> Iterator[Idle]:
    """A sandbox in which nobody has a kernel, and nothing is played, goes whole."""
    templates = list(sandbox.templates.values())
    if not _in_use(sandbox) and all(one.report.done() for one in templates):
        used = max([sandbox.last_used, *(one.last_used for one in templates)])
        again = WARM_SECONDS + sum(one.report.result().seconds for one in templates)
        yield Idle(key, KeptKind.SANDBOX, weight.total, now - used, again, key)
        return
    for template in templates:
        if template.ready and template.name in weight.parts:
            frees, again = weight.parts[template.name].private, WARM_SECONDS + template.report.result().seconds
            yield Idle(template.key, KeptKind.TEMPLATE, frees, now - template.last_used, again, key, template.name)
    for kernel in sandbox.kernels.values():
        if kernel.standby and kernel.ready.done() and not kernel.reason and kernel.kernel_id in weight.parts:
            frees = weight.parts[kernel.kernel_id].private
            yield Idle(kernel.kernel_id, KeptKind.STANDBY, frees, now - kernel.born, 1.0, key, kernel.kernel_id)
