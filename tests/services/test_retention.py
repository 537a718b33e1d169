"""What is kept for how long, and that nothing goes which somebody still sees."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from apps_runtime import tasks
from apps_runtime.models import Blob, BlobUse, DueTime, PublishedResults, Run, Session
from apps_runtime.outputs import store
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import sessions
from apps_runtime.services.upkeep import retention
from projects.services import projects
from tests.cast import Cast, make_cast, published

pytestmark = pytest.mark.django_db

LATER = timedelta(days=400)


def said(text: str) -> list[dict]:
    """An output that is too long for a row."""
    return [{"output_type": "stream", "name": "stdout", "text": text * 3000}]


@pytest.fixture
def cast(settings) -> Cast:
    settings.HEXLITE_RUNS_KEPT = 0
    cast = make_cast()
    published(cast, outputs={"squares": said("a")})
    return cast


def played(cast: Cast, text: str) -> Run:
    run = runs.start(version=cast.project.versions.first(), trigger=Run.Trigger.MANUAL, by=cast.bob)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.record(run=run, cells={"squares": {"state": "done", "outputs": said(text)}})
    runs.finish(run=run, state=Run.State.DONE)
    return run


def digests() -> set[str]:
    return set(Blob.objects.values_list("pk", flat=True))


def test_old_runs_go_and_what_the_app_shows_stays(cast):
    first = Run.objects.get()
    shown = played(cast, "b")
    assert retention.remove_old_runs(now=timezone.now()) == 0
    assert retention.remove_old_runs(now=timezone.now() + LATER) == 1
    assert not Run.objects.filter(pk=first.pk).exists()
    assert PublishedResults.objects.get().run == shown


def test_the_newest_stay_however_old(cast, settings):
    settings.HEXLITE_RUNS_KEPT = 2
    numbers = [played(cast, letter).number for letter in "bcd"]
    retention.remove_old_runs(now=timezone.now() + LATER)
    assert list(Run.objects.values_list("number", flat=True)) == numbers[:0:-1]


def test_nothing_that_goes_on_is_taken_and_zero_keeps_all(cast, settings):
    waiting = runs.start(version=cast.project.versions.first(), trigger=Run.Trigger.MANUAL, by=cast.bob)
    played(cast, "b")
    settings.HEXLITE_RUN_DAYS = settings.HEXLITE_SESSION_DAYS = 0
    retention.tidy(now=timezone.now() + LATER)
    assert Run.objects.count() == 3
    settings.HEXLITE_RUN_DAYS = 365
    retention.tidy(now=timezone.now() + LATER)
    assert Run.objects.filter(pk=waiting.pk).exists()


def test_due_times_go_with_their_runs_and_are_not_run_again(cast):
    morning = datetime(2026, 11, 20, 6, 0, 10, tzinfo=UTC)
    six = Recurrence(Every.DAY, at=time(6))
    schedules.create(
        project=cast.project, recurrence=six, time_zone="UTC", by=cast.bob, now=morning - timedelta(hours=2)
    )
    [run] = schedules.tick(now=morning)
    runs.claim(run_id=str(run.pk), worker="test", now=morning)
    runs.finish(run=run, state=Run.State.FAILED, now=morning)
    retention.tidy(now=morning + LATER)
    assert not DueTime.objects.exists() and not Run.objects.filter(pk=run.pk).exists()
    assert schedules.tick(now=morning + timedelta(minutes=1)) == []


def test_sessions_that_nobody_came_back_to_go_and_drafts_keep_theirs(cast):
    sessions.open_app(version=cast.project.versions.first(), person=cast.dave, visitor="", values={})
    live = sessions.of_draft(draft=cast.draft)
    assert retention.remove_old_sessions(now=timezone.now() + timedelta(days=29)) == 0
    assert retention.remove_old_sessions(now=timezone.now() + timedelta(days=31)) == 1
    assert Session.objects.get() == live


def test_bytes_that_nothing_holds_go_with_their_file(cast):
    [old] = digests()
    played(cast, "b")
    retention.tidy(now=timezone.now() + LATER)
    assert old not in digests() and len(digests()) == 1
    assert not default_storage.exists(Blob(pk=old).path)
    [kept] = digests()
    assert default_storage.exists(Blob(pk=kept).path)
    assert set(BlobUse.objects.values_list("blob_id", flat=True)) == {kept}


def test_what_a_session_still_shows_stays(cast):
    version = cast.project.publication.version
    now = timezone.now()
    session = sessions.open_app(version=version, person=cast.dave, visitor="", values={}, now=now + LATER)
    [held] = digests()
    played(cast, "b")
    retention.tidy(now=now + LATER)
    assert held in digests()
    session.delete()
    retention.tidy(now=now + LATER)
    assert held not in digests()


def test_what_was_kept_a_moment_ago_may_belong_to_a_result_that_is_being_written(cast):
    store.put(said("z"))
    assert retention.collect_blobs(now=timezone.now()) == 0
    assert retention.collect_blobs(now=timezone.now() + timedelta(days=2)) == 1


def test_keeping_the_same_bytes_again_protects_them(cast):
    store.put(said("z"))
    Blob.objects.update(created_at=timezone.now() - timedelta(days=9))
    store.put(said("z"))
    assert retention.collect_blobs(now=timezone.now()) == 0


def test_the_outputs_of_another_project_hold_nothing_here(cast):
    from tests.cast import make_project

    other = make_project(cast.workspace, cast.alice, title="Other")
    projects.delete_for_good(project=cast.project)
    assert digests() and other.pk
    assert retention.collect_blobs(now=timezone.now() + timedelta(days=2)) == 1
    assert digests() == set()


def test_files_without_a_row_go(cast):
    [kept] = digests()
    store.put(said("z"))
    lost = Blob.objects.exclude(pk=kept).get()
    path = lost.path
    lost.delete()
    assert default_storage.exists(path)
    retention.collect_blobs(now=timezone.now() + timedelta(days=2))
    assert not default_storage.exists(path) and default_storage.exists(Blob(pk=kept).path)


def test_the_task_does_all_of_it(cast):
    Run.objects.update(ended_at=timezone.now() - LATER)
    tasks.tidy()
    assert Run.objects.count() == 1
