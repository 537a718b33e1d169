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
from apps_runtime.services.publishing import publishing; from apps_runtime.services.schedules import schedules
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
from apps_runtime.services.schedules import schedules
from projects.models import Project, User
now = timezone.now()
answer = schedules.create(
    project=Project.objects.get(), recurrence=Recurrence(Every.CRON, cron="*/5 * * * *"), time_zone="Europe/Berlin",
    by=User.objects.get(), now=now,
).pk
"""
EDITED_AND_PUBLISHED = """
from apps_runtime.services.publishing import publishing
from projects.models import Project, User
from projects.services import drafts
project, alice = Project.objects.get(), User.objects.get()
drafts.change(draft=project.drafts.get(), by=alice, edit=lambda n: n.replace_source("words", "print('ebb')"))
run = publishing.preview(draft=project.drafts.get(), by=alice)
publishing.publish(version=run.version, by=alice, replaces=project.publication.version)
answer = run.number
"""
REVERTED = """
from projects.models import Project, User
from projects.services import versions
project, alice = Project.objects.get(), User.objects.get()
versions.revert(draft=project.drafts.get(), version=project.versions.get(number=1), by=alice)
answer = [project.drafts.get().notebook.cell("words").source, project.publication.version.number]
"""
PUBLISHED_NOW = """
from apps_runtime.services.publishing import publishing
from projects.models import Project, User
project, alice = Project.objects.get(), User.objects.get()
run = publishing.preview(draft=project.drafts.get(), by=alice)
publication = publishing.publish(version=run.version, by=alice, replaces=project.publication.version)
answer = [run.number, publication.version.number]
"""
STATES = "SELECT state, count(*) FROM apps_runtime_run WHERE \"trigger\" = 'schedule' GROUP BY state ORDER BY state"
OUTCOMES = "SELECT outcome, count(*) FROM apps_runtime_duetime GROUP BY outcome ORDER BY outcome"
LIVE = "SELECT v.number FROM projects_publication p JOIN projects_version v ON v.id = p.version_id"
PLAYED = """
SELECT r.number, v.number, r.state FROM apps_runtime_run r JOIN projects_version v ON v.id = r.version_id
WHERE r."trigger" = 'schedule' ORDER BY r.number
"""
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


def test_reverting_during_a_scheduled_run_changes_neither_the_run_nor_the_app(stack):
    """The run is pinned to its version. Its outputs become the app's if that version is still the live one when it
    ends, and only then: after a revert alone they do, after a revert that was published they don't."""
    gate = stack.folder / "files"
    project = publish(
        stack,
        gate="import os, time\nwhile os.path.exists('closed'):\n    time.sleep(0.05)",
        words="print('flood')",
    )
    closed = gate / project / "closed"
    assert stack.python(EDITED_AND_PUBLISHED) == 2
    stack.wait_for(SHOWN, [(2,)])
    stack.python(SCHEDULED)
    closed.touch()
    stack.start("beat")

    to_the_next_due_time(stack)
    stack.wait_for(PLAYED, [(3, 2, "running")])
    assert stack.python(REVERTED) == ["print('flood')", 2]
    assert (stack.rows(LIVE), stack.rows(SHOWN)) == ([(2,)], [(2,)])
    closed.unlink()
    stack.wait_for(SHOWN, [(3,)])
    assert (stack.rows(LIVE), stack.rows(PLAYED)) == ([(2,)], [(3, 2, "done")])

    closed.touch()
    to_the_next_due_time(stack)
    stack.wait_for(PLAYED, [(3, 2, "done"), (4, 2, "running")])
    assert stack.python(PUBLISHED_NOW) == [5, 3]
    assert (stack.rows(LIVE), stack.rows(SHOWN)) == ([(3,)], []), "the old results went with their version"
    closed.unlink()
    stack.wait_for(SHOWN, [(5,)])
    stack.wait_for(PLAYED, [(3, 2, "done"), (4, 2, "done")])
    assert (stack.rows(LIVE), stack.rows(SHOWN)) == ([(3,)], [(5,)])

    to_the_next_due_time(stack)
    stack.wait_for(PLAYED, [(3, 2, "done"), (4, 2, "done"), (6, 3, "done")])
    stack.wait_for(SHOWN, [(6,)])
