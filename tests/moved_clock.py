"""Settings for processes whose clock a test moves: the product's own, with a `timezone.now` that is some seconds ahead.

How many stands in the file that HEXLITE_TEST_CLOCK names, and is read each time. Beat ticks every second, and mails are
files, so that nobody waits longer than he must.
"""

import os
from datetime import timedelta
from pathlib import Path

from celery.schedules import schedule
from django.utils import timezone

from hexlite.settings import *  # noqa: F403
from hexlite.settings import CELERY_BEAT_SCHEDULE as SLOW

CLOCK = Path(os.environ["HEXLITE_TEST_CLOCK"])
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = CLOCK.with_name("mails")
CELERY_BEAT_SCHEDULE = {
    name: {**entry, "schedule": schedule(timedelta(seconds=1))} if name != "tidying" else entry
    for name, entry in SLOW.items()
}

_real_now = timezone.now


def now():
    return _real_now() + timedelta(seconds=float(CLOCK.read_text()))


timezone.now = now
