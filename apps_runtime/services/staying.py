"""A worker stays with the session it has just played for a moment: whoever moves a slider moves it again.

Redis says how many heard a call. The thread that waits has the next change after half a millisecond; when none does,
the change takes the queue, which costs four. A call that was counted is heard: a thread that goes has Redis confirm
that it is not called any more, and answers what was said until then. Should it die instead, the sweeper asks again, as
for a message of the queue that was lost.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from apps_runtime.services import machines

logger = logging.getLogger(__name__)

MOST = 8  # threads of one worker that wait, and a quarter of them at most: the others are free for what the queue holds
LOOK_SECONDS = 0.5  # how soon they notice that the worker is to end
CONFIRM_SECONDS = 1.0

_places = threading.Semaphore(MOST)
_ending = threading.Event()


def call(session_id: object) -> bool:
    """Tell the worker that waits for a session's next change. False: there is none, and nobody was told."""
    try:
        return bool(machines.broker().publish(_channel(session_id), b""))
    except redis.RedisError as problem:
        logger.warning("Whether a worker waits for session %s is not known: %s", session_id, problem)
        return False


def wait(session_id: object, seconds: float) -> bool:
    """Whether the session was called within `seconds`, or may have been: its row says what is to be done."""
    places = _places
    if seconds <= 0 or not places.acquire(blocking=False):
        return False
    try:
        with _bell(session_id) as bell:
            return _rings(bell, time.monotonic() + seconds) or _rang_at_last(bell)
    except redis.RedisError as problem:
        logger.warning("Waiting for the next change of session %s ended: %s", session_id, problem)
        return True
    finally:
        places.release()


def begin(*, threads: int) -> None:
    """A worker with so many threads begins."""
    global _places
    _places = threading.Semaphore(min(MOST, threads // 4))


def end() -> None:
    """Nobody waits any more, because this worker is to end."""
    _ending.set()


@contextmanager
def _bell(session_id: object) -> Iterator[redis.client.PubSub]:
    with machines.broker().pubsub(ignore_subscribe_messages=True) as bell:
        bell.subscribe(_channel(session_id))
        yield bell


def _rings(bell: redis.client.PubSub, deadline: float) -> bool:
    while (left := deadline - time.monotonic()) > 0 and not _ending.is_set():
        if bell.get_message(timeout=min(left, LOOK_SECONDS)):
            return True
    return False


def _rang_at_last(bell: redis.client.PubSub) -> bool:
    """Whether it was called before Redis took it off its list; if Redis does not say so, it may have been."""
    bell.unsubscribe()
    deadline = time.monotonic() + CONFIRM_SECONDS
    while bell.subscribed:
        if bell.get_message(timeout=CONFIRM_SECONDS) or time.monotonic() > deadline:
            return True
    return False


def _channel(session_id: object) -> str:
    return f"hexlite:session:{session_id}"
