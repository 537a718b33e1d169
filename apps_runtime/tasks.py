"""What workers are asked to do: each task is a service call. Payloads are ids; the rows are the truth."""

import logging
from datetime import datetime
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.mails import schedule_mails
from apps_runtime.messaging import machines
from apps_runtime.models import Run
from apps_runtime.playing import instant_start, run_playing, session_playing
from apps_runtime.services.publishing import publishing
from apps_runtime.services.schedules import schedules
from apps_runtime.services.upkeep import retention, sweeping

logger = logging.getLogger(__name__)


@shared_task(name="apps_runtime.play_run")
def play_run(run_id: str) -> None:
    run_playing.play_run(run_id=run_id, worker=settings.HEXLITE_MACHINE)


@shared_task(name="apps_runtime.play_session")
def play_session(session_id: str) -> None:
    session_playing.play_session(
        session_id=session_id, worker=settings.HEXLITE_MACHINE, stay=settings.HEXLITE_STAY_SECONDS
    )


@shared_task(name="apps_runtime.make_template")
def make_template(project_id: str) -> None:
    instant_start.make(project_id=project_id, machine=settings.HEXLITE_MACHINE)


@shared_task(name="apps_runtime.stop_playing")
def stop_playing(identity: str) -> None:
    if not run_playing.stop(identity):
        logger.info("Nothing called %s is being played here", identity)


@shared_task(name="apps_runtime.kill_kernel")
def kill_kernel(address: dict[str, Any]) -> None:
    kernels.connect(kernels.KernelAddress.from_json(address)).kill()


@shared_task(name="apps_runtime.unwatched")
def unwatched(run_id: str, since: str = "") -> None:
    run = Run.objects.filter(pk=run_id).first()
    if run and since:
        publishing.unwatched(run=run, since=datetime.fromisoformat(since))
    elif run:
        publishing.ask_who_watches(run=run, now=timezone.now())


@shared_task(name="apps_runtime.tell_run_end")
def tell_run_end(due_time_id: int) -> None:
    schedule_mails.tell(due_time_id=due_time_id, now=timezone.now())


@shared_task(name="apps_runtime.sweep")
def sweep() -> None:
    sweeping.sweep(now=timezone.now())


@shared_task(name="apps_runtime.tidy")
def tidy() -> None:
    retention.tidy(now=timezone.now())


@shared_task(name="apps_runtime.tick_schedules")
def tick_schedules() -> None:
    machines.note_beat(now=timezone.now())
    schedules.tick(now=timezone.now())
