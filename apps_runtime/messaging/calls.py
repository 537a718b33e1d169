"""Calls to the worker that waits for a session's next change (`playing/worker_affinity.py`, ADR 8)."""

import logging

import redis

from apps_runtime.messaging import machines

logger = logging.getLogger(__name__)


def channel(session_id: object) -> str:
    """The name in Redis under which a session is called."""
    return f"hexlite:session:{session_id}"


def call(session_id: object) -> bool:
    """Tell the worker that waits for a session's next change. False: there is none, and nobody was told."""
    try:
        return bool(machines.broker().publish(channel(session_id), b""))
    except redis.RedisError as problem:
        logger.warning("Whether a worker waits for session %s is not known: %s", session_id, problem)
        return False
