"""What kernels write is counted while they write: the files of their project, and the room that is left on the disk.

Nobody who looks can be as fast as a disk. So the room on the disk is asked often, which costs nothing, and folders
are counted when they are due, or when the disk lost so much that a limit may be near. Whoever wrote most since the last
look is interrupted, and ended when it goes on.
"""

import asyncio
import logging
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from apps_runtime.kernels import unseen
from apps_runtime.kernels.errors import DISK_LIMIT, KernelUnavailable
from apps_runtime.kernels.excess import GRACE_SECONDS, NOTICE_SECONDS, Excess, Found, Ledger, to_blame
from apps_runtime.kernels.hosted import HostedKernel, HostedTemplate
from apps_runtime.kernels.limits import MIB, DiskLimits
from apps_runtime.kernels.process_table import ProcessTable, written_bytes
from apps_runtime.kernels.running_sandbox import RunningSandbox
from apps_runtime.kernels.sandbox import SHARED, Layer
from apps_runtime.kernels.settings import HostSettings
from projects.disk import DEEPEST, Taken, measure

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.2
COUNT_SECONDS = 1.0
# Counting takes at most a twentieth of the time, a fifth when a limit may be near.
SELDOM, OFTEN = 20, 5
_NOTHING = (0, 0)

Writer = HostedKernel | HostedTemplate


class DiskWatch:
    """Watches what the sandboxes in `sandboxes` write; somebody else fills and empties those."""

    def __init__(self, settings: HostSettings, sandboxes: dict[str, RunningSandbox]) -> None:
        self.settings, self.sandboxes = settings, sandboxes
        self.ledgers: dict[str, Ledger] = {}

    async def watch(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    def taken(self, files: Path) -> Taken:
        """What the last count of a project's folder has found."""
        return self.ledgers.get(str(files), Ledger()).taken

    async def look(self) -> None:
        living = [one for one in self.sandboxes.values() if one.alive and (one.kernels or one.templates)]
        places: dict[str, list[RunningSandbox]] = {}
        for sandbox in living:
            places.setdefault(str(sandbox.outside.files), []).append(sandbox)
        for name, sandboxes in places.items():
            await self._look_at_project(name, sandboxes)
        for sandbox in living:
            if sandbox.walls.layer is Layer.BUBBLEWRAP:
                await self._look_at_scratch(sandbox)
        if bare := [one for one in living if one.walls.layer is not Layer.BUBBLEWRAP]:
            await self._look_at_shared(bare)
        known = {*places, SHARED, *(str(one.outside.run) for one in living)}
        self.ledgers = {name: ledger for name, ledger in self.ledgers.items() if name in known}

    # ---- Places

    async def _look_at_project(self, name: str, sandboxes: list[RunningSandbox]) -> None:
        ledger = self.ledgers.setdefault(name, Ledger())
        limits, folder = self.settings.disk_limits, Path(name)
        free = min(_free(folder), *(_free(one.outside.run) for one in sandboxes))
        full = free < limits.free
        if not (full or _is_due(ledger, free, limits.project)):
            return
        processes, began = ProcessTable.take(), time.monotonic()
        spent = _spent(processes, sandboxes)
        if not full and (ledger.over or spent != ledger.spent):
            families = [number for one in sandboxes for number in _family(processes, one)]
            runs = [one.outside.run for one in sandboxes]
            ledger.taken = await asyncio.to_thread(_count, folder, runs, families, limits)
        ledger.counted = time.monotonic()
        ledger.took, ledger.free = ledger.counted - began, free
        words = _full(free, limits) if full else _over(ledger.taken, limits)
        found = (ledger.taken.bytes, ledger.taken.files, -free if full else 0)
        at_once = free < limits.free // 4
        self._judge(ledger, sandboxes, spent, found, words, only_writers=full, at_once=at_once)

    async def _look_at_scratch(self, sandbox: RunningSandbox) -> None:
        """A sandbox's own file systems have a size, and no limit on the number of files, each of which takes memory."""
        ledger = self.ledgers.setdefault(str(sandbox.outside.run), Ledger())
        process = next((one.outside for one in _writers(sandbox) if one.outside), 0)
        if time.monotonic() - ledger.counted < COUNT_SECONDS or not process:
            return
        ledger.counted = time.monotonic()
        inside = sandbox.places
        ledger.taken = sum(
            (_of_file_system(f"/proc/{process}/root{one}") for one in (inside.scratch, inside.home, SHARED)), Taken()
        )
        most = self.settings.disk_limits.files
        words = ""
        if ledger.taken.files > most:
            words = f"There are {ledger.taken.files:,} files in {inside.scratch}, {inside.home} and {SHARED}, "
            words += f"and {most:,} is the most. Delete what you do not need any more."
        spent = _spent(ProcessTable.take(), [sandbox]) if words or ledger.over else {}
        self._judge(ledger, [sandbox], spent, (0, ledger.taken.files, 0), words)

    async def _look_at_shared(self, sandboxes: list[RunningSandbox]) -> None:
        """Without a mount namespace it is the machine's."""
        ledger = self.ledgers.setdefault(SHARED, Ledger())
        if time.monotonic() - ledger.counted < max(COUNT_SECONDS, SELDOM * ledger.took):
            return
        began, most = time.monotonic(), self.settings.shared_bytes
        files = self.settings.disk_limits.files
        ledger.taken = await asyncio.to_thread(measure, Path(SHARED), most_files=files, owner=os.geteuid())
        ledger.counted = time.monotonic()
        ledger.took = ledger.counted - began
        words = ""
        if ledger.taken.bytes > most or ledger.taken.files > files:
            words = f"Kernels keep {in_words(ledger.taken.bytes)} in {SHARED}, and {in_words(most)} is the most."
        spent = _spent(ProcessTable.take(), sandboxes)
        self._judge(ledger, sandboxes, spent, (ledger.taken.bytes, ledger.taken.files, 0), words)

    # ---- Who is stopped

    def _judge(
        self,
        ledger: Ledger,
        sandboxes: list[RunningSandbox],
        spent: dict[str, tuple[int, int]],
        found: Found,
        words: str,
        *,
        only_writers: bool = False,
        at_once: bool = False,
    ) -> None:
        """Nobody while all is within its limits; nor beyond them, while it does not become more; nor at the first look,
        which may find what others have left."""
        before, ledger.spent = ledger.spent, spent
        ledger.looks += 1
        now = time.monotonic()
        if not words:
            ledger.over = None
            ledger.stopped.clear()
            return
        if ledger.over is None:
            ledger.over = Excess(found, now)
            if ledger.looks == 1:
                return
        elif not ledger.over.grew(found, now=now):
            return
        growth = {
            name: (after[0] - before.get(name, _NOTHING)[0], after[1] - before.get(name, _NOTHING)[1])
            for name, after in spent.items()
        }
        blamed = to_blame(growth, only_writers=only_writers)
        for sandbox in sandboxes:
            for writer in _writers(sandbox):
                if _name(writer) in blamed:
                    with suppress(KernelUnavailable):  # It ends meanwhile.
                        self._stop(sandbox, writer, ledger, words, at_once=at_once)

    def _stop(self, sandbox: RunningSandbox, writer: Writer, ledger: Ledger, words: str, *, at_once: bool) -> None:
        if isinstance(writer, HostedTemplate):
            sandbox.drop_template(writer.key, "writes more to the disk than there is room for")
            return
        since = time.monotonic() - ledger.stopped.get(writer.kernel_id, float("-inf"))
        if at_once or GRACE_SECONDS <= since < NOTICE_SECONDS:
            log.warning("kernel %s of %s ended: %s", writer.kernel_id, sandbox.project_id, words)
            sandbox.end(writer.kernel_id, DISK_LIMIT + words)
        elif since >= NOTICE_SECONDS:
            log.warning("kernel %s of %s interrupted: %s", writer.kernel_id, sandbox.project_id, words)
            writer.notice = words
            writer.noticed = ledger.stopped[writer.kernel_id] = time.monotonic()
            sandbox.interrupt(writer.kernel_id)


def in_words(size: int) -> str:
    """Bytes as people say them."""
    return f"{f'{size / 2**30:.2f}'.rstrip('0').rstrip('.')} GB" if size >= 2**30 else f"{size / MIB:.0f} MB"


def _full(free: int, limits: DiskLimits) -> str:
    return (
        f"This machine's disk is nearly full: {in_words(free)} are free, and {in_words(limits.free)} are kept free. "
        "Tell the administrator of this installation."
    )


def _over(taken: Taken, limits: DiskLimits) -> str:
    """A sentence, or nothing where all is within its limits."""
    if taken.bytes > limits.project:
        much = f"The files of this project take {in_words(taken.bytes)}, and {in_words(limits.project)} is the most."
    elif taken.files > limits.files:
        much = f"This project has more than {limits.files:,} files, which is the most."
    elif taken.too_deep:
        much = f"The folders of this project lie more than {DEEPEST} deep in each other."
    else:
        return ""
    return f"{much} Delete what you do not need any more, then run again."


def _is_due(ledger: Ledger, free: int, most: int) -> bool:
    since = time.monotonic() - ledger.counted
    # Half of what the project may still take is gone from the disk, whoever took it.
    near = ledger.over is not None or (ledger.free - free) * 2 > max(most - ledger.taken.bytes, 16 * MIB)
    return since >= (OFTEN * ledger.took if near else max(COUNT_SECONDS, SELDOM * ledger.took))


def _count(folder: Path, runs: list[Path], families: list[int], limits: DiskLimits) -> Taken:
    """A project's folder, the folders of its kernels' sockets, and what was deleted there and is still open."""
    taken = sum((measure(one, most_files=limits.files) for one in (folder, *runs)), Taken())
    return taken + Taken(unseen.deleted_files(families, folder.stat().st_dev))


def _free(folder: Path) -> int:
    """Bytes for ordinary accounts; of a folder that was deleted meanwhile more than anybody asks for."""
    try:
        status = os.statvfs(folder)
    except FileNotFoundError:
        return 1 << 62
    return status.f_bavail * status.f_frsize


def _of_file_system(path: str) -> Taken:
    try:
        status = os.statvfs(path)
    except OSError:  # Whose process it was has ended.
        return Taken()
    return Taken((status.f_blocks - status.f_bfree) * status.f_frsize, status.f_files - status.f_ffree)


def _family(processes: ProcessTable, sandbox: RunningSandbox) -> list[int]:
    return processes.family(sandbox.process.pid) if sandbox.process is not None else []


def _writers(sandbox: RunningSandbox) -> list[Writer]:
    return [*sandbox.kernels.values(), *sandbox.templates.values()]


def _name(writer: Writer) -> str:
    return writer.kernel_id if isinstance(writer, HostedKernel) else writer.name


def _spent(processes: ProcessTable, sandboxes: Iterable[RunningSandbox]) -> dict[str, tuple[int, int]]:
    """Bytes written and time in the system, of each kernel and template with all below it."""
    found = {}
    for sandbox in sandboxes:
        for writer in _writers(sandbox):
            if sandbox.process is not None and not writer.outside and writer.process:
                writer.outside = processes.outside_number(sandbox.process.pid, writer.process) or 0
            written = sum(written_bytes(number) for number in processes.family(writer.outside))
            found[_name(writer)] = (written, processes.use(writer.outside).system)
    return found
