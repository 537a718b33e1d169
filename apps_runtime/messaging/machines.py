"""Which machines play sessions now. Each worker says so in Redis with every heartbeat, as long as its machine's kernel
host answers; whoever was not heard of for three heartbeats takes no work, and its sessions go on elsewhere.

When nobody is heard of (Redis has just started, or there is no worker yet) all stays as it was: on the session's own
machine, or on this one.
"""

import logging
import threading
import time
from datetime import datetime

import redis
from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps_runtime import kernels
from apps_runtime.models import Session

logger = logging.getLogger(__name__)

# Sorted sets: name → when it was heard of. Machines that take sessions; workers, with a kernel host or without; beat.
HEARD, WORKERS, BEAT = "hexlite:machines", "hexlite:workers", "hexlite:beat"
BEAT_SECONDS = 120  # It has something to ask for every 30.
FORGOTTEN_AFTER = 3  # heartbeats
FRESH_SECONDS = 1.0  # An answer of Redis is good for so long within a process.

_client: redis.Redis | None = None
_known: tuple[float, frozenset[str]] = (0.0, frozenset())


def say(machine: str, *, now: datetime) -> None:
    """`machine` has a worker, and a kernel host that answers. Raises RedisError."""
    broker().zadd(HEARD, {machine: now.timestamp()})


def note_beat(*, now: datetime) -> None:
    """A worker has got what beat asks for every 30 seconds."""
    try:
        broker().zadd(BEAT, {"beat": now.timestamp()})
    except redis.RedisError as problem:
        logger.warning("That beat lives could not be noted: %s", problem)


def heard() -> list[tuple[str, str, float]]:
    """Part, name and when it was heard of last. Raises RedisError."""
    parts = (("machine", HEARD), ("worker", WORKERS), ("beat", BEAT))
    return [
        (part, name.decode(), at) for part, key in parts for name, at in broker().zrange(key, 0, -1, withscores=True)
    ]


def missing(*, now: datetime) -> dict[str, str]:
    """What nobody was heard of. Raises RedisError."""
    ages: dict[str, float] = {}
    for part, _, at in heard():
        ages[part] = min(now.timestamp() - at, ages.get(part, float("inf")))
    lately = FORGOTTEN_AFTER * settings.HEXLITE_HEARTBEAT_SECONDS
    expected = {
        "worker": (lately, "no worker is heard of"),
        "machine": (lately, "no worker has a kernel host that answers"),
        "beat": (BEAT_SECONDS, "nothing is heard of beat, or no worker takes its tasks"),
    }
    names = {"machine": "kernels"}
    return {names.get(part, part): why for part, (most, why) in expected.items() if ages.get(part, float("inf")) > most}


def alive(*, now: datetime) -> frozenset[str]:
    """Machines that were heard of lately."""
    oldest = now.timestamp() - FORGOTTEN_AFTER * settings.HEXLITE_HEARTBEAT_SECONDS
    return frozenset(name.decode() for name in broker().zrangebyscore(HEARD, oldest, "+inf"))


def place_of(session: Session) -> str:
    """The machine that plays this session: where its kernel is, else the one with the fewest kernels."""
    known = _alive_lately()
    if session.kernel and (session.worker in known or not known):
        return session.worker or settings.HEXLITE_MACHINE
    return chosen(known) or settings.HEXLITE_MACHINE


def another() -> str | None:
    """A machine to go on at, as this one cannot."""
    return chosen(_alive_lately() - {settings.HEXLITE_MACHINE})


def chosen(machines: frozenset[str]) -> str | None:
    """The machine with the fewest kernels; among equals this one."""
    if len(machines) < 2:
        return next(iter(machines), None)
    holding = Session.objects.filter(worker__in=machines, kernel__isnull=False).values_list("worker")
    held = dict(holding.annotate(kernels=Count("pk")).order_by())
    return min(machines, key=lambda name: (held.get(name, 0), name != settings.HEXLITE_MACHINE, name))


def keep_saying(machine: str) -> threading.Thread:
    """A thread that says that this machine lives, as long as the process does."""
    thread = threading.Thread(target=_say_always, args=[machine], name="heartbeat of the machine", daemon=True)
    thread.start()
    return thread


def _say_always(machine: str) -> None:
    while True:
        try:
            broker().zadd(WORKERS, {machine: timezone.now().timestamp()})
            kernels.stats()
            say(machine, now=timezone.now())
        except (kernels.KernelUnavailable, redis.RedisError) as problem:
            logger.warning("%s takes no sessions now: %s", machine, problem)
        time.sleep(settings.HEXLITE_HEARTBEAT_SECONDS)


def _alive_lately() -> frozenset[str]:
    """As `alive`, asked at most once a second; nobody when Redis does not answer."""
    global _known
    asked, known = _known
    if time.monotonic() - asked > FRESH_SECONDS:
        try:
            known = alive(now=timezone.now())
        except redis.RedisError as problem:
            logger.warning("Which machines live is not known: %s", problem)
            known = frozenset()
        _known = (time.monotonic(), known)
    return known


def broker() -> redis.Redis:
    """The Redis of the installation; one client a process, safe for threads."""
    global _client
    if _client is None:
        # Tried twice at once, for a Redis that was restarted, and no more: who asks may hold a session's row.
        once_more = Retry(NoBackoff(), 1)
        _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=once_more)
    return _client
