"""Children as their parent has them: made by a template process, asked over a socket, killed without asking."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from projects.confined.messages import ENDS, MessageReader, framed

START_SECONDS = 20.0  # for a template to load what the functions need, on a busy machine
# Of the environment only what changes how texts are read: the rest may hold secrets.
ENVIRONMENT = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")

_TICKS = os.sysconf("SC_CLK_TCK")
_FOLDER = Path(__file__).resolve().parent.parent.parent


class NoChild(Exception):
    """No child could be made. The text says why."""


class ConfinedChild:
    """One child: a socket to it, and a handle on its process that never means another one."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self._connection = connection
        self._reader = MessageReader(connection)
        self._process = os.pidfd_open(pid)
        self._owes = False  # an answer
        self._worked = 0.0

    def send(self, request: bytes, until: float) -> None:
        """Raises TimeoutError, OSError."""
        self._owes = True
        self._worked = self._processor()
        self._connection.settimeout(max(0.001, until - time.monotonic()))
        self._connection.sendall(framed(request))

    def read(self, until: float) -> bytes:
        """The answer. Raises TimeoutError, after which it may be read again, Ended, Unreadable, OSError."""
        answer = self._reader.read(until)
        self._owes = answer[:1] in ENDS  # It never answers again.
        return answer

    @property
    def is_fit(self) -> bool:
        """Whether it can be asked. One that ended meanwhile, or that said something unasked, can't."""
        if self._owes:
            return False
        self._connection.settimeout(0)
        try:
            self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @property
    def worked(self) -> float:
        """Seconds of the processor since it was asked last."""
        return self._processor() - self._worked

    @property
    def ended_by_its_timer(self) -> bool:
        """Whether it was ended for its time: its own clock and /proc do not count alike, so the end says it."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return False
        return int(fields[49]) & 0x7F == signal.SIGPROF

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)
        self._connection.close()

    def _processor(self) -> float:
        # The number is its own: the template buries it only when it is asked for the next one.
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS


class Nursery:
    """The template process, started when it is needed, and again when it died."""

    def __init__(self, modules: list[str]) -> None:
        self._modules = modules
        self._lock = threading.Lock()
        self._template: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        with self._lock:
            self._started()

    def stop(self) -> None:
        with self._lock:
            self._ended()

    def child(self) -> ConfinedChild:
        """A new child. Raises NoChild."""
        with self._lock:
            try:
                return self._forked(self._started())
            except OSError as error:  # The template died; a new one may live.
                self._ended()
                try:
                    return self._forked(self._started())
                except OSError:
                    self._ended()
                    raise NoChild(f"the process that makes them does not live ({error})") from error

    def _started(self) -> socket.socket:
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            self._template = subprocess.Popen(
                [
                    sys.executable, "-I", str(Path(__file__).with_name("template.py")),
                    str(theirs.fileno()), str(_FOLDER), *self._modules,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                cwd="/",
            )  # fmt: skip
        self._control = ours
        return ours

    def _forked(self, control: socket.socket) -> ConfinedChild:
        ours, theirs = socket.socketpair()
        with theirs:
            control.settimeout(START_SECONDS)
            socket.send_fds(control, [b"f"], [theirs.fileno()])
            pid = control.recv(4)
        if len(pid) != 4:
            ours.close()
            raise ConnectionResetError("it ended")
        # It is the template's until the template is asked for another one, dead or alive.
        return ConfinedChild(ours, int.from_bytes(pid, "big"))

    def _ended(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._template is not None:
            self._template.kill()
            self._template.wait()
        self._control = self._template = None
