"""The Celery application: `celery -A hexlite.celery:app worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexlite.settings")

app = Celery("hexlite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
