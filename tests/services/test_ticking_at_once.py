"""Two beats that tick at the same moment start one run, and record each missed due time once."""

from datetime import UTC, datetime, timedelta

import pytest

from apps_runtime.models import DueTime, Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.schedules import schedules
from tests.cast import make_cast, published
from tests.services.test_publishing_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC)
ROUNDS = 8


def test_one_run_a_due_time(transactional_db):
    cast = make_cast()
    published(cast)
    every = Recurrence(Every.CRON, cron="*/5 * * * *")
    schedule = schedules.create(
        project=cast.project, recurrence=every, time_zone="UTC", by=cast.bob, now=NOON - timedelta(minutes=1)
    )
    for number in range(ROUNDS):
        now = NOON + timedelta(minutes=10 * number)  # Every other one was missed.
        at_once(lambda name, now=now: schedules.tick(now=now))
        Run.objects.unfinished().update(state=Run.State.DONE)
    started = schedule.due_times.filter(outcome=DueTime.Outcome.STARTED)
    assert started.count() == Run.objects.filter(trigger=Run.Trigger.SCHEDULE).count() == ROUNDS
    assert schedule.due_times.filter(outcome=DueTime.Outcome.MISSED).count() == ROUNDS - 1
    assert schedule.due_times.values("at").distinct().count() == schedule.due_times.count()
