"""Runs with real kernels: what a preview plays, records, and leaves behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.models import PublishedResults, Run
from apps_runtime.outputs import store
from apps_runtime.playing import run_playing
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.upkeep import sweeping
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.services import drafts
from tests.cast import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kernel_host"), pytest.mark.xdist_group("kernels")]


def notebook_of(*sources: str) -> Notebook:
    return Notebook(
        tuple(replace(Cell.new(CellKind.CODE, source), id=f"c{index}") for index, source in enumerate(sources, 1))
    )


def preview(cast, *sources) -> Run:
    project = make_project(cast.workspace, cast.alice, notebook=notebook_of(*sources)) if sources else cast.project
    run = publishing.preview(draft=project.drafts.get(), by=cast.alice)
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    return run


def texts(run: Run) -> list[str]:
    return ["".join(output.get("text", "") for output in store.load(cell.outputs)) for cell in run.cells.all()]


def test_a_preview_plays_every_cell_with_the_default_inputs(cast):
    run = preview(cast)
    assert run.state == Run.State.DONE and run.seconds > 0
    assert texts(run) == ["", "untouched\n", "[0, 1, 4, 9]\n"]
    assert set(run.cells.values_list("state", flat=True)) == {"done"}


def test_a_run_leaves_no_kernel(cast):
    preview(cast)
    assert kernels.host().kernels() == ()


def test_an_error_that_is_meant_ends_nothing(cast):
    first, second = notebook_of("1 / 0", "print('after')").cells
    notebook = Notebook((replace(first, metadata={"tags": ["raises-exception"]}), second))
    project = make_project(cast.workspace, cast.alice, notebook=notebook)
    run = publishing.preview(draft=project.drafts.get(), by=cast.alice)
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    assert (run.state, texts(run)) == (Run.State.DONE, ["", "after\n"])
    assert run.cells.get(cell_id="c1").outputs[0]["ename"] == "ZeroDivisionError"


def test_a_notebook_of_text_alone_is_done_at_once(cast):
    project = make_project(cast.workspace, cast.alice, notebook=Notebook((Cell.new(CellKind.MARKDOWN, "# Minutes"),)))
    run = publishing.preview(draft=project.drafts.get(), by=cast.alice)
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    assert (run.state, run.cells.count()) == (Run.State.DONE, 0)


def test_values_reach_the_cells_as_data(cast):
    run = publishing.preview(draft=cast.draft, by=cast.alice)
    Run.objects.filter(pk=run.pk).update(values={"n": 6})
    run_playing.play_run(run_id=str(run.pk), worker="test")
    assert texts(run)[-1] == "[0, 1, 4, 9, 16, 25]\n"


def test_a_cell_that_fails_fails_the_run_and_the_rest_is_not_run(cast):
    run = preview(cast, "print('one')", "1 / 0", "print('three')")
    assert run.state == Run.State.FAILED and run.why == "ZeroDivisionError: division by zero"
    assert list(run.cells.values_list("state", flat=True)) == ["done", "failed", "skipped"]
    assert run.cells.get(cell_id="c2").error_id.startswith("E-")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os; os._exit(3)", "kernel"),
        ("exit()", "exit"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("input('name?')", "input"),
    ],
)
def test_what_ends_a_kernel_ends_the_run_in_words(cast, source, words):
    run = preview(cast, "print('kept')", source, "print('never')")
    assert run.state == Run.State.FAILED and words.lower() in run.why.lower()
    assert texts(run)[0] == "kept\n"
    assert run.cells.get(cell_id="c3").state == "skipped"


def test_on_a_disk_that_is_nearly_full_no_run_begins(cast, monkeypatch):
    monkeypatch.setattr("projects.services.file_staging.FREE_DISK", 2**60)
    run = preview(cast, "print('never')")
    assert run.state == Run.State.FAILED and "nearly full" in run.why
    assert run.cells.get().state == "skipped"


def test_what_nobody_foresaw_ends_the_run_at_once_with_a_number_for_the_log(cast, monkeypatch):
    def broken(**_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("apps_runtime.services.runs.runs.record", broken)
    run = preview(cast, "print('kept')")
    assert run.state == Run.State.FAILED and "hexlite failed to play it (error " in run.why
    assert kernels.host().kernels() == ()


def test_a_database_that_comes_back_gets_what_was_to_be_written():
    tries = []

    def write(**what: object) -> None:
        tries.append(what)
        if len(tries) == 1:
            raise OperationalError("the server closed the connection")

    run_playing.persistently(write, n=1)
    assert tries == [{"n": 1}, {"n": 1}]


def test_a_message_delivered_twice_plays_once(cast):
    run = preview(cast)
    assert run_playing.play_run(run_id=str(run.pk), worker="other") is None


def test_a_person_who_lost_can_edit_meanwhile_runs_nothing(cast):
    run = publishing.preview(draft=cast.draft, by=cast.bob)
    cast.project.projectusergrant_set.filter(user=cast.bob).delete()
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    assert run.state == Run.State.DENIED and "Bob" in run.why


def test_publish_now_shows_the_results_when_the_run_ends(cast):
    run = publishing.preview(draft=cast.draft, by=cast.alice)
    publication = publishing.publish(version=run.version, by=cast.alice)
    assert not PublishedResults.objects.filter(publication=publication).exists()
    run_playing.play_run(run_id=str(run.pk), worker="test")
    assert PublishedResults.objects.get(publication=publication).run == run


def test_an_older_preview_never_becomes_the_results_of_a_newer_version(cast):
    old = publishing.preview(draft=cast.draft, by=cast.alice)
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("other", "print('newer')"))
    new = publishing.preview(draft=cast.draft, by=cast.bob)
    publishing.publish(version=new.version, by=cast.bob)
    run_playing.play_run(run_id=str(old.pk), worker="test")
    assert not PublishedResults.objects.filter(run=old).exists()


def test_a_closed_preview_is_stopped_but_a_published_one_goes_on(cast):
    closed = publishing.preview(draft=cast.draft, by=cast.alice)
    publishing.unwatched(run=closed)
    closed.refresh_from_db()
    assert closed.state == Run.State.CANCELLED
    kept = publishing.preview(draft=cast.draft, by=cast.alice)
    publishing.publish(version=kept.version, by=cast.alice)
    publishing.unwatched(run=kept)
    kept.refresh_from_db()
    assert kept.state == Run.State.QUEUED


def test_a_lost_worker_is_noticed_and_said(cast, django_capture_on_commit_callbacks):
    run = publishing.preview(draft=cast.draft, by=cast.alice)
    runs.claim(run_id=str(run.pk), worker="gone", now=timezone.now())
    assert runs.sweep(now=timezone.now() + timedelta(seconds=61)) == [run]
    run.refresh_from_db()
    assert run.state == Run.State.LOST and "lost" in run.why


def test_a_worker_that_starts_again_finds_what_its_predecessor_left_in_seconds(cast, settings) -> None:
    now = timezone.now()
    run = publishing.preview(draft=cast.draft, by=cast.alice)
    elsewhere = publishing.preview(draft=cast.draft, by=cast.alice)
    runs.claim(run_id=str(run.pk), worker="here", now=now)
    runs.claim(run_id=str(elsewhere.pk), worker="there", now=now)
    sweeping.take_over(machine="here", now=now)
    later = now + timedelta(seconds=2 * settings.HEXLITE_HEARTBEAT_SECONDS + 1)
    assert runs.sweep(now=later) == [run]


def test_a_worker_that_lives_keeps_its_runs_when_another_starts(cast, settings) -> None:
    now = timezone.now()
    started = publishing.preview(draft=cast.draft, by=cast.alice)
    run = runs.claim(run_id=str(started.pk), worker="here", now=now)
    sweeping.take_over(machine="here", now=now)
    later = now + timedelta(seconds=settings.HEXLITE_HEARTBEAT_SECONDS)
    assert runs.heartbeat(run=run, now=later)
    assert runs.sweep(now=later + timedelta(seconds=settings.HEXLITE_HEARTBEAT_SECONDS + 1)) == []


def test_every_state_has_a_row_of_transitions():
    assert set(Run.TRANSITIONS) == set(Run.State)
    assert all(Run.TRANSITIONS[state] for state in Run.State.unfinished())
    assert not any(Run.TRANSITIONS[state] for state in Run.State if state not in Run.State.unfinished())


def test_a_kernel_whose_run_is_over_is_ended_and_others_are_not(cast) -> None:
    """As a worker leaves it that is killed between a kernel's start and its first word."""
    now = timezone.now()
    over, playing_now = (publishing.preview(draft=cast.draft, by=by) for by in (cast.alice, cast.bob))
    for run in (over, playing_now):
        runs.claim(run_id=str(run.pk), worker="here", now=now)
        run_playing.start_kernel(cast.project, run.version.notebook, label=f"run {run.pk}")
    runs.finish(run=over, state=Run.State.LOST)
    assert sweeping.sweep_orphaned_kernels() == 1
    [left] = kernels.host().kernels()
    assert left.label == f"run {playing_now.pk}"
    kernels.host().kill(left.kernel_id)
    assert sweeping.sweep_orphaned_kernels() == 0


def test_a_run_keeps_what_its_kernel_was_and_what_it_needed_at_most(cast):
    """The host measures twice a second, so the cell waits until it has been seen with 200 MB."""
    run = preview(
        cast,
        "block = bytearray(200 * 2**20)\nfor page in range(0, len(block), 4096):\n    block[page] = 1",
        "del block\nimport time\ntime.sleep(1.2)",
    )
    assert run.state == Run.State.DONE
    assert run.language.startswith("Python 3.")
    assert 200 * 2**20 < run.peak_memory < 1500 * 2**20
