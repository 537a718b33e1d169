"""PostgreSQL ends all connections, as when it is restarted, while a run is played."""

import threading
import time
from dataclasses import replace

import pytest
from django.conf import settings
from django.db import connection, connections

from apps_runtime import kernels
from apps_runtime.models import PublishedResults, Run
from apps_runtime.outputs import store
from apps_runtime.playing import run_playing
from apps_runtime.services.publishing import publishing
from projects.models import Publication
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from tests.cast import make_cast
from tests.faults.test_runs import HELD
from tests.kernel_host import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("kernel_host"),
    pytest.mark.xdist_group("kernels"),
    pytest.mark.faults,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
        reason="SQLite has no connections that a server could end; test_runs.py locks it instead",
    ),
]


@pytest.fixture
def running(transactional_db):
    """A run of a version that is live already, held up in its second cell; and the thread that plays it."""
    notebook = Notebook(
        tuple(replace(Cell.new(CellKind.CODE, source), id=f"c{index}") for index, source in enumerate(HELD, 1))
    )
    cast = make_cast(notebook)
    run = publishing.preview(draft=cast.draft, by=cast.alice)
    publishing.publish(version=run.version, by=cast.alice)

    def play() -> None:
        try:
            run_playing.play_run(run_id=str(run.pk), worker="test")
        finally:
            connections.close_all()

    thread = threading.Thread(target=play)
    thread.start()
    wait_until(lambda: "begun" in text_of(run), 60)
    yield run, thread
    gate(run).unlink(missing_ok=True)
    thread.join(60)


def gate(run: Run):
    return run.project.files_dir / "closed"


def text_of(run: Run) -> str:
    return "".join(
        output.get("text", "") for row in run.cells.order_by("position") for output in store.load(row.outputs)
    )


def end_connections() -> int:
    """Of everybody else in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def assert_whole(run: Run) -> None:
    """It has ended, its kernel too, and the app shows this version with all results of this run, or with none."""
    run.refresh_from_db()
    assert run.is_finished
    wait_until(lambda: not [one for one in kernels.host().kernels() if str(run.pk) in one.label])
    assert Publication.objects.get().version_id == run.version_id
    shown = PublishedResults.objects.select_related("run").filter(publication__project=run.project_id).first()
    assert shown is None or shown.run == run
    assert not run.cells.filter(state__in=["running", "queued", "idle"]).exists()


def test_connections_that_are_ended_in_the_middle_cost_no_run(running):
    run, thread = running
    assert end_connections() > 0
    gate(run).unlink()
    thread.join(60)
    assert_whole(run)
    assert (run.state, text_of(run)) == (Run.State.DONE, "begun\nafter\n"), run.why
    assert PublishedResults.objects.get().run == run


def test_connections_that_are_ended_again_and_again_leave_nothing_half_done(running):
    run, thread = running
    gate(run).unlink()
    until = time.monotonic() + 3
    while thread.is_alive() and time.monotonic() < until:
        end_connections()
    thread.join(60)
    assert_whole(run)
    assert run.state in (Run.State.DONE, Run.State.FAILED)
