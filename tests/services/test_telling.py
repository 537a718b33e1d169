"""Mails about the end of scheduled runs: once, to those who may read them, in their own time."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps_runtime.mails import schedule_mails
from apps_runtime.messaging import queue
from apps_runtime.models import DueTime, Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from projects.models import ProjectUserGrant
from tests.cast import make_cast, published

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 20, 14, 0, 10, tzinfo=UTC)
LATER = MORNING + timedelta(minutes=1)
KEY_ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "'station'", "traceback": [
    "\x1b[31mKeyError\x1b[39m: 'station'",
    "Cell In[3], line 1\n----> 1 by_month = seen.groupby(['station'])\n",
]}  # fmt: skip


@pytest.fixture
def cast():
    cast = make_cast()
    published(cast)
    cast.bob.time_zone = "Europe/London"
    cast.bob.save()
    return cast


@pytest.fixture
def daily(cast):
    return schedules.create(
        project=cast.project,
        recurrence=Recurrence(Every.DAY, at=time(6)),
        time_zone="America/Los_Angeles",
        by=cast.bob,
        now=MORNING - timedelta(hours=2),
    )


def due_run(*, now=MORNING) -> Run:
    [run] = schedules.tick(now=now)
    return runs.claim(run_id=str(run.pk), worker="test", now=now)


def fail(run: Run) -> None:
    runs.record(run=run, cells={"squares": {"state": "failed", "outputs": [KEY_ERROR], "error_line": "KeyError"}})
    runs.finish(run=run, state=Run.State.FAILED)


def tell(run: Run, now=LATER) -> list[str]:
    return schedule_mails.tell(due_time_id=run.due_time.pk, now=now)


def test_bob_is_told_which_cell_broke_and_why(cast, daily):
    run = due_run()
    fail(run)
    assert tell(run) == ["bob@example.org"]
    [message] = mail.outbox
    assert message.subject == "Squares: cell 3 failed at 06:00"
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    for text in (message.body, html.replace("&#x27;", "'")):
        assert "Cell 3 failed in the run of 06:00" in text
        assert "KeyError: 'station'" in text
        assert "by_month = seen.groupby(['station'])" in text
        assert "The app is not affected: it still shows the results of" in text
        assert "06:00 in Los Angeles (14:00 in London, yours)" in text
        assert f"/runs/{run.number}/" in text and f"/schedules/{daily.pk}/" in text
        assert "This is the first failure; after 5 in a row the schedule pauses itself." in text
        assert "because you made the schedule" in text
        assert "\x1b" not in text


def test_nobody_is_told_twice(cast, daily):
    run = due_run()
    fail(run)
    assert tell(run) and tell(run) == []
    assert len(mail.outbox) == 1
    assert DueTime.objects.get().told_at == LATER


def test_a_success_is_told_only_to_those_who_want_it(cast, daily):
    daily.tell_on_success.set([cast.carol])
    run = due_run()
    runs.finish(run=run, state=Run.State.DONE)
    assert tell(run) == ["carol@example.org"]
    [message] = mail.outbox
    assert message.subject == "Squares: the run of 06:00 succeeded"
    assert "The app shows its results." in message.body
    assert "failure in a row" not in message.body and "the schedule names you" in message.body


def test_whoever_may_not_read_the_log_any_more_is_not_told(cast, daily):
    daily.tell_on_failure.set([cast.bob, cast.carol])
    run = due_run()
    fail(run)
    ProjectUserGrant.objects.filter(user=cast.carol).delete()
    assert tell(run) == ["bob@example.org"]


def test_a_lost_worker_is_told_without_a_cell(cast, daily):
    run = due_run()
    runs.finish(run=run, state=Run.State.LOST, why=runs.LOST)
    tell(run)
    [message] = mail.outbox
    assert message.subject == "Squares: worker lost at 06:00"
    assert runs.LOST in message.body


def test_a_cancelled_run_is_news_to_nobody(cast, daily):
    run = due_run()
    runs.finish(run=run, state=Run.State.CANCELLED, why="Bob stopped it.")
    assert tell(run) == [] and mail.outbox == []


def test_the_last_failure_says_that_the_schedule_is_paused(cast, daily, settings):
    settings.HEXLITE_SCHEDULE_PAUSE_AFTER = 1
    run = due_run()
    fail(run)
    schedules.after_run(run=run, now=LATER)
    tell(run)
    assert "The schedule is paused" in mail.outbox[0].body


def test_a_mail_server_that_does_not_answer_costs_a_mail_and_nothing_else(cast, daily, settings):
    settings.EMAIL_BACKEND = "tests.services.test_telling.NoServer"
    run = due_run()
    fail(run)
    assert tell(run) == []


class NoServer:
    """A mail back end that can't reach its server."""

    def __init__(self, **options) -> None:
        self.options = options

    def send_messages(self, messages) -> int:
        raise ConnectionRefusedError("no mail server")


def test_the_end_of_a_scheduled_run_asks_a_worker(cast, daily, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(queue, "enqueue", lambda task, *arguments, **options: asked.append((task, arguments)))
    with django_capture_on_commit_callbacks(execute=True):
        run = due_run()
        fail(run)
    assert ("tell_run_end", (run.due_time.pk,)) in asked


def test_a_run_by_hand_is_told_to_nobody(cast, daily, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(queue, "enqueue", lambda task, *arguments, **options: asked.append(task))
    with django_capture_on_commit_callbacks(execute=True):
        run = schedules.run_now(schedule=daily, by=cast.bob)
        runs.finish(run=runs.claim(run_id=str(run.pk), worker="t", now=timezone.now()), state=Run.State.FAILED)
    assert "tell_run_end" not in asked


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """The due times of which a worker is asked to tell."""
    found = []

    def note(task, *arguments, **options):
        if task == "tell_run_end":
            found.append(arguments[0])

    monkeypatch.setattr(queue, "enqueue", note)
    return found


def test_what_was_missed_is_told_once_with_what_was_made_up_for(cast, daily, asked):
    schedules.tick(now=MORNING + timedelta(days=3))
    [due_time] = asked
    for _ in range(2):
        schedule_mails.tell(due_time_id=due_time, now=MORNING + timedelta(days=3, minutes=1))
    [message] = mail.outbox
    assert (message.to, message.subject) == (["bob@example.org"], "Squares: 3 runs were missed")
    for words in ("20 November, 06:00", "22 November, 06:00", "The run of 23 November, 06:00 was made up for."):
        assert words in message.body
    assert "The app shows the results of" in message.body and "The next run is on 24 November, 06:00" in message.body
    assert not DueTime.objects.filter(outcome="missed", told_at=None).exists()


def test_one_that_is_too_late_is_told_as_well(cast, daily, asked):
    schedules.tick(now=MORNING + timedelta(hours=5))
    [due_time] = asked
    schedule_mails.tell(due_time_id=due_time, now=MORNING + timedelta(hours=5))
    [message] = mail.outbox
    assert message.subject == "Squares: 1 run was missed"
    assert "A run was missed" in message.body and "made up for" not in message.body


def test_one_that_is_skipped_because_the_run_before_goes_on_is_in_the_log_and_in_no_mail(cast, daily, asked):
    due_run()
    schedules.tick(now=MORNING + timedelta(days=1))
    assert daily.due_times.first().outcome == "skipped" and asked == []
