"""The way to the workers: a task's name and an id. Losing one is harmless, because the sweeper asks again."""

import logging
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

RUNS = "runs"


def sessions_queue(machine: str | None = None) -> str:
    """The direct queue of a machine's worker, where the kernels of its sessions are."""
    return f"sessions.{machine or settings.HEXLITE_MACHINE}"


def enqueue(task: str, *arguments: Any, queue: str, delay: float = 0) -> None:
    """Ask a worker for `task` once the transaction commits; `delay` in seconds."""
    transaction.on_commit(lambda: _send(task, arguments, queue, delay))


def ask_for_template(project_id: object, *, machine: str | None = None) -> None:
    """Have the process made that sessions of the app are forked from, for the results that it shows now."""
    enqueue("make_template", str(project_id), queue=sessions_queue(machine))


def _send(task: str, arguments: tuple[Any, ...], queue: str, delay: float) -> None:
    try:
        current_app.send_task(f"apps_runtime.{task}", args=arguments, queue=queue, countdown=delay or None)
    except OperationalError as error:
        logger.error("The queue can't be reached; %s%r waits for the sweeper: %s", task, arguments, error)
