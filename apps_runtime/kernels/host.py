"""The kernel host of one machine: one long-lived process that alone starts, watches and ends kernels.

It answers on a Unix socket in a folder of its own account. Kernels outlive web and worker, because neither is their
parent; they die with the host, because bubblewrap ties each sandbox to the host's main thread.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from apps_runtime import pulse
from apps_runtime.kernels import folders, wire
from apps_runtime.kernels.errors import HostRefused, KernelUnavailable
from apps_runtime.kernels.fleet import Fleet, WantedKernel
from apps_runtime.kernels.inside import system_calls
from apps_runtime.kernels.sandbox import Layer, Walls, probe, probe_uplink
from apps_runtime.kernels.settings import HostSettings

log = logging.getLogger(__name__)


def serve(settings: HostSettings, *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run the host until SIGTERM, SIGINT or a `shutdown` request. Call it in the main thread.

    Raises SandboxUnavailable when this machine can build no sandbox and that was not allowed, HostRefused when another
    host runs in the same folder.
    """
    if threading.current_thread() is not threading.main_thread():
        # The parent-death signal follows the thread that forked, and a thread of a pool may end at any time.
        raise HostRefused("The kernel host must run in the main thread.")
    asyncio.run(_serve(settings, on_ready))


async def _serve(settings: HostSettings, on_ready: Callable[[], None]) -> None:
    lock = folders.take(settings.run_dir)
    walls = await probe_uplink(await asyncio.to_thread(probe, settings), settings)
    if walls.layer is not Layer.BUBBLEWRAP:
        log.warning("kernels run in layer %s: %s", walls.layer, walls.reason)
    if settings.network and walls.uplink is None:
        closed = "share this machine's network" if settings.share_network else "have no network"
        log.warning("kernels %s: %s; install slirp4netns and iproute2", closed, walls.why_no_uplink)
    if not system_calls.available():
        log.warning("no system call is refused to kernels here: memory can be hidden from their limits")
    folders.write_kernelspec(settings)
    host = Host(settings, walls)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.stop.set)
    old = os.umask(0o077)
    server = await asyncio.start_unix_server(host.converse, settings.socket_path, limit=wire.LONGEST)
    os.umask(old)
    watching = asyncio.create_task(host.fleet.watch())
    log.info("kernel host ready at %s, sandbox layer %s", settings.socket_path, walls.layer)
    on_ready()
    pulse.begin(pulse.of_loop(loop))
    try:
        stopping = asyncio.create_task(host.stop.wait())
        await asyncio.wait({stopping, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()  # The watch never ends by itself: raise what broke it, so that all kernels go with it.
    finally:
        watching.cancel()
        server.close()
        await host.fleet.close()
        await host.hang_up()
        settings.socket_path.unlink(missing_ok=True)
        lock.close()


class Host:
    """Answers requests; each is a method named for what is asked."""

    def __init__(self, settings: HostSettings, walls: Walls) -> None:
        self.settings, self.walls = settings, walls
        self.fleet = Fleet(settings, walls)
        self.stop = asyncio.Event()
        self.born = time.monotonic()
        self.connections: dict[asyncio.Task, asyncio.StreamWriter] = {}

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: requests and answers in turn, until the other side hangs up."""
        task = asyncio.current_task()
        assert task is not None
        self.connections[task] = writer
        try:
            while line := await reader.readline():
                answering = asyncio.create_task(self.answer(line))
                hung_up = asyncio.create_task(_hung_up(reader))
                await asyncio.wait({answering, hung_up}, return_when=asyncio.FIRST_COMPLETED)
                if not answering.done():
                    await self.abandon(line, answering)
                    return
                hung_up.cancel()
                await asyncio.wait({hung_up})
                writer.write(wire.encode(answering.result()))
                await writer.drain()
        except (ConnectionError, ValueError) as problem:
            log.debug("a connection ended: %s", problem)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            del self.connections[task]

    async def hang_up(self) -> None:
        """Close what is still open; all kernels have ended, so nobody waits for an answer any more."""
        for writer in self.connections.values():
            writer.close()
        if self.connections:
            await asyncio.wait(self.connections, timeout=2)

    async def abandon(self, line: bytes, answering: asyncio.Task[dict]) -> None:
        """Whoever asked is gone: a kernel that nobody will hear of, or that he held, goes too."""
        request = wire.decode(line)
        if request.get("do") == "watch":
            answering.cancel()
            if request.get("hold"):
                with suppress(KernelUnavailable):
                    await self.fleet.end(request["kernel"], "its worker is gone")
            return
        answer = await answering
        if "address" in answer:
            with suppress(KernelUnavailable):
                await self.fleet.end(answer["address"]["kernel_id"], "nobody waited for it")

    async def answer(self, line: bytes) -> dict:
        try:
            request = wire.decode(line)
            verb = _VERBS.get(request.pop("do", ""))
            if verb is None:
                raise HostRefused("The host does not know this request.")
            return await verb(self, **request)
        except KernelUnavailable as problem:
            return wire.refusal(problem)
        except (ValueError, TypeError) as problem:
            return wire.refusal(HostRefused(f"The request is malformed: {problem}"))

    async def start(self, **wish: Any) -> dict:
        address = await self.fleet.start(WantedKernel(**wish))
        return {"address": address.to_json()}

    async def prepare(self, **wish: Any) -> dict:
        """Warm a project's sandbox without taking a kernel."""
        sandbox = await self.fleet.prepare(WantedKernel(**wish))
        return {"warm": sandbox.warm}

    async def make_template(self, cells: Sequence[tuple[str, str]], seconds: float, **wish: Any) -> dict:
        return asdict(await self.fleet.make_template(WantedKernel(**wish), cells, seconds=seconds))

    async def drop_template(self, project_id: str, template: str) -> dict:
        self.fleet.drop_template(project_id, template)
        return {}

    async def interrupt(self, kernel: str) -> dict:
        sandbox, _ = self.fleet.find(kernel)
        sandbox.interrupt(kernel)
        return {}

    async def signal(self, kernel: str, number: int) -> dict:
        sandbox, _ = self.fleet.find(kernel)
        sandbox.signal(kernel, number)
        return {}

    async def kill(self, kernel: str, reason: str) -> dict:
        await self.fleet.end(kernel, reason)
        return {}

    async def watch(self, kernel: str, hold: bool = False) -> dict:
        """Answers when the kernel has ended: `code` (negative: a signal, null: unknown) and the host's `reason`.

        With `hold` the kernel does not outlive this connection.
        """
        _, hosted = self.fleet.find(kernel)
        return await asyncio.shield(hosted.ended)

    async def status(self, kernel: str) -> dict:
        return asdict(self.fleet.status(*self.fleet.find(kernel)))

    async def list(self) -> dict:
        return {"kernels": [asdict(status) for status in self.fleet.statuses()]}

    async def stats(self) -> dict:
        """For metrics and `doctor`."""
        return {
            "layer": self.walls.layer,
            "reason": self.walls.reason,
            "shares_network": self.fleet.networked and self.walls.uplink is None,
            "lacks_network": self.settings.network and not self.fleet.networked,
            "shares_network_because": self.walls.why_no_uplink,
            "refuses_calls": system_calls.available(),
            "groups": self.fleet.groups is not None,
            "age_seconds": round(time.monotonic() - self.born, 3),
            "kernels": [asdict(status) for status in self.fleet.statuses()],
            "sandboxes": [
                {
                    "project_id": one.project_id,
                    "kernelspec": one.environment.name,
                    "standby": sum(kernel.standby and kernel.ready.done() for kernel in one.kernels.values()),
                    "templates": {
                        key: template.report.result().bytes for key, template in one.templates.items() if template.ready
                    },
                    "warm": one.warm,
                    "bytes": self.fleet.keeper.size_of(key),
                    "written": asdict(self.fleet.disk_watch.taken(one.outside.files)),
                }
                for key, one in self.fleet.sandboxes.items()
                if one.alive
            ],
            "memory": self.fleet.keeper.facts(),
            "waiting": len(self.fleet.admission.waiting),
            "most": self.settings.host_limits.host,
        }

    async def ping(self) -> dict:
        """It answers: for those who watch."""
        return {}

    async def shutdown(self) -> dict:
        self.stop.set()
        return {}


async def _hung_up(reader: asyncio.StreamReader) -> None:
    """Returns when the other side closes; one that speaks before it has its answer is taken for gone as well."""
    await reader.read(1)


_VERBS = {
    "start": Host.start,
    "prepare": Host.prepare,
    "make_template": Host.make_template,
    "drop_template": Host.drop_template,
    "interrupt": Host.interrupt,
    "signal": Host.signal,
    "kill": Host.kill,
    "watch": Host.watch,
    "status": Host.status,
    "list": Host.list,
    "stats": Host.stats,
    "ping": Host.ping,
    "shutdown": Host.shutdown,
}
