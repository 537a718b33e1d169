"""The loops of worker and beat, which must turn for anything to be played: whether they do."""

import time
from typing import Any

import redis
from celery.bootsteps import StartStopStep

from apps_runtime import pulse

TICK_SECONDS = 1.0


class WorkLoop:
    """One loop, which calls `tick` at every turn. It may stand still while it waits for Redis."""

    def __init__(self) -> None:
        self.ticked: float | None = None  # None: it has not begun, or waits for a new connection

    def tick(self) -> None:
        self.ticked = time.monotonic()

    def pause(self) -> None:
        self.ticked = None

    def goes_on(self) -> bool:
        if self.ticked is None or time.monotonic() - self.ticked < pulse.allowed_silence():
            return True
        if _redis_answers():
            return False
        self.tick()  # When Redis is back, it has as long again to notice.
        return True


# A process is one of both.
current = WorkLoop()


class Ticks(StartStopStep):
    """A part of Celery's consumer: lets the loop that takes messages tick."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        consumer.timer.call_repeatedly(TICK_SECONDS, current.tick)

    def stop(self, consumer: Any) -> None:
        """The connection is lost, or the worker ends."""
        current.pause()


def _redis_answers() -> bool:
    from apps_runtime.messaging import machines

    try:
        return bool(machines.broker().ping())
    except (redis.RedisError, OSError):
        return False
