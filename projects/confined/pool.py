"""The children of this process, and who asks them what.

A request is quick at first: for `PATIENCE` it may have any child. What takes longer is slow; of slow ones there is
always one less than there are children, so that a text of milliseconds never waits for one of seconds.
"""

import atexit
import hashlib
import logging
import os
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

from projects.confined.errors import Busy, Failed, NotDone, OutOfBudget
from projects.confined.forking import ConfinedChild, NoChild, Nursery
from projects.confined.messages import PipeEnded, Reply, UnreadableMessage, plain_value

PATIENCE = 0.1  # seconds of the processor
WAIT = 5.0  # seconds for a free child
SLOW_WAITING = 4  # requests that wait to be slow; they hold a thread each
REMEMBERED = 600.0  # seconds for which a request that went wrong is not tried again
MOST_REMEMBERED = 4096

P = ParamSpec("P")
Result = TypeVar("Result")

logger = logging.getLogger("hexlite.confined")


def call(function: Callable[P, Result], *args: Any, seconds: float = 2.0, megabytes: float = 256.0) -> Result:
    """`function(*args)`, worked out in a child. The function stands at the top of a module and is pure; arguments and
    result are plain values or our own dataclasses. `seconds` of a processor, `megabytes` beyond the child's own.

    Raises what the function promises (exceptions of our own), OutOfBudget, Failed, Busy.
    """
    request = (function.__module__, function.__qualname__, args, seconds, megabytes)
    return _pool().result(pickle.dumps(request, pickle.HIGHEST_PROTOCOL), seconds, function.__qualname__)


def start() -> None:
    """Have the children made, without waiting for them: the first to ask would."""
    _pool().start()


def stop() -> None:
    """End the children of this process; the next call makes new ones."""
    global _the_pool
    with _making:
        if _the_pool is not None:
            _the_pool.stop()
        _the_pool = None


@dataclass
class _Flight:
    """A request that is being answered, and those that asked the same meanwhile."""

    done: threading.Event = field(default_factory=threading.Event)
    answer: bytes = b""
    error: NotDone | None = None


class _Died(Failed):
    """The process died while it worked."""


class Pool:
    """Some children."""

    def __init__(self, count: int, modules: list[str]) -> None:
        self._nursery = Nursery(modules)
        self._count = count
        self._lock = threading.Lock()
        self._free: list[ConfinedChild | None] = [None] * count  # None: one that is to be made
        self._turns = threading.Semaphore(count)
        self._slow = threading.Semaphore(max(1, count - 1))
        self._slow_waiting = threading.Semaphore(SLOW_WAITING)
        self._flights: dict[bytes, _Flight] = {}
        self._remembered: OrderedDict[bytes, tuple[float, NotDone]] = OrderedDict()

    def start(self) -> None:
        self._nursery.start()

    def stop(self) -> None:
        with self._lock:
            children, self._free = self._free, [None] * self._count
        for child in children:
            if child is not None:
                child.kill()
        self._nursery.stop()

    def result(self, request: bytes, seconds: float, name: str) -> Any:
        digest = hashlib.blake2b(request, digest_size=16).digest()
        with self._lock:
            self._raise_remembered(digest)
            flight = self._flights.get(digest)
            leads = flight is None
            if flight is None:
                flight = self._flights[digest] = _Flight()
        if leads:
            self._fly(flight, digest, request, seconds, name)
        elif not flight.done.wait(2 * WAIT + 3 * seconds):
            raise Busy(f"{name} is asked by others already")
        if flight.error is not None:
            raise type(flight.error)(*flight.error.args)
        try:
            value = plain_value(flight.answer[1:])
        except UnreadableMessage as error:
            logger.error("%s answered what is no answer: %s (request %s)", name, error, digest.hex()[:12])
            raise Failed(f"{name}: {error}") from error
        if flight.answer[:1] == Reply.RAISED.encode():
            raise value
        return value

    def _fly(self, flight: _Flight, digest: bytes, request: bytes, seconds: float, name: str) -> None:
        try:
            try:
                flight.answer = self._answer(request, seconds, name)
            except _Died:  # Of the request, or because somebody ended it: once more says which.
                flight.answer = self._answer(request, seconds, name)
            match flight.answer[:1]:
                case b"f":
                    raise Failed(f"{name}: {flight.answer[1:].decode('utf-8', 'replace')}")
                case b"m":
                    raise OutOfBudget(f"{name} took more memory than it may")
        except NotDone as error:
            flight.error = error
            logger.warning("%s: %s (request %s)", type(error).__name__, error, digest.hex()[:12])
            if not isinstance(error, Busy):
                self._remember(digest, error)
        except BaseException:
            flight.error = Failed(f"{name}: whoever asked was interrupted")
            raise
        finally:
            with self._lock:
                self._flights.pop(digest, None)
            flight.done.set()

    # ---- One request

    def _answer(self, request: bytes, seconds: float, name: str) -> bytes:
        """Quick, or else slow: at once if another slow one may be now, later if not."""
        with self._child(name) as child:
            asked = _Asked(child, seconds, name)
            asked.send(request)
            answer = asked.quick_answer()
            if answer is not None:
                return answer
            if self._slow.acquire(blocking=False):
                try:
                    return asked.answer()
                finally:
                    self._slow.release()
        return self._later(request, seconds, name)

    def _later(self, request: bytes, seconds: float, name: str) -> bytes:
        """A slow request whose turn was not yet: from its beginning, when it is."""
        if not self._slow_waiting.acquire(blocking=False):
            raise Busy(f"{name}: too many slow requests wait")
        try:
            if not self._slow.acquire(timeout=WAIT):
                raise Busy(f"{name}: other slow requests took too long")
        finally:
            self._slow_waiting.release()
        try:
            with self._child(name) as child:
                asked = _Asked(child, seconds, name)
                asked.send(request)
                return asked.answer()
        finally:
            self._slow.release()

    @contextmanager
    def _child(self, name: str) -> Iterator[ConfinedChild]:
        """A free child, for one request. Raises Busy."""
        if not self._turns.acquire(timeout=WAIT):
            raise Busy(f"{name}: no child was free")
        child = None
        try:
            with self._lock:
                child = self._free.pop()
            if child is not None and not child.is_fit:
                child.kill()
                child = None
            if child is None:
                child = self._nursery.child()
            yield child
        except NoChild as error:
            raise Busy(f"{name}: {error}") from error
        finally:
            if child is not None and not child.is_fit:
                child.kill()
                child = None
            with self._lock:
                # Those that are there are taken before any is made, which is done by whoever needs it.
                self._free.insert(len(self._free) if child else 0, child)
            self._turns.release()

    # ---- What went wrong before

    def _remember(self, digest: bytes, error: NotDone) -> None:
        with self._lock:
            self._remembered[digest] = (time.monotonic(), error)
            while len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)

    def _raise_remembered(self, digest: bytes) -> None:
        at, error = self._remembered.get(digest, (0.0, None))
        if error is None:
            return
        if time.monotonic() - at > REMEMBERED:
            del self._remembered[digest]
            return
        raise type(error)(*error.args)


class _Asked:
    """A request that a child has. Its time is the processor's; by the clock it has three times as long, because a
    machine with much to do is not the text's fault. Raises Busy when that is over, OutOfBudget, Failed."""

    def __init__(self, child: ConfinedChild, seconds: float, name: str) -> None:
        self._child = child
        self._seconds = seconds
        self._name = name
        self._until = time.monotonic() + 3 * seconds + 1

    def send(self, request: bytes) -> None:
        with self._failures():
            self._child.send(request, self._until)

    def quick_answer(self) -> bytes | None:
        """The answer; None for a request that is slow."""
        while (left := PATIENCE - self._child.worked) > 0:
            with suppress(TimeoutError):
                return self._read(min(time.monotonic() + max(left, 0.02), self._until))
            if time.monotonic() >= self._until:
                raise self._too_long()
        return None

    def answer(self) -> bytes:
        with self._failures():
            return self._read(self._until)

    def _read(self, until: float) -> bytes:
        try:
            return self._child.read(until)
        except (PipeEnded, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            if self._child.ended_by_its_timer or self._child.worked > self._seconds - 0.1:
                raise OutOfBudget(f"{self._name} took more than {self._seconds:g} s") from error
            raise _Died(f"{self._name}: its process died") from error
        except UnreadableMessage as error:
            raise Failed(f"{self._name}: {error}") from error

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise self._too_long() from error
        except OSError as error:
            raise _Died(f"{self._name}: its process died") from error

    def _too_long(self) -> NotDone:
        """By the clock. What had half of its time and is not done is not worth another try on a machine like this."""
        if self._child.worked > self._seconds / 2:
            return OutOfBudget(f"{self._name} needs more than {self._seconds:g} s")
        return Busy(f"{self._name} did not get its {self._seconds:g} s within {3 * self._seconds + 1:g}")


_making = threading.Lock()
_the_pool: Pool | None = None


def _pool() -> Pool:
    global _the_pool
    if _the_pool is None:
        with _making:
            if _the_pool is None:
                _the_pool = Pool(settings.HEXLITE_CONFINED_CHILDREN, list(settings.CONFINED_MODULES))
    return _the_pool


def _forget() -> None:
    """In a process that was forked from this one: its parent's children are not its own."""
    global _the_pool, _making
    _the_pool, _making = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
atexit.register(stop)
