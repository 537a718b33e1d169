"""The services that hexlite is made of: do they answer?"""

from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import OperationalError

from hexlite.celery import app
from hexlite.doctor.verdicts import CannotTell

ANSWER_SECONDS = 2.0
SILENCE = timedelta(minutes=4)  # Beat ticks every 30 seconds, and writes it down within three minutes.
START = "Start hexlite with `make run`, or see that all parts of Procfile run."


@register("doctor", deploy=True)
def the_database_answers(**options: object) -> list[CheckMessage]:
    """The database answers and is migrated."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as problem:
        return [Error(f"The database does not answer: {problem}", hint="See DATABASE_URL.", id="hexlite.E001")]
    if waiting:
        names = ", ".join(str(migration) for migration, _ in waiting[:3])
        return [
            Error(f"{len(waiting)} migrations wait: {names}", hint="Run `manage.py migrate`.", id="hexlite.E002"),
        ]
    return []


@register("doctor", deploy=True)
def redis_answers(**options: object) -> list[CheckMessage]:
    """Redis answers, and forgets nothing that is queued."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, decode_responses=True) as client:
            client.ping()
            policy = client.info("memory").get("maxmemory_policy", "")
            append_only = client.info("persistence").get("aof_enabled")
    except (redis.RedisError, OSError) as problem:
        return [Error(f"Redis does not answer: {problem}", hint=START, id="hexlite.E003")]
    found: list[CheckMessage] = []
    if policy not in {"", "noeviction"}:
        hint = "Set maxmemory-policy to noeviction."
        found.append(Warning(f"Redis drops queued work when it is full ({policy}).", hint=hint, id="hexlite.W001"))
    if not append_only:
        hint = "Set appendonly to yes. Until then, lost work is found again within a minute or two."
        found.append(Warning("Redis forgets queued work when it restarts.", hint=hint, id="hexlite.W002"))
    return found


@register("doctor", deploy=True)
def workers_listen(**options: object) -> list[CheckMessage]:
    """Workers listen to the runs, and to the sessions of this machine."""
    try:
        answers = app.control.inspect(timeout=ANSWER_SECONDS).active_queues() or {}
    except (redis.RedisError, OperationalError) as problem:
        raise CannotTell from problem
    heard = {queue["name"] for queues in answers.values() for queue in queues}
    wanted = {
        settings.CELERY_TASK_DEFAULT_QUEUE: "Nobody takes runs: previews, publishing and schedules wait.",
        f"sessions.{settings.HEXLITE_MACHINE}": "Nobody takes the sessions of this machine: apps don't answer.",
    }
    return [
        Error(sentence, hint=f"{START} A worker must listen to the queue {queue}.", id="hexlite.E004")
        for queue, sentence in wanted.items()
        if queue not in heard
    ]


@register("doctor", deploy=True)
def mails_are_sent(**options: object) -> list[CheckMessage]:
    """Mails are sent, or there are none."""
    if not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        return []
    waiting = len(list(Path(settings.EMAIL_FILE_PATH).glob("*.log")))
    if not waiting:
        return []
    hint = "Name a mail server in HEXLITE_EMAIL_HOST. Until then hand on by other means what they say."
    kept = f"{waiting} {'mail waits' if waiting == 1 else 'mails wait'} in {settings.EMAIL_FILE_PATH}"
    return [Warning(f"There is no mail server: {kept}.", hint=hint, id="hexlite.W005")]


@register("doctor", deploy=True)
def beat_beats(**options: object) -> list[CheckMessage]:
    """Beat ticks: schedules are looked at, and lost work is found."""
    try:
        # Beat writes each row when it starts, and again at every tick.
        ticks = PeriodicTask.objects.filter(name__in=settings.CELERY_BEAT_SCHEDULE).values_list(
            "date_changed", flat=True
        )
        last = max(ticks, default=None)
    except DatabaseError as problem:
        raise CannotTell from problem
    if last is None or last < timezone.now() - SILENCE:
        since = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
        return [Error(f"Beat has not ticked {since}: nothing scheduled starts.", hint=START, id="hexlite.E005")]
    return []
