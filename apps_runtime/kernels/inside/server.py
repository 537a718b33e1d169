"""The fork server: one warm Python per sandbox, which the host asks for kernels over a socket.

It runs no code of the project. It is single-threaded, holds no ZeroMQ context and no event loop, so its forks are
safe. Lines of JSON both ways. From the host: `fork`, `interrupt`, `signal`, `kill`, `template`, `drop`. To the host:
`warm`, `started`, `ready`, `executed`, `failed`, `ended`, `template_started`, `template`, `template_ended`.
"""

import json
import os
import selectors
import signal
import socket
from collections.abc import Callable

from . import memory, preload, processes
from .children import Running, Template
from .orders import KernelOrder, TemplateOrder

Forked = tuple[KernelOrder, int] | tuple[TemplateOrder, socket.socket]


class ForkServer:
    """Forks kernels, reaps them, and leaves no process of a dead kernel behind."""

    def __init__(self, channel: socket.socket, rehearsal: tuple[int, int] | None = None) -> None:
        self.channel = channel
        self.rehearsal, self.rehearsed = rehearsal or (0, -1)
        self.selector = selectors.DefaultSelector()
        self.wakeup_reader, self.wakeup_writer = socket.socketpair()
        self.running: dict[str, Running] = {}
        self.templates: dict[str, Template] = {}
        self.unread = b""
        self.postponed: list[TemplateOrder] = []
        self.forked: Forked | None = None
        for end in (self.wakeup_reader, self.wakeup_writer):
            end.setblocking(False)
        self.listen(channel, self.hear_host)
        self.listen(self.wakeup_reader, lambda: self.wakeup_reader.recv(4096))
        if rehearsal is not None:
            self.listen(self.rehearsed, self.learn)
        signal.set_wakeup_fd(self.wakeup_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.become_subreaper()

    def listen(self, source: int | socket.socket, hear: Callable[[], object]) -> None:
        self.selector.register(source, selectors.EVENT_READ, hear)

    def tell(self, event: str, **facts: object) -> None:
        self.channel.sendall(json.dumps({"event": event, **facts}).encode() + b"\n")

    def serve(self) -> Forked | None:
        """Until the host hangs up: None. In a forked child: what that child is to become."""
        try:
            while True:
                for key, _ in self.selector.select():
                    if self.selector.get_map().get(key.fd) is not key:
                        continue  # What was heard before it, a kill perhaps, has closed it.
                    key.data()
                    if self.forked is not None:
                        return self.forked
                self.reap()
        except EOFError:
            return None

    # ---- Listening

    def hear_host(self) -> None:
        data = self.channel.recv(1 << 20)
        if not data:
            raise EOFError
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))
            if self.forked is not None:
                return

    def obey(self, message: dict) -> None:
        match message["do"]:
            case "fork":
                self.start(KernelOrder.from_message(message))
            case "interrupt":
                self.signal_group(message["kernel"], signal.SIGINT)
            case "signal":
                self.signal_group(message["kernel"], message["number"])
            case "kill":
                self.kill(message["kernel"])
            case "template":
                cells = tuple((cell_id, source) for cell_id, source in message["cells"])
                self.start_template(TemplateOrder(message["key"], KernelOrder.from_message(message), cells))
            case "drop":
                self.drop(message["key"])

    def hear_kernel(self, running: Running) -> None:
        messages, last = running.hear()
        for said in messages:
            if "process" in said:
                self.adopt(running, int(said["process"]))
            elif "ready" in said:
                self.tell("ready", kernel=running.kernel)
            elif "failed" in said:
                self.tell("failed", kernel=running.kernel, reason=str(said["failed"]))
        if not last:
            return
        self.close_pipe(running)
        if not running.process:
            self.forget(running, reason="the template did not fork")
        elif running.executes:
            self.tell("executed", kernel=running.kernel)

    def adopt(self, running: Running, process: int) -> None:
        """A template's fork, which is our child by now and nobody else's kernel."""
        known = any(other.process == process for other in self.running.values())
        if not running.process and not known and processes.parents().get(process) == os.getpid():
            running.process = process
            self.tell("started", kernel=running.kernel, process=process)

    def learn(self) -> None:
        """The rehearsal is over: import what it needed. The list is written at once and closed."""
        self.selector.unregister(self.rehearsed)
        with os.fdopen(self.rehearsed) as answer:
            text = answer.read()
        self.rehearsed = -1
        if text:
            preload.import_all(json.loads(text))
            memory.keep_shared()
        while self.postponed and self.forked is None:
            self.start_template(self.postponed.pop(0))

    # ---- Kernels

    def start(self, order: KernelOrder) -> None:
        reader, writer = os.pipe()
        running = Running(order.kernel, 0, reader, executes=bool(order.command))
        try:
            if order.template:
                socket.send_fds(self.templates[order.template].line, [_encoded(order)], [writer])
            else:
                running.process = os.fork()
        except (OSError, KeyError) as problem:
            os.close(reader)
            os.close(writer)
            self.tell("failed", kernel=order.kernel, reason=f"no process could be forked: {problem}")
            return
        if not order.template and running.process == 0:
            os.close(reader)
            self.let_go()
            self.forked = order, writer
            return
        os.close(writer)
        self.running[order.kernel] = running
        self.listen(reader, lambda: self.hear_kernel(running))
        if running.process:
            self.tell("started", kernel=order.kernel, process=running.process)

    def kill(self, kernel: str) -> None:
        running = self.running.get(kernel)
        if running is None:
            return
        if running.process:
            processes.end_family(running.process)
        else:
            self.forget(running, reason="ended before it began")

    def signal_group(self, kernel: str, number: int) -> None:
        """To the kernel and what it runs in its own group (`!sleep`), as a terminal would."""
        running = self.running.get(kernel)
        if running is None or not running.process:
            return
        try:
            os.killpg(running.process, number)
        except ProcessLookupError:
            # Not yet leader of its group, or already gone: then there is nothing to interrupt.
            return

    def forget(self, running: Running, *, reason: str) -> None:
        self.close_pipe(running)
        del self.running[running.kernel]
        self.tell("failed", kernel=running.kernel, reason=reason)

    def close_pipe(self, running: Running) -> None:
        if running.pipe >= 0:
            self.selector.unregister(running.pipe)
            running.close()

    # ---- Templates

    def start_template(self, order: TemplateOrder) -> None:
        if self.rehearsed >= 0:
            self.postponed.append(order)  # All its kernels would import what is being learned now.
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = os.fork()
        if process == 0:
            ours.close()
            self.let_go()
            self.forked = order, theirs
            return
        theirs.close()
        template = self.templates[order.template] = Template(order.template, process, ours)
        self.tell("template_started", key=template.key, process=process)
        self.listen(ours, lambda: self.hear_template(template))

    def hear_template(self, template: Template) -> None:
        said, last = template.hear()
        if "ready" in said:
            self.tell("template", key=template.key, report=said)
        if last:
            self.selector.unregister(template.line)  # It is ending: the rest is said when it is reaped.
            template.listening = False

    def drop(self, key: str) -> None:
        for order in [order for order in self.postponed if order.template == key]:
            self.postponed.remove(order)
            self.tell("template_ended", key=key, code=0, position=0, cell_id="")
        template = self.templates.get(key)
        if template is not None:
            processes.end_family(template.process)

    # ---- The dead

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
            ended = self.note_end(process, os.waitstatus_to_exitcode(status)) or ended
        if ended:
            self.end_strays()

    def note_end(self, process: int, code: int) -> bool:
        """Tell the host; False when the process was nobody it knows."""
        for template in self.templates.values():
            if template.process == process:
                self.hear_out(template)
                del self.templates[template.key]
                template.line.close()
                where = {"position": template.position, "cell_id": template.cell_id}
                self.tell("template_ended", key=template.key, code=code, **where)
                return True
        for running in self.running.values():
            if running.process == process:
                self.hear_out(running)
                self.running.pop(running.kernel, None)
                self.tell("ended", kernel=running.kernel, code=code)
                return True
        return False

    def end_strays(self) -> None:
        """Every child that is neither kernel nor template was left by one: end it with all below it."""
        if any(not running.process for running in self.running.values()):
            return  # A template's fork may be our child before we know its number; the next end sweeps.
        mine = {self.rehearsal, *(running.process for running in self.running.values())}
        mine |= {template.process for template in self.templates.values()}
        me = os.getpid()
        for process, parent in processes.parents().items():
            if parent == me and process not in mine:
                processes.end_family(process)

    def hear_out(self, dead: Running | Template) -> None:
        """What it wrote before it died may still be unread."""
        if isinstance(dead, Template):
            dead.line.setblocking(False)
            while dead.listening:
                self.hear_template(dead)
        elif dead.pipe >= 0:
            os.set_blocking(dead.pipe, False)
            while dead.pipe >= 0:
                self.hear_kernel(dead)

    def let_go(self) -> None:
        """In a child: close everything that is the server's."""
        signal.set_wakeup_fd(-1)
        self.selector.close()
        for end in (self.channel, self.wakeup_reader, self.wakeup_writer):
            end.close()
        for template in self.templates.values():
            template.line.close()
        for running in self.running.values():
            if running.pipe >= 0:
                os.close(running.pipe)
        if self.rehearsed >= 0:
            os.close(self.rehearsed)
        self.running.clear()
        self.templates.clear()


def _encoded(order: KernelOrder) -> bytes:
    return json.dumps(order.to_message()).encode()
