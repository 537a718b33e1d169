"""The Celery application: `celery -A hexlite.celery:app worker`."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexlite.settings")

app = Celery("hexlite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def take_over(**_: object) -> None:
    """What this machine's worker before played is looked after at once, not when its lease ends."""
    from django.conf import settings
    from django.utils import timezone

    from apps_runtime.services import sweeping  # Not before Django is set up.

    sweeping.take_over(machine=settings.HEXLITE_MACHINE, now=timezone.now())
