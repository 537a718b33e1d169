"""A child: it answers one request after the other, each within its own limits, until nobody asks any more."""

import importlib
import os
import pickle
import resource
import signal
import socket
import traceback
from pathlib import Path
from typing import Any, NoReturn

from projects.confined.messages import ENDS, OWN_PACKAGES, MessageReader, PipeEnded, Reply, framed

OPEN_FILES = 32
GROWN = 96 * 2**20  # bytes above what it began with: then a fresh one takes its place
_PAGE = resource.getpagesize()
_STATM = Path("/proc/self/statm")


def serve(connection: socket.socket) -> NoReturn:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    reader, begun = MessageReader(connection), _resident()
    try:
        while True:
            answer = _answer(reader.read())
            if answer[:1] == Reply.RESULT.encode() and _resident() - begun > GROWN:
                answer = Reply.LEAVING.encode() + answer[1:]
            connection.sendall(framed(answer))
            if answer[:1] in ENDS:
                os._exit(0)
    except (PipeEnded, OSError):
        os._exit(0)
    except BaseException:  # noqa: BLE001  (not into the template's own code below the fork)
        traceback.print_exc()
        os._exit(1)


def _answer(request: bytes) -> bytes:
    module, name, args, seconds, megabytes = pickle.loads(request)  # noqa: S301  (of the process that forked us)
    del request
    try:
        _limit(seconds, megabytes)
        return _carried_out(module, name, args)
    except MemoryError:
        del args
        return Reply.MEMORY.encode()
    finally:
        _limit(None, None)


def _carried_out(module: str, name: str, args: tuple[Any, ...]) -> bytes:
    try:
        function = getattr(importlib.import_module(module), name)
        return Reply.RESULT.encode() + pickle.dumps(function(*args), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (told to whoever asked)
        if type(error).__module__.startswith(OWN_PACKAGES):  # What the function promises to raise.
            return Reply.RAISED.encode() + pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
        return Reply.FAILED.encode() + _story(error).encode("utf-8", "replace")


def _story(error: Exception) -> str:
    """Where it was raised, without the texts it was raised about: those are somebody's data, and may be long."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {places}"


def _limit(seconds: float | None, megabytes: float | None) -> None:
    """For what comes: so much time of the processor, then the system ends this process, whatever it is about; and so
    much more memory than it has now. Whoever asked looks at the clock."""
    signal.setitimer(signal.ITIMER_PROF, seconds or 0)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    room = most if megabytes is None else _pages()[0] * _PAGE + int(megabytes * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (room, most))


def _pages() -> tuple[int, int]:
    """Address space and resident memory."""
    size, resident, *_ = _STATM.read_bytes().split()
    return int(size), int(resident)


def _resident() -> int:
    return _pages()[1] * _PAGE
