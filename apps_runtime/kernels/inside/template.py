"""A process that has played a published version, and is then forked for each session.

It plays with the very shell its kernels will have (IPython's ZeroMQ shell, its messages going nowhere), so counts,
history, extensions, formatters and functions are simply there in the fork. What may be forked says `inspection`.
"""

import io
import json
import os
import socket
import sys
import time
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session

from . import child, memory, processes
from .inspection import Inspector
from .orders import KernelOrder, TemplateOrder


class LateStream(io.TextIOBase):
    """stdout or stderr before there is a kernel: to nowhere. Later whoever took it (a logger) reaches the kernel."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.target = descriptor, None

    def write(self, text: str) -> int:
        return len(text) if self.target is None else self.target.write(text)

    def flush(self) -> None:
        if self.target is not None:
            self.target.flush()

    def fileno(self) -> int:
        return self.descriptor

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:
        return "UTF-8"


class Nowhere:
    """A socket for the messages of a shell that has no kernel yet."""

    def send_multipart(self, *_: object, **__: object) -> None:
        return


def run(order: TemplateOrder, line: socket.socket) -> tuple[KernelOrder, int, tuple[LateStream, LateStream]]:
    """Play, report over `line`, and serve forks until the fork server hangs up (then this process ends).

    Returns in each fork: the kernel it is to be, its ready pipe, and the streams to be connected.
    """
    child.settle(order.settle)
    child.reseed()
    child.quiet()
    os.set_inheritable(line.fileno(), False)
    streams = LateStream(1), LateStream(2)
    sys.stdout, sys.stderr = streams  # type: ignore[assignment]
    shell = ZMQInteractiveShell.instance()
    silence(shell)
    inspector = Inspector()
    with child.noticing_seeds():
        report = play(shell, order.cells, inspector, line)
    if report["ready"]:
        memory.keep_shared()
        report["bytes"] = _private_bytes()
    line.send(json.dumps(report).encode())
    if not report["ready"]:
        os._exit(0)
    processes.become_subreaper(False)
    return *serve(line), streams


def silence(shell: Any) -> None:
    """Until there is a kernel, its messages go nowhere."""
    for publisher in (shell.displayhook, shell.display_pub):
        publisher.session, publisher.pub_socket = Session(key=b"nowhere"), Nowhere()
    shell.displayhook.topic = b"nowhere"


def play(shell: Any, cells: tuple[tuple[str, str], ...], inspector: Inspector, line: socket.socket) -> dict:
    """Play all cells in order; the report says whether the process may be forked, and if not, why and since which.

    Before each cell its position is told: if the process dies there, somebody knows. What has no id is not the
    author's: it runs silently before them.
    """
    began = time.monotonic()
    for source in [source for cell_id, source in cells if not cell_id]:
        shell.run_cell(source, silent=True, store_history=False).raise_error()
    cells = tuple(cell for cell in cells if cell[0])
    for position, (cell_id, source) in enumerate(cells, 1):
        line.send(json.dumps({"position": position, "cell_id": cell_id}).encode())
        result = shell.run_cell(source, store_history=True)
        problem = result.error_before_exec or result.error_in_exec
        if shell.exit_now:
            return _refusal(f"cell {position} calls exit()", cell_id, began)
        if problem is not None:
            return _refusal(f"cell {position} failed ({type(problem).__name__})", cell_id, began)
        inspector.look(position)
    offence, position = inspector.verdict()
    if offence:
        return _refusal(f"cell {position} {offence}", cells[position - 1][0] if position else "", began)
    return {"ready": True, "reason": "", "cell_id": "", "seconds": time.monotonic() - began, "bytes": 0}


def serve(line: socket.socket) -> tuple[KernelOrder, int]:
    """Fork twice for each order, so that the kernel becomes a child of the fork server, not of this process."""
    while True:
        data, pipes, _, _ = socket.recv_fds(line, 1 << 17, 1)
        if not data:
            os._exit(0)
        os.set_inheritable(pipes[0], False)
        between = os.fork()
        if between == 0:
            between = os.getpid()
            if os.fork() != 0:
                os._exit(0)
            line.close()
            while os.getppid() == between:  # Its end would be our parent's death, at which we are to be killed.
                time.sleep(0.0002)
            os.write(pipes[0], json.dumps({"process": os.getpid()}).encode() + b"\n")
            return KernelOrder.from_message(json.loads(data)), pipes[0]
        os.close(pipes[0])
        os.waitpid(between, 0)


def connect(streams: tuple[LateStream, LateStream]) -> None:
    """In the fork, when the kernel has its own streams: whoever holds the early ones reaches the kernel's."""
    for stream, target in zip(streams, (sys.stdout, sys.stderr), strict=True):
        stream.target = target


def _refusal(reason: str, cell_id: str, began: float) -> dict:
    return {"ready": False, "reason": reason, "cell_id": cell_id, "seconds": time.monotonic() - began, "bytes": 0}


def _private_bytes() -> int:
    with open("/proc/self/smaps_rollup", "rb") as handle:
        lines = [line.split() for line in handle.readlines()[1:]]
    return sum(int(words[1]) * 1024 for words in lines if words[0] in (b"Private_Clean:", b"Private_Dirty:"))
