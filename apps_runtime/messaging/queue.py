"""The way to the workers: a task's name and an id. Losing one is harmless, because the sweeper asks again.

While Redis is away nothing new is begun: what needs a worker is refused before it is written (`require`), and pages say
so (`is_away`).
"""

import logging
import time
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from apps_runtime.messaging import calls, machines
from apps_runtime.messaging.not_now import NotNow

logger = logging.getLogger(__name__)

RUNS = "runs"
AWAY = "Live updates and new runs are not available at the moment."
KNOWN_SECONDS = 2.0  # What pages say of the queue may be so old.

_known: tuple[float, bool] = (0.0, False)


def require() -> None:
    """Raises NotNow when what is asked of a worker now would reach none."""
    if _look():
        raise NotNow(f"{AWAY} Nothing was started, and nothing is lost; try again in a minute.", status=503, seconds=60)


def is_away() -> bool:
    """For pages: asked at most every two seconds."""
    asked, away = _known
    return _look() if time.monotonic() - asked > KNOWN_SECONDS else away


def _look() -> bool:
    global _known
    try:
        machines.broker().ping()
        away = False
    except (redis.RedisError, OSError) as problem:
        logger.warning("Redis does not answer: %s", problem)
        away = True
    _known = (time.monotonic(), away)
    return away


def sessions_queue(machine: str | None = None) -> str:
    """The direct queue of a machine's worker, where the kernels of its sessions are."""
    return f"sessions.{machine or settings.HEXLITE_MACHINE}"


def enqueue(task: str, *arguments: Any, queue: str, delay: float = 0) -> None:
    """Ask a worker for `task` once the transaction commits; `delay` in seconds."""
    transaction.on_commit(lambda: _send(task, arguments, queue, delay))


def call_worker(session_id: object, *, machine: str) -> None:
    """Have a session played once the transaction commits: by the thread that waits for it, if one does."""
    transaction.on_commit(
        lambda: calls.call(session_id) or _send("play_session", (str(session_id),), sessions_queue(machine), 0)
    )


def ask_for_template(project_id: object, *, machine: str | None = None) -> None:
    """Have the process made that sessions of the app are forked from, for the results that it shows now."""
    enqueue("make_template", str(project_id), queue=sessions_queue(machine))


def _send(task: str, arguments: tuple[Any, ...], queue: str, delay: float) -> None:
    try:
        current_app.send_task(f"apps_runtime.{task}", args=arguments, queue=queue, countdown=delay or None)
    except OperationalError as error:
        logger.error("The queue can't be reached; %s%r waits for the sweeper: %s", task, arguments, error)
