"""Beat's scheduler: django-celery-beat's, which says that it goes on."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from hexlite.work_loops import current


class Scheduler(DatabaseScheduler):
    def tick(self, *arguments: Any, **named: Any) -> float:
        current.tick()
        return super().tick(*arguments, **named)
