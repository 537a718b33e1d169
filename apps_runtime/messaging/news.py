"""News to open windows: small messages on the channel layer that say *what* changed, never the truth itself.

Losing one costs a refresh: sequence numbers reveal the gap (specs/sessions). One event loop per process keeps the
connection to Redis, because `async_to_sync` would make a new one for every message.
"""

import asyncio
import logging
import os
import threading
from concurrent.futures import Future
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}


def announce(group: str, **message: Any) -> None:
    """Send `message` (its `type` is a consumer's method in dotted form) to a group once the transaction commits."""
    transaction.on_commit(lambda: _send(group, message))


def project_group(project_id: object) -> str:
    """The group of every window that shows something of a project: publication, access, deletion."""
    return f"project.{project_id}"


def person_group(person_id: object) -> str:
    """The group of every window of a person."""
    return f"person.{person_id}"


def runs_group(project_id: object) -> str:
    """The group of those who look at the run log of a project, or at one of its runs."""
    return f"runs.{project_id}"


def draft_group(draft_id: object) -> str:
    return f"draft.{draft_id}"


def _send(group: str, message: dict[str, Any]) -> None:
    future = asyncio.run_coroutine_threadsafe(get_channel_layer().group_send(group, message), _loop())
    future.add_done_callback(_log_failure)


def _log_failure(future: Future) -> None:
    error = future.exception()
    if error is not None:
        logger.warning("News was not delivered; windows will notice the gap: %s", error)


def _loop() -> asyncio.AbstractEventLoop:
    process = os.getpid()  # A forked child must not use its parent's loop.
    with _lock:
        if process not in _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="news", daemon=True).start()
            _loops[process] = loop
        return _loops[process]
