"""A worker stays with the session it has just played for a moment: whoever moves a slider moves it again.

Redis says how many heard a call. The thread that waits has the next change after half a millisecond; when none does,
the change takes the queue, which costs four. A call that was counted is heard: a thread can be called while it plays,
and one that goes has Redis confirm that it is not called any more, and answers what was said until then. Should it die
instead, the sweeper asks again, as for a message of the queue that was lost.
"""

import logging
import threading
import time

import redis

from apps_runtime.messaging import calls, machines

logger = logging.getLogger(__name__)

MOST = 8  # threads of one worker that wait, and a quarter of them at most: the others are free for what the queue holds
LOOK_SECONDS = 0.5  # how soon they notice that the worker is to end
CONFIRM_SECONDS = 1.0

_places = threading.Semaphore(MOST)
_ending = threading.Event()


def begin(*, threads: int) -> None:
    """A worker with so many threads begins."""
    global _places
    _places = threading.Semaphore(min(MOST, threads // 4))


def end() -> None:
    """Nobody waits any more, because this worker is to end."""
    _ending.set()


class Affinity:
    """One thread's stay with one session, from its first `called` on: while it plays it can be called as well."""

    def __init__(self, session_id: object, seconds: float) -> None:
        self.session_id, self.seconds = session_id, seconds
        self._places: threading.Semaphore | None = None
        self._bell: redis.client.PubSub | None = None

    def called(self) -> bool:
        """Whether the session is called within `seconds`, or may have been: its row says what is to be done.

        False: the stay is over, or did not begin.
        """
        if self.seconds <= 0 or not self._has_place():
            return False
        try:
            if self._bell is None:
                self._bell = machines.broker().pubsub(ignore_subscribe_messages=True)
                self._bell.subscribe(calls.channel(self.session_id))
            if self._rings(self._bell):
                return True
        except redis.RedisError as problem:
            return self._given_up(problem)
        return self.leave()

    def leave(self) -> bool:
        """End the stay. True: the session was called before Redis took this thread off its list, or may have been."""
        if self._bell is None:
            return False
        try:
            self._bell.unsubscribe()
            return self._rang_at_last(self._bell)
        except redis.RedisError as problem:
            return self._given_up(problem)
        finally:
            self.close()

    def close(self) -> None:
        if self._bell is not None:
            self._bell.close()
            self._bell = None
        if self._places is not None:
            self._places.release()
            self._places = None

    def _has_place(self) -> bool:
        if self._places is None and _places.acquire(blocking=False):
            self._places = _places
        return self._places is not None

    def _rings(self, bell: redis.client.PubSub) -> bool:
        deadline = time.monotonic() + self.seconds
        while (left := deadline - time.monotonic()) > 0 and not _ending.is_set():
            if bell.get_message(timeout=min(left, LOOK_SECONDS)):
                return True
        return False

    def _rang_at_last(self, bell: redis.client.PubSub) -> bool:
        deadline = time.monotonic() + CONFIRM_SECONDS
        while bell.subscribed:
            if bell.get_message(timeout=CONFIRM_SECONDS) or time.monotonic() > deadline:
                return True
        return False

    def _given_up(self, problem: redis.RedisError) -> bool:
        logger.warning("Waiting for the next change of session %s ended: %s", self.session_id, problem)
        self.close()
        return True
