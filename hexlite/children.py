"""Child processes of `manage.py up`: started together, watched, and gone together, however the parent ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from hexlite.signs import Signs

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 8.0
LOG_BYTES = 5_000_000
PAUSE_SECONDS = 0.5  # before the first new start; then twice as long each time
# More crashes than this within a minute, and it is not worth another try.
CRASHES_A_MINUTE = 4
START_SECONDS = 120.0  # until a child must have given its first sign of life
# Whoever has not looked for longer was stopped or starved itself, and can't say that nobody answered.
BLINK_SECONDS = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


class GaveUp(Exception):
    """A child crashes again and again."""


@dataclass
class Child:
    """One process: its command, its log (None: where its parent's goes), and how often it crashed lately.

    Others lean on a `foundation` (Redis, the kernel host): it is stopped when they have ended. With `signs` of life it
    is ended as well when it gives none.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None
    foundation: bool = False
    signs: Signs | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES_A_MINUTE + 1))
    start_again_at: float | None = None

    def start(self) -> None:
        """Must be called from the main thread: the kernel sends the death signal when the *thread* that forked ends."""
        self.start_again_at = None
        self.started = time.monotonic()
        if self.signs:
            self.signs.forget()
        if self.log and self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") if self.log else nullcontext() as output:
            self.process = subprocess.Popen(
                self.command,
                env={**self.environment, **(self.signs.environment if self.signs else {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                # A worker would finish what it plays first, and hang: there is no Redis any more.
                preexec_fn=die_with_parent(os.getpid(), signal.SIGTERM if self.foundation else signal.SIGKILL),
            )

    def stop(self, number: int) -> None:
        """Signal the child and what it started."""
        if self.process is None or self.process.poll() is not None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def end(self) -> None:
        """End a child that does not answer; first let it say in what it hangs (PYTHONFAULTHANDLER)."""
        assert self.process is not None
        self.process.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def silent_for(self, *, now: float, since: float, most: float) -> float | None:
        """For how many seconds it gave no sign of life, when that is too long: `most`, or more while it starts.

        `since` is when its watcher last began to look.
        """
        if self.signs is None:
            return None
        last = self.signs.last
        silent = now - max(self.started if last is None else last, since)
        return silent if silent > (max(START_SECONDS, most) if last is None else most) else None

    def note(self, sentence: str) -> None:
        """Write into its log, between its own lines."""
        if self.log:
            with self.log.open("a") as log:
                log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}\n")

    def last_lines(self, count: int = 12) -> str:
        """The end of the log, for the sentence that says why it is given up."""
        if self.log is None:
            return ""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        except OSError:
            return ""


class Family:
    """Children that live and die together.

    One that gave no sign of life for `silence` seconds is ended and started again; 0: it is left alone.
    """

    def __init__(self, say: Callable[[str], None], *, silence: float = 0) -> None:
        self.children: list[Child] = []
        self.say, self.silence = say, silence
        self._looked = self._looking_since = time.monotonic()

    def add(self, child: Child) -> Child:
        self.children.append(child)
        child.start()
        return child

    def watch(self, errand: Child) -> int:
        """Look after the children until `errand`, which is none of them, has ended; its exit code. Raises GaveUp."""
        try:
            while errand.is_running:
                self.look()
                time.sleep(0.05)
        finally:
            _stop_together([errand])
        return errand.process.returncode if errand.process else 0

    def look(self) -> None:
        """Start crashed and hung children again, crashed ones each time after a longer pause. Raises GaveUp."""
        now = time.monotonic()
        if now - self._looked > BLINK_SECONDS:
            self._looking_since = now
        for child in self.children:
            if child.is_running:
                self._see_to(child, now)
            elif child.start_again_at is None:
                self._crashed(child, now)
            elif now >= child.start_again_at:
                child.start()
        self._looked = time.monotonic()

    def stop(self, *, grace: float | None = None) -> None:
        """SIGTERM to all, foundations last; SIGKILL to those that are still there after `grace` seconds."""
        _stop_together([child for child in self.children if not child.foundation], grace)
        _stop_together([child for child in self.children if child.foundation], grace)

    def _see_to(self, child: Child, now: float) -> None:
        """End a child that hangs; the next look starts it again."""
        silent = child.silent_for(now=now, since=self._looking_since, most=self.silence) if self.silence else None
        if silent is None:
            return
        sentence = f"The {child.name} has not answered for {silent:.0f} seconds; ending it and starting it again."
        child.note(sentence)
        child.end()
        child.start_again_at = now
        self.say(f"{sentence} Its log is {child.log}" if child.log else sentence)

    def _crashed(self, child: Child, now: float) -> None:
        code = child.process.returncode if child.process else None
        child.crashes.append(now)
        lately = [crash for crash in child.crashes if now - crash < 60]
        if len(lately) > CRASHES_A_MINUTE:
            end = f" The end of {child.log}:\n\n{child.last_lines()}" if child.log else ""
            raise GaveUp(f"The {child.name} ended {len(lately)} times within a minute.{end}")
        pause = PAUSE_SECONDS * 2 ** (len(lately) - 1)
        child.start_again_at = now + pause
        sentence = f"The {child.name} ended (code {code}); starting it again."
        self.say(f"{sentence} Its log is {child.log}" if child.log else sentence)


def _stop_together(children: Sequence[Child], grace: float | None = None) -> None:
    for child in children:
        child.stop(signal.SIGTERM)
    deadline = time.monotonic() + (GRACE_SECONDS if grace is None else grace)
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.stop(signal.SIGKILL)
            child.process.wait()


def python(*arguments: str) -> list[str]:
    """A command of this very Python."""
    return [sys.executable, *arguments]


def open_lock(path: Path) -> IO[str] | None:
    """Hold `path` locked as long as the file stays open. None: another process holds it. A stale file is no matter."""
    import fcntl

    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def die_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """For `preexec_fn`: the child gets signal `number` when the thread that forked it ends, however it ends."""

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # It ended before the line above.
            os._exit(1)

    return prepare
