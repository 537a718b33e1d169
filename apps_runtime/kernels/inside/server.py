"""The fork server: one warm Python per sandbox, which the host asks for kernels over a socket.

It runs no code of the project. It is single-threaded, holds no ZeroMQ context and no event loop, so its forks are
safe. Lines of JSON both ways. From the host: `fork`, `interrupt`, `kill`, `end`. To the host: `warm`, `started`,
`ready`, `executed`, `failed`, `ended`.
"""

import json
import os
import selectors
import signal
import socket
import traceback
from dataclasses import dataclass

from . import child, processes
from .orders import KernelOrder


@dataclass
class Running:
    """A kernel that was forked: its process, and the pipe that says it is ready (-1 once it has said so)."""

    kernel: str
    process: int
    pipe: int
    said: bytes = b""


class ForkServer:
    """Forks kernels, reaps them, and leaves no process of a dead kernel behind."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.selector = selectors.DefaultSelector()
        self.wakeup_reader, self.wakeup_writer = socket.socketpair()
        self.running: dict[int, Running] = {}
        self.unread = b""
        for end in (self.wakeup_reader, self.wakeup_writer):
            end.setblocking(False)
        self.selector.register(channel, selectors.EVENT_READ)
        self.selector.register(self.wakeup_reader, selectors.EVENT_READ)
        signal.set_wakeup_fd(self.wakeup_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.become_subreaper()

    def tell(self, event: str, **facts: object) -> None:
        self.channel.sendall(json.dumps({"event": event, **facts}).encode() + b"\n")

    def serve(self) -> tuple[KernelOrder, int] | None:
        """Until the host hangs up: None. In a forked child it returns that child's order and its ready pipe."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.channel:
                    data = self.channel.recv(1 << 20)
                    if not data:
                        return None
                    *lines, self.unread = (self.unread + data).split(b"\n")
                    for line in lines:
                        forked = self.obey(json.loads(line))
                        if forked is not None:
                            return forked
                elif key.fileobj is self.wakeup_reader:
                    self.wakeup_reader.recv(4096)
                else:
                    self.hear(self.running[key.data])
            self.reap()

    def obey(self, message: dict) -> tuple[KernelOrder, int] | None:
        """One line from the host; returns something in the forked child only."""
        match message["do"]:
            case "fork":
                return self.fork(KernelOrder.from_message(message))
            case "interrupt":
                self.signal_group(message["kernel"], signal.SIGINT)
            case "signal":
                self.signal_group(message["kernel"], message["number"])
            case "kill":
                self.kill(message["kernel"])
        return None

    def fork(self, order: KernelOrder) -> tuple[KernelOrder, int] | None:
        reader, writer = os.pipe()
        try:
            process = os.fork()
        except OSError as problem:
            os.close(reader)
            os.close(writer)
            self.tell("failed", kernel=order.kernel, reason=f"no process could be forked: {problem.strerror}")
            return None
        if process == 0:
            os.close(reader)
            self.let_go()
            return order, writer
        os.close(writer)
        self.running[process] = Running(order.kernel, process, reader)
        self.selector.register(reader, selectors.EVENT_READ, process)
        self.tell("started", kernel=order.kernel, process=process)
        return None

    def let_go(self) -> None:
        """In the child: close everything that is the server's."""
        signal.set_wakeup_fd(-1)
        self.selector.close()
        self.channel.close()
        self.wakeup_reader.close()
        self.wakeup_writer.close()
        for other in self.running.values():
            if other.pipe >= 0:
                os.close(other.pipe)
        self.running.clear()

    def hear(self, running: Running) -> None:
        """The child says `ready`, or why it failed, or closed the pipe by executing another program or by dying."""
        data = os.read(running.pipe, 65536)
        running.said += data
        if data and not running.said.endswith(b"\n"):
            return
        self.selector.unregister(running.pipe)
        os.close(running.pipe)
        running.pipe = -1
        if running.said == b"ready\n":
            self.tell("ready", kernel=running.kernel)
        elif running.said:
            self.tell("failed", kernel=running.kernel, reason=json.loads(running.said))
        else:
            self.tell("executed", kernel=running.kernel)

    def reap(self) -> None:
        """Collect the dead; what a dead kernel leaves behind falls to this subreaper and is ended here."""
        ended = False
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if process == 0:
                break
            running = self.running.pop(process, None)
            if running is None:
                continue
            ended = True
            if running.pipe >= 0:
                self.selector.unregister(running.pipe)
                os.close(running.pipe)
            code = os.waitstatus_to_exitcode(status)
            self.tell("ended", kernel=running.kernel, code=code)
        if ended:
            self.end_strays()

    def end_strays(self) -> None:
        """Every child that is not a kernel was left by one: end it with all below it."""
        me = os.getpid()
        for process, parent in processes.parents().items():
            if parent == me and process not in self.running:
                processes.end_family(process)

    def find(self, kernel: str) -> Running | None:
        return next((running for running in self.running.values() if running.kernel == kernel), None)

    def kill(self, kernel: str) -> None:
        running = self.find(kernel)
        if running is not None:
            processes.end_family(running.process)

    def signal_group(self, kernel: str, number: int) -> None:
        """To the kernel and what it runs in its own group (`!sleep`), as a terminal would."""
        running = self.find(kernel)
        if running is None:
            return
        try:
            os.killpg(running.process, number)
        except ProcessLookupError:
            # Not yet leader of its group, or already gone: then there is nothing to interrupt.
            return


def become_kernel(order: KernelOrder, pipe: int) -> None:
    """In the child: settle, then be an ipykernel until it ends, or execute the other kernelspec's program."""
    try:
        child.settle(order)
        child.quiet()
        if order.command:
            os.execvp(order.command[0], order.command)
        child.reseed()
        from . import kernel

        app = kernel.prepare(order.connection_file)
    except BaseException:
        os.write(pipe, json.dumps(traceback.format_exc(limit=-5)[-8000:]).encode() + b"\n")
        os._exit(70)
    os.write(pipe, b"ready\n")
    os.close(pipe)
    app.start()
