"""Schedules with real beats, workers and kernels, and a clock that moves: exactly one run a due time, whatever dies."""

import pytest

from tests.kernel_host import wait_until
from tests.schedules.stack import Stack, running_stack

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("stack")]

PUBLISHED = """
from dataclasses import replace
from datetime import timedelta
from django.utils import timezone
from apps_runtime.models import PublishedResults, Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services import publishing, schedules
from projects.models import Project, User, Workspace
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.services import projects

alice = User.objects.create_user("alice", "alice@example.org", "hexlite-demo", first_name="Alice")
workspace = Workspace.objects.create(slug="harbour-lab", name="Harbour Lab")
cells = tuple(
    replace(Cell.new(CellKind.CODE, source), id=name)
    for name, source in {sources!r}.items()
)
project = projects.create(workspace=workspace, by=alice, title="Tides", notebooks=[("Tides", Notebook(cells))])
run = publishing.preview(draft=project.drafts.get(), by=alice)
publishing.publish(version=run.version, by=alice)
answer = str(project.pk)
"""
SCHEDULED = """
from datetime import timedelta
from django.utils import timezone
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services import schedules
from projects.models import Project, User
now = timezone.now()
answer = schedules.create(
    project=Project.objects.get(), recurrence=Recurrence(Every.CRON, cron="*/5 * * * *"), time_zone="Europe/Berlin",
    by=User.objects.get(), now=now,
).pk
"""
STATES = "SELECT state, count(*) FROM apps_runtime_run WHERE \"trigger\" = 'schedule' GROUP BY state ORDER BY state"
OUTCOMES = "SELECT outcome, count(*) FROM apps_runtime_duetime GROUP BY outcome ORDER BY outcome"
SHOWN = "SELECT r.number FROM apps_runtime_publishedresults p JOIN apps_runtime_run r ON r.id = p.run_id"


@pytest.fixture
def stack(tmp_path):
    with running_stack(tmp_path) as stack:
        yield stack


def publish(stack: Stack, **sources: str) -> str:
    """A published project with these cells, whose preview has run."""
    project = stack.python(PUBLISHED.replace("{sources!r}", repr(sources)))
    stack.start("worker")
    stack.wait_for(SHOWN, [(1,)])
    return project


def to_the_next_due_time(stack: Stack) -> None:
    """A few seconds after it, so that a second that passes meanwhile changes nothing."""
    seconds = stack.python(
        "from django.utils import timezone\nnow = timezone.now()\n"
        "answer = 300 - (now.minute % 5 * 60 + now.second + now.microsecond / 1e6) + 5"
    )
    stack.move_clock(minutes=seconds / 60)


def test_two_beats_and_a_restart_start_one_run_a_due_time(stack):
    publish(stack, words="print('tide')")
    stack.python(SCHEDULED)
    first, _second = stack.start("beat"), stack.start("beat")
    for number in (1, 2):
        to_the_next_due_time(stack)
        stack.wait_for(STATES, [("done", number)])
    stack.kill(first)
    to_the_next_due_time(stack)
    stack.start("beat")
    stack.wait_for(STATES, [("done", 3)])
    assert stack.rows(OUTCOMES) == [("started", 3)]
    assert stack.rows("SELECT count(DISTINCT at), count(DISTINCT run_id) FROM apps_runtime_duetime") == [(3, 3)]
    assert stack.rows(SHOWN) == [(4,)]


def test_after_hours_without_a_beat_the_latest_is_made_up_for_and_the_rest_recorded(stack):
    publish(stack, words="print('tide')")
    stack.python(SCHEDULED)
    stack.move_clock(minutes=180)
    stack.start("beat")
    stack.start("beat")
    stack.wait_for(STATES, [("done", 1)])
    [(missed, many), (started, one)] = stack.rows(OUTCOMES)
    assert (missed, started, one) == ("missed", "started", 1) and many in (35, 36)


def test_a_worker_killed_in_the_middle_leaves_one_run_that_is_lost_and_the_next_goes_as_usual(stack):
    gate = stack.folder / "files"
    project = publish(
        stack,
        begin="import os, time\nprint('begun', flush=True)",
        gate="while os.path.exists('closed'):\n    time.sleep(0.05)",
        words="print('tide')",
    )
    stack.python(SCHEDULED)
    closed = gate / project / "closed"
    closed.touch()
    stack.start("beat")
    to_the_next_due_time(stack)
    stack.wait_for(STATES, [("running", 1)])
    wait_until(lambda: stack.kernels, 20)

    [worker] = [process for process in stack.processes if "worker" in process.args]
    stack.kill(worker)
    stack.start("worker")
    stack.wait_for(STATES, [("lost", 1)], seconds=60)
    wait_until(lambda: not stack.kernels, 10)
    assert stack.rows(OUTCOMES) == [("started", 1)]
    assert stack.rows(SHOWN) == [(1,)], "the published results are untouched"
    wait_until(lambda: stack.mails, 30)
    [mail] = stack.mails
    assert "Tides: worker lost at" in mail and "The app is not affected" in mail

    closed.unlink()
    to_the_next_due_time(stack)
    stack.wait_for(STATES, [("done", 1), ("lost", 1)])
    [(shown,)] = stack.rows(SHOWN)
    assert shown > 1 and stack.kernels == []
    assert len(stack.mails) == 1
