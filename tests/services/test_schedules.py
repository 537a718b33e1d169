"""Schedules through their service: what a tick starts, skips and misses."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from apps_runtime.models import DueTime, Run, SchedulePause
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from projects.permissions import NotEnough
from projects.services import projects
from tests.cast import make_cast, published

pytestmark = pytest.mark.django_db

SIX = Recurrence(Every.DAY, at=time(6))
MORNING = datetime(2026, 11, 20, 6, 0, 10, tzinfo=UTC)


@pytest.fixture
def cast():
    cast = make_cast()
    published(cast)
    return cast


@pytest.fixture
def daily(cast):
    return schedules.create(
        project=cast.project, recurrence=SIX, time_zone="UTC", by=cast.bob, now=MORNING - timedelta(hours=2)
    )


def end(run, state=Run.State.DONE):
    runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    run.refresh_from_db()
    runs.finish(run=run, state=state, why="Cell 3 failed" if state == Run.State.FAILED else "")


def outcomes(schedule):
    return [(due.outcome, due.at.day) for due in schedule.due_times.all()]


def test_what_is_due_is_started_once_however_many_beats_tick(daily):
    first = schedules.tick(now=MORNING)
    daily.__class__.objects.filter(pk=daily.pk).update(looked_until=MORNING - timedelta(hours=2))
    second = schedules.tick(now=MORNING)
    assert len(first) == 1 and second == []
    assert DueTime.objects.filter(schedule=daily).count() == 1


def test_nothing_is_due_before_its_time(daily):
    assert schedules.tick(now=MORNING - timedelta(minutes=1)) == []
    assert len(schedules.tick(now=MORNING)) == 1


def test_it_runs_the_version_that_is_published_when_it_starts(cast, daily):
    from projects.services import drafts

    drafts.write_source(
        draft=cast.draft,
        cell_id="other",
        source="print('new')",
        base=drafts.source_digest(cast.draft.notebook.cell("other").source),
        by=cast.bob,
    )
    newer = published(cast)
    [run] = schedules.tick(now=MORNING)
    assert run.version == newer.version


def test_one_that_still_goes_on_makes_the_next_one_skip(daily):
    schedules.tick(now=MORNING)
    assert schedules.tick(now=MORNING + timedelta(days=1)) == []
    assert outcomes(daily) == [("skipped", 21), ("started", 20)]
    assert daily.due_times.first().why == schedules.OVERLAP


def test_after_an_outage_only_the_latest_runs_and_the_others_are_recorded_as_missed(daily):
    [run] = schedules.tick(now=MORNING + timedelta(days=3))
    assert outcomes(daily) == [("started", 23), ("missed", 22), ("missed", 21), ("missed", 20)]
    assert daily.due_times.get(outcome="started").run == run


def test_later_than_the_grace_even_the_latest_is_missed(daily):
    assert schedules.tick(now=MORNING + timedelta(hours=2)) == []
    assert outcomes(daily) == [("missed", 20)]


def test_five_failures_in_a_row_pause_it_and_say_so(daily):
    for day in range(5):
        [run] = schedules.tick(now=MORNING + timedelta(days=day))
        end(run, Run.State.FAILED)
        schedules.after_run(run=run, now=timezone.now())
    assert SchedulePause.objects.get(schedule=daily).why == "5 failures in a row."
    assert schedules.tick(now=MORNING + timedelta(days=5)) == []


def test_a_creator_who_lost_can_edit_pauses_it(cast, daily):
    cast.project.projectusergrant_set.filter(user=cast.bob).delete()
    assert schedules.tick(now=MORNING) == []
    assert "Bob" in SchedulePause.objects.get(schedule=daily).why


def test_resuming_does_not_catch_up_on_the_pause(cast, daily):
    schedules.pause(schedule=daily, by=cast.bob)
    later = MORNING + timedelta(days=2)
    schedules.resume(schedule=daily, by=cast.alice, now=later)
    assert schedules.tick(now=later + timedelta(minutes=1)) == []
    assert len(schedules.tick(now=later + timedelta(days=1))) == 1


def test_a_project_without_a_publication_cannot_be_scheduled(cast):
    cast.project.publication.delete()
    cast.project.refresh_from_db()
    with pytest.raises(schedules.NothingPublished, match="Publish the app first"):
        schedules.create(project=cast.project, recurrence=SIX, time_zone="UTC", by=cast.alice)


@pytest.mark.parametrize("name", ["carol", "dave"])
def test_viewers_make_no_schedules(cast, name):
    with pytest.raises(NotEnough):
        schedules.create(project=cast.project, recurrence=SIX, time_zone="UTC", by=cast.people[name])


def test_saved_inputs_are_used_as_far_as_they_are_still_good(cast):
    schedules.create(
        project=cast.project, recurrence=SIX, time_zone="UTC", by=cast.bob, values={"n": 9, "gone": 1},
        now=MORNING - timedelta(hours=1),
    )  # fmt: skip
    [run] = schedules.tick(now=MORNING)
    assert run.values == {"n": 9}


def test_a_failed_run_never_replaces_good_results(cast, daily):
    shown = cast.project.publication.results.run
    [run] = schedules.tick(now=MORNING)
    end(run, Run.State.FAILED)
    cast.project.publication.results.refresh_from_db()
    assert cast.project.publication.results.run == shown


def test_a_good_run_becomes_what_the_app_shows(cast, daily):
    [run] = schedules.tick(now=MORNING)
    end(run)
    cast.project.publication.results.refresh_from_db()
    assert cast.project.publication.results.run == run


def play(day: int, state) -> None:
    [run] = schedules.tick(now=MORNING + timedelta(days=day))
    end(run, state)
    schedules.after_run(run=run, now=timezone.now())


def test_runs_that_were_cancelled_are_no_failures(daily):
    for day in range(5):
        play(day, Run.State.CANCELLED)
    assert not SchedulePause.objects.exists()
    for day in range(5, 9):
        play(day, Run.State.FAILED)
    play(9, Run.State.CANCELLED)
    assert not SchedulePause.objects.exists()
    play(10, Run.State.FAILED)
    assert SchedulePause.objects.exists()


def test_whoever_resumes_it_has_all_attempts_again(cast, daily):
    for day in range(5):
        play(day, Run.State.FAILED)
    schedules.resume(schedule=daily, by=cast.bob, now=MORNING + timedelta(days=4, hours=1))
    for day in range(5, 9):
        play(day, Run.State.FAILED)
    assert not SchedulePause.objects.exists()
    play(9, Run.State.FAILED)
    assert SchedulePause.objects.exists()


def test_nothing_is_due_in_the_trash_and_nothing_made_up_for_afterwards(cast, daily):
    projects.trash(project=cast.project, by=cast.alice)
    assert schedules.tick(now=MORNING + timedelta(minutes=5)) == []
    projects.restore(project=cast.project, by=cast.alice)
    assert schedules.tick(now=MORNING + timedelta(minutes=6)) == []
    assert outcomes(daily) == []
    assert len(schedules.tick(now=MORNING + timedelta(days=1))) == 1


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_starts_nothing_twice_and_leaves_nothing_out(cast, hours):
    """The machine's own clock is put right by an hour in the middle of a night of hourly runs."""
    hourly = schedules.create(
        project=cast.project, recurrence=Recurrence(Every.HOUR), time_zone="Europe/Berlin", by=cast.bob, now=MORNING
    )
    clock = MORNING
    for step in range(6 * 60):
        clock += timedelta(minutes=1) + (timedelta(hours=hours) if step == 150 else timedelta())
        for run in schedules.tick(now=clock):
            end(run)
    found = list(hourly.due_times.order_by("at").values_list("at", "outcome"))
    hours_of_it = {MORNING.replace(minute=0, second=0) + timedelta(hours=number + 1) for number in range(6 + hours)}
    assert {at for at, _ in found} == hours_of_it and len(found) == len(hours_of_it)
    assert [outcome for _, outcome in found].count("missed") == 0


def test_run_now_does_what_the_due_time_would_have_done(cast):
    """Somebody mends what failed at six and presses Run now: the app shows the results, chosen inputs or not."""
    schedule = schedules.create(
        project=cast.project, recurrence=SIX, time_zone="UTC", by=cast.bob, values={"n": 9}, now=MORNING
    )
    run = schedules.run_now(schedule=schedule, by=cast.bob)
    end(run)
    cast.project.publication.results.refresh_from_db()
    assert cast.project.publication.results.run == run and run.values == {"n": 9}


def test_a_run_with_inputs_that_no_schedule_chose_is_shown_to_nobody_else(cast, daily):
    shown = cast.project.publication.results.run
    run = runs.start(version=shown.version, trigger=Run.Trigger.MANUAL, by=cast.bob, values={"n": 9})
    end(run)
    cast.project.publication.results.refresh_from_db()
    assert cast.project.publication.results.run == shown
