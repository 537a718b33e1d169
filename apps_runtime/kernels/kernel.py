"""One kernel as a worker holds it: ZeroMQ channels that stay open between tasks, and the news of its end.

The asyncio loop belongs to the kernel and runs only inside a turn (`with kernel.turn()`), in whichever thread takes it:
a played cell costs no hop between threads. Interrupting and killing go to the host and may come from any thread.
"""

import asyncio
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from apps_runtime.kernels import wire
from apps_runtime.kernels.addresses import KernelAddress
from apps_runtime.kernels.channels import WorkerClient, context_of_process
from apps_runtime.kernels.client import KernelHost
from apps_runtime.kernels.errors import KernelGone, KernelHostUnreachable, KernelStartFailed

READY_SECONDS = 30.0
ASK_AGAIN_SECONDS = 0.1
# A dead kernel hangs up as well; the host's news of that comes within milliseconds.
DEATH_NEWS_SECONDS = 0.3


class KernelBusy(Exception):
    """Another thread is playing a cell on this kernel."""


@dataclass(frozen=True)
class Completion:
    """What may stand in place of `code[start:end]`."""

    matches: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class End:
    """How a kernel ended: an exit code (negative: a signal; None: unknown), and why, when the host ended it."""

    code: int | None = None
    reason: str = ""


class Kernel:
    """A connection to a running kernel. Make it with `connections.connect`."""

    def __init__(self, address: KernelAddress, *, hold: bool = False) -> None:
        self.address = address
        self.hold = hold
        self.host = KernelHost(address.host)
        self.loop = asyncio.new_event_loop()
        self.end: End | None = None
        self.closed = False
        self._turn = threading.Lock()
        self._news: socket.socket | None = None
        self._monitoring: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        # Told, in the loop, when the output channel broke although the kernel lives: a message above the limit.
        self.on_broken_channel: Callable[[], None] = lambda: None
        self.client = WorkerClient(context=context_of_process())
        self.client.load_connection_info(dict(address.connection))

    @property
    def kernel_id(self) -> str:
        return self.address.kernel_id

    @property
    def busy(self) -> bool:
        """Whether some thread has its turn now."""
        return self._turn.locked()

    # ---- From any thread

    def interrupt(self) -> None:
        """KeyboardInterrupt in the running cell; nothing when the kernel is gone."""
        if self.address.interrupt_mode == "message":
            self._send_interrupt_request()
            return
        with suppress(KernelGone, KernelHostUnreachable):
            self.host.interrupt(self.kernel_id)

    def kill(self, reason: str = "killed") -> None:
        """End the kernel and all its processes; returns when they are gone, at once when they were already."""
        with suppress(KernelHostUnreachable):  # Kernels die with their host.
            self.host.kill(self.kernel_id, reason)

    def alive(self) -> bool:
        """Whether no news of its end has come; asks nobody."""
        if self.closed or self.end is not None or self._news is None:
            return False
        poll = select.poll()
        poll.register(self._news, select.POLLIN)
        return not poll.poll(0)

    def language(self) -> str:
        """“Python 3.11.2”, as the kernel says; "" when it does not. To be asked before anybody's code has run."""
        said = self._request("kernel_info", seconds=2.0).get("language_info", {})
        name, version = str(said.get("name", "")), str(said.get("version", ""))
        return f"{name[:1].upper()}{name[1:]} {version}".strip()[:60]

    def peak_memory(self) -> int | None:
        """Bytes at most so far; None when the kernel is gone, or ended before anybody could measure."""
        try:
            return self.host.status(self.kernel_id).peak or None
        except (KernelGone, KernelHostUnreachable):
            return None

    def notice(self) -> str:
        """Why the host has just interrupted the cell; "" when it did not."""
        try:
            return self.host.status(self.kernel_id).notice
        except (KernelGone, KernelHostUnreachable):
            return ""

    def complete(self, code: str, cursor: int, *, seconds: float = 2.0) -> Completion:
        """What could stand at `cursor` (a position in `code`); nothing while a cell is running."""
        content = self._request("complete", code=code, cursor_pos=cursor, seconds=seconds)
        matches, start = tuple(content.get("matches", ())), content.get("cursor_start", cursor)
        if matches and all(match.startswith(".") for match in matches):
            # IPython writes an attribute with its dot; what stands there and stays is no part of the name.
            matches, start = tuple(match[1:] for match in matches), start + 1
        return Completion(matches, start, content.get("cursor_end", cursor))

    def inspect(self, code: str, cursor: int, *, seconds: float = 2.0) -> str:
        """The documentation of what stands at `cursor`, as text with ANSI colours; empty when there is none."""
        content = self._request("inspect", code=code, cursor_pos=cursor, seconds=seconds)
        return content.get("data", {}).get("text/plain", "") if content.get("found") else ""

    def close(self) -> None:
        """Let go of the channels; the kernel goes on."""
        with self._turn:
            if self.closed:
                return
            self.closed = True
            if self._monitoring is not None:
                self._monitoring.cancel()
                self.loop.run_until_complete(asyncio.gather(self._monitoring, return_exceptions=True))
            self.client.stop_channels()
            if self._news is not None:
                self.loop.remove_reader(self._news)
                self._news.close()
            self.loop.close()

    # ---- In turn

    @contextmanager
    def turn(self, *, wait: float = 0.0) -> Iterator[None]:
        """Alone with the kernel's channels. Raises KernelBusy when another thread is for longer than `wait` seconds."""
        if not self._turn.acquire(timeout=wait) if wait else not self._turn.acquire(blocking=False):
            raise KernelBusy("The kernel is running a cell.")
        try:
            if self.closed:
                raise KernelGone("The connection to the kernel is closed.")
            yield
        finally:
            self._turn.release()

    def open(self) -> None:
        """Connect and return when messages flow both ways, or when the kernel turns out to be gone (`alive` says so).

        Raises KernelStartFailed when it lives and does not answer.
        """
        with self.turn():
            self._ask_for_news()
            self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        self.client.start_channels(iopub=True, stdin=False, hb=False, control=False)
        self._monitoring = asyncio.create_task(self._monitor())
        welcome = asyncio.create_task(self._hear_first_message())
        dead = asyncio.create_task(self.ended.wait())
        try:
            deadline = time.monotonic() + READY_SECONDS
            while time.monotonic() < deadline:
                await asyncio.wait({welcome, dead}, timeout=ASK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if welcome.done() or dead.done():
                    return
                # ipykernel 7 welcomes a subscriber; other kernels publish `status` when asked for anything.
                self.client.kernel_info()
            raise KernelStartFailed("The kernel does not answer.")
        finally:
            welcome.cancel()
            dead.cancel()
            await asyncio.gather(welcome, dead, return_exceptions=True)

    async def _monitor(self) -> None:
        """ZeroMQ hangs up for good on a peer whose message is above the limit: connect again."""
        output = self.client.iopub_channel.socket
        monitor = output.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        try:
            while True:
                endpoint = (await recv_monitor_message(monitor))["endpoint"]
                try:
                    await asyncio.wait_for(self.ended.wait(), DEATH_NEWS_SECONDS)
                    return
                except TimeoutError:
                    if await asyncio.to_thread(self._is_ending):
                        continue
                    output.disconnect(endpoint)
                    output.connect(endpoint)
                    self.on_broken_channel()
        finally:
            output.disable_monitor()

    def _is_ending(self) -> bool:
        """Its sockets close before the memory that it shares with itself is given back, which takes seconds."""
        try:
            return self.host.status(self.kernel_id).ending
        except (KernelGone, KernelHostUnreachable):
            return True

    async def _hear_first_message(self) -> None:
        await self.client.iopub_channel.get_msg()

    def _ask_for_news(self) -> None:
        """A line to the host that answers when the kernel has ended; a host that hangs up takes its kernels along."""
        self._news = socket.socket(socket.AF_UNIX)
        try:
            self._news.connect(self.address.host)
            self._news.sendall(wire.encode({"do": "watch", "kernel": self.kernel_id, "hold": self.hold}))
        except OSError:
            self._end(End(reason="The kernel host ended."))
            return
        self._news.setblocking(False)
        self.loop.add_reader(self._news, self._read_news)

    def _read_news(self) -> None:
        assert self._news is not None
        self.loop.remove_reader(self._news)
        try:
            answer = wire.decode(self._news.recv(65536))
            self._end(End(answer.get("code"), answer.get("reason") or answer.get("text", "")))
        except (OSError, ValueError):
            self._end(End(reason="The kernel host ended."))

    def _end(self, end: End) -> None:
        self.end = end
        self.ended.set()

    def _request(self, kind: str, *, seconds: float, **content: object) -> dict[str, Any]:
        if not self.alive():
            return {}
        try:
            with self.turn(wait=seconds):
                return self.loop.run_until_complete(self._ask(kind, seconds, content))
        except (KernelBusy, KernelGone):
            return {}

    async def _ask(self, kind: str, seconds: float, content: dict) -> dict[str, Any]:
        """One request on the shell channel; an empty answer when none comes in time."""
        message = self.client.session.msg(f"{kind}_request", content)
        self.client.shell_channel.send(message)
        try:
            async with asyncio.timeout(seconds):
                return await self.client.reply_to(message["header"]["msg_id"])
        except TimeoutError:
            return {}

    def _send_interrupt_request(self) -> None:
        """For kernelspecs with interrupt_mode "message": on a socket of its own, as channels belong to one thread."""
        with zmq.Context.instance().socket(zmq.DEALER) as control:
            control.linger = 1000
            control.connect(f"ipc://{self.address.connection['ip']}-{self.address.connection['control_port']}")
            self.client.session.send(control, "interrupt_request", {})
