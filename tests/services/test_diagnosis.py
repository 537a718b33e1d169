"""Code or data? What is run after a scheduled run failed, and what the page and the mail say of it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from apps_runtime.mails import schedule_mails
from apps_runtime.messaging import queue
from apps_runtime.models import Diagnosis, PublishedResults, Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import diagnosis, runs
from apps_runtime.services.runs.diagnosis import Broke
from apps_runtime.services.schedules import ends, schedules
from apps_runtime.services.upkeep import signals
from projects.models import AuditEvent
from projects.services import drafts
from tests.cast import make_cast, published

pytestmark = pytest.mark.django_db

MORNING = datetime(2099, 11, 20, 6, 0, 10, tzinfo=UTC)


@pytest.fixture
def cast():
    """Two versions were live, one after the other; each worked."""
    cast = make_cast()
    published(cast)
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("other", "print('newer')"))
    published(cast, by=cast.bob)
    return cast


@pytest.fixture
def daily(cast):
    six = Recurrence(Every.DAY, at=time(6))
    return schedules.create(
        project=cast.project, recurrence=six, time_zone="UTC", by=cast.bob, now=MORNING - timedelta(hours=2)
    )


@pytest.fixture
def asked(monkeypatch, django_capture_on_commit_callbacks) -> list:
    """What was put into the queue."""
    found = []
    monkeypatch.setattr(queue, "enqueue", lambda task, *arguments, **options: found.append((task, *arguments)))
    return found


def failing(*, now=MORNING) -> Run:
    [run] = schedules.tick(now=now)
    return fail(run)


def fail(run: Run, line: str = "KeyError: 'station'") -> Run:
    run = runs.claim(run_id=str(run.pk), worker="test", now=MORNING)
    runs.record(run=run, cells={"squares": {"state": "failed", "outputs": [], "error_line": line}})
    runs.finish(run=run, state=Run.State.FAILED, now=MORNING + timedelta(seconds=9))
    return run


def succeed(run: Run) -> Run:
    run = runs.claim(run_id=str(run.pk), worker="test", now=MORNING)
    runs.finish(run=run, state=Run.State.DONE)
    return run


def test_the_version_that_was_live_before_is_run_with_the_same_inputs(cast, daily):
    daily.values = {"n": 9}
    daily.save()
    run = failing()
    check = diagnosis.begin(run=run)
    assert (check.trigger, check.version.number, check.by) == (Run.Trigger.CHECK, 1, cast.bob)
    assert check.values == {"n": 9}
    assert diagnosis.begin(run=run) == check and Diagnosis.objects.count() == 1


def test_the_code_broke_when_the_earlier_version_runs(cast, daily):
    run = failing()
    succeed(diagnosis.begin(run=run))
    verdict = diagnosis.verdict_of(run)
    assert verdict.broke is Broke.CODE
    assert "Version 1 runs with today’s data, version 2 does not" in verdict.sentence
    assert "what changed since version 1 broke it" in verdict.sentence


def test_the_data_broke_when_the_earlier_version_fails_too(cast, daily):
    run = failing()
    fail(diagnosis.begin(run=run), "KeyError: 'station' again")
    verdict = diagnosis.verdict_of(run)
    assert verdict.broke is Broke.DATA
    assert "Version 1, which worked before, fails with today’s data too" in verdict.sentence
    assert "KeyError: 'station' again" in verdict.sentence


def test_a_check_that_was_lost_tells_nothing(cast, daily):
    run = failing()
    check = diagnosis.begin(run=run)
    runs.claim(run_id=str(check.pk), worker="test", now=MORNING)
    runs.finish(run=check, state=Run.State.LOST, why=runs.LOST)
    verdict = diagnosis.verdict_of(run)
    assert verdict.broke is Broke.UNKNOWN and runs.LOST in verdict.sentence


def test_the_same_version_that_worked_yesterday_needs_no_run_to_tell(cast, daily):
    """Nothing was live before: but this very version still worked."""
    AuditEvent.objects.filter(project=cast.project, detail__version=1).delete()
    [yesterday] = schedules.tick(now=MORNING)
    succeed(yesterday)
    run = failing(now=MORNING + timedelta(days=1))
    assert diagnosis.begin(run=run) is None
    verdict = diagnosis.verdict_of(run)
    assert verdict.broke is Broke.DATA and "look at the data" in verdict.sentence


def test_nothing_is_said_of_runs_that_nobody_can_hold_against_anything(cast, daily, settings):
    [run] = schedules.tick(now=MORNING)
    run = runs.claim(run_id=str(run.pk), worker="test", now=MORNING)
    runs.finish(run=run, state=Run.State.LOST, why=runs.LOST)
    assert diagnosis.begin(run=run) is None and diagnosis.verdict_of(run) is None
    settings.HEXLITE_SCHEDULE_DIAGNOSIS = False
    later = failing(now=MORNING + timedelta(days=1))
    assert diagnosis.begin(run=later) is None and diagnosis.verdict_of(later) is None


def test_the_check_never_becomes_what_the_app_shows_and_counts_for_no_schedule(cast, daily):
    shown = PublishedResults.objects.get().run
    run = failing()
    succeed(diagnosis.begin(run=run))
    assert PublishedResults.objects.get().run == shown
    assert daily.due_times.count() == 1
    assert schedules.tick(now=MORNING + timedelta(days=1))


def test_the_mail_waits_for_the_check_and_says_what_broke(cast, daily, asked):
    run = failing()
    signals.follow_run_end(run=run)
    check = run.diagnosis.check_run
    assert ("play_run", str(check.pk)) in asked
    assert not [task for task in asked if task[0] == "tell_run_end"]
    check = succeed(check)
    signals.follow_run_end(run=check)
    assert ("tell_run_end", run.due_time.pk) in asked
    assert schedule_mails.tell(due_time_id=run.due_time.pk, now=MORNING) == ["bob@example.org"]
    [message] = mail.outbox
    [(html, _)] = message.alternatives
    for text in (message.body, html):
        assert "The code broke." in text
        assert "Version 1 runs with today’s data, version 2 does not" in text
        assert f"/runs/{check.number}/" in text


def test_a_mail_that_was_never_asked_for_is_asked_for_by_the_sweep(cast, daily, asked):
    run = failing()
    ends.sweep(now=MORNING + timedelta(minutes=5))
    assert ("tell_run_end", run.due_time.pk) in asked
    schedule_mails.tell(due_time_id=run.due_time.pk, now=MORNING)
    asked.clear()
    ends.sweep(now=MORNING + timedelta(minutes=6))
    assert asked == []


@pytest.mark.parametrize("ending", [succeed, fail])
def test_the_page_says_it_in_the_same_words(cast, daily, client, ending):
    run = failing()
    check = diagnosis.begin(run=run)
    client.force_login(cast.carol)
    where = reverse("run", args=[cast.workspace.slug, cast.project.pk, run.number])
    assert "is being run against the same data" in client.get(where).content.decode()
    ending(check)
    page = client.get(where).content.decode()
    verdict = diagnosis.verdict_of(run)
    assert verdict.broke.label in page and check.get_absolute_url() in page
    assert verdict.sentence.split("(")[0] in page.replace("&#x27;", "'")


def test_a_schedule_that_pauses_itself_tells_who_wants_to_hear_of_failures(cast, daily, asked):
    from projects.services import versions

    versions.delete_app(project=cast.project, by=cast.alice)
    assert schedules.tick(now=MORNING) == []
    due_time = daily.due_times.get()
    assert ("tell_run_end", due_time.pk) in asked
    assert schedule_mails.tell(due_time_id=due_time.pk, now=MORNING) == ["bob@example.org"]
    [message] = mail.outbox
    assert message.subject == "Squares: the schedule is paused"
    assert "The app is not published any more." in message.body and f"/schedules/{daily.pk}/" in message.body
