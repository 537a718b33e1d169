"""A worker whose loop stands still some seconds after it is ready, while its other threads go on."""

import time

from celery.signals import worker_ready

from hexlite.celery import app

__all__ = ["app"]


@worker_ready.connect
def stand_still(sender, **_):
    sender.timer.call_after(2, time.sleep, [3600])
