"""The Celery application: `celery -A hexlite.celery:app worker`."""

import gc
import os
import sys
import threading
from contextlib import ExitStack
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, task_postrun, task_prerun, worker_ready, worker_shutting_down

from apps_runtime import pulse
from hexlite import work_loops

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexlite.settings")

app = Celery("hexlite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would open the database anew for each task; that takes longer than asking it. See `close_stale`.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.steps["consumer"].add(work_loops.Ticks)


@celeryd_init.connect
@beat_init.connect
def have_a_pulse(**_: object) -> None:
    pulse.begin(work_loops.current.goes_on)


@worker_ready.connect
def take_over(sender: Any, **_: object) -> None:
    """What this machine's worker before played is looked after at once, not when its lease ends."""
    from django.conf import settings
    from django.utils import timezone

    from apps_runtime.messaging import machines
    from apps_runtime.playing import worker_affinity
    from apps_runtime.services.upkeep import sweeping
    from projects import confined

    confined.start()
    worker_affinity.begin(threads=sender.pool.limit)
    gc.collect()
    gc.freeze()  # As in `hexlite.asgi`: what was loaded stays.
    sweeping.take_over(machine=settings.HEXLITE_MACHINE, now=timezone.now())
    machines.keep_saying(settings.HEXLITE_MACHINE)


@worker_shutting_down.connect
def end_in_time(**_: object) -> None:
    """Celery waits for what is being played as long as it takes; whoever told the worker to end does not."""
    from django.conf import settings

    from apps_runtime.playing import run_playing, worker_affinity

    worker_affinity.end()
    threading.Thread(target=run_playing.stop_all_after, args=[settings.HEXLITE_STOP_SECONDS], daemon=True).start()


@task_prerun.connect
@task_postrun.connect
def close_stale(**_: object) -> None:
    """Database connections that are too old, or were lost: the next query looks whether its connection answers."""
    from django.db import close_old_connections  # Not before Django is set up.

    close_old_connections()


_told: dict[str, ExitStack] = {}  # id of a task → what its lines of the log are about


@task_prerun.connect
def say_what_about(task_id: str, task: Any, args: Any, **_: object) -> None:
    from hexlite import logs  # Not before Django is set up.

    _told[task_id] = ExitStack()
    _told[task_id].enter_context(logs.about(**logs.of_task(task.name, args or ())))


@task_postrun.connect
def say_no_more(task_id: str, **_: object) -> None:
    if told := _told.pop(task_id, None):
        told.close()
