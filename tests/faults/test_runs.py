"""Faults while a run is played: the worker, Redis, the database, the disk, the kernel, the project go."""

import os
import resource
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from hexlite.redis_server import redis_command
from tests.faults.world import assert_world_sane
from tests.kernel_host import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("stack")]

BEGIN = "import os, time\nprint('begun', flush=True)"
GATE = "while os.path.exists('closed'):\n    time.sleep(0.05)"
MEGABYTE = 2**20


def gate(stack, played) -> Path:
    """Holds up the cell GATE of this run as long as the file is there."""
    return stack.folder / "files" / str(UUID(played.project)) / "closed"


# Three cells: the second waits until the test opens the gate.
HELD = (f"open('closed', 'w').close()\n{BEGIN}", GATE, "print('after')")


def process_of(stack, part: str):
    [process] = [one for one in stack.processes if part in one.args]
    return process


def test_a_kernel_killed_in_the_middle_fails_its_run_at_once_and_no_other(stack, play):
    victim, neighbour = play(*HELD), play(*HELD)
    victim.wait_for_text("begun")
    neighbour.wait_for_text("begun")
    os.kill(victim.kernel.process, signal.SIGKILL)
    killed = time.monotonic()
    victim.wait_for("failed")
    assert time.monotonic() - killed < 5, "noticed within seconds"
    assert "kernel died" in victim.why
    assert [state for state, _ in victim.cells] == ["done", "failed", "skipped"] and "begun" in victim.cells[0][1]
    gate(stack, neighbour).unlink()
    neighbour.wait_for("done")
    assert_world_sane(stack)


def test_redis_killed_in_the_middle_costs_no_run(stack, play):
    running = play(*HELD)
    running.wait_for_text("begun")
    stack.kill(_redis(stack))
    gate(stack, running).unlink()
    running.wait_for("done")
    _start_redis(stack)
    assert_world_sane(stack)


def test_a_database_that_is_locked_for_seconds_is_waited_for(stack, play):
    running = play(*HELD)
    running.wait_for_text("begun")
    with closing(sqlite3.connect(stack.folder / "hexlite.sqlite3", timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        gate(stack, running).unlink()
        threading.Event().wait(4)
        assert running.state == "running"
        other.execute("ROLLBACK")
    running.wait_for("done")
    assert "after" in running.cells[-1][1]
    assert_world_sane(stack)


def test_outputs_that_find_no_room_fail_the_run_in_words_and_leave_nothing_behind(stack, play):
    """A limit on the size of the worker's files stands for the full disk; the database's are smaller."""
    worker = process_of(stack, "worker")
    before = set((stack.folder / "media").rglob("*"))
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (6 * MEGABYTE, resource.RLIM_INFINITY))
    try:
        full = play("print('kept')", "from IPython.display import HTML\nHTML('x' * 7_000_000)", "print('never')")
        full.wait_for("failed")
    finally:
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert full.why.startswith("There is no space left")
    assert "kept" in full.cells[0][1] and full.cells[2][0] == "skipped"
    assert {path for path in set((stack.folder / "media").rglob("*")) - before if path.is_file()} == set()
    assert_world_sane(stack)


@pytest.mark.slow
def test_a_project_in_the_trash_runs_nothing_and_comes_back_with_its_run_cancelled(stack, play):
    running = play(*HELD)
    running.wait_for_text("begun")
    kernel = running.kernel.process
    stack.python(
        "from projects.models import Project, User\nfrom projects.services import projects\n"
        f"answer = projects.trash(project=Project.objects.get(pk='{running.project}'), by=User.objects.get())"
    )
    running.wait_for("cancelled")
    wait_until(lambda: not psutil.pid_exists(kernel), 10)
    assert running.why == "Alice stopped it."
    assert_world_sane(stack)


@pytest.mark.slow
def test_a_worker_told_to_end_finishes_what_is_quick(stack, play):
    quick = play(*HELD)
    quick.wait_for_text("begun")
    worker = process_of(stack, "worker")
    worker.terminate()
    gate(stack, quick).unlink()
    quick.wait_for("done")
    assert worker.wait(30) == 0
    stack.processes.remove(worker)
    stack.start("worker")
    assert_world_sane(stack)


@pytest.mark.slow
def test_a_worker_told_to_end_stops_what_takes_longer_and_says_why(stack, play):
    """Three seconds of patience in these tests, thirty by default."""
    long = play(*HELD, publish=True)
    long.wait_for_text("begun")
    worker = process_of(stack, "worker")
    worker.terminate()
    assert worker.wait(30) == 0
    stack.processes.remove(worker)
    assert (long.state, long.why.partition(".")[0]) == ("failed", "The worker that played it was restarted")
    stack.start("worker")
    assert_world_sane(stack)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_publish_leaves_the_app_as_it_was(stack, play):
    good = play("print('good')", publish=True)
    good.wait_for("done")
    shown = (
        "SELECT r.run_id FROM apps_runtime_publishedresults r JOIN apps_runtime_run u ON u.id = r.run_id "
        f"WHERE u.project_id = '{good.project}'"
    )
    held = play(*HELD)
    held.wait_for_text("begun")
    kernel = held.kernel.process
    stack.kill(process_of(stack, "worker"))
    wait_until(lambda: not psutil.pid_exists(kernel), 3)
    stack.start("worker")
    held.wait_for("lost", seconds=60)
    assert stack.rows(shown) == [(good.run,)]
    assert_world_sane(stack)


@pytest.mark.slow
def test_the_host_killed_in_the_middle_fails_the_run_and_another_host_plays_the_next(stack, play):
    running = play(*HELD)
    running.wait_for_text("begun")
    stack.kill(process_of(stack, "kernels"))
    running.wait_for("failed")
    assert "kernel" in running.why.lower()
    stack.start_kernels()
    assert_world_sane(stack)


def _redis(stack):
    [process] = [one for one in stack.processes if "redis" in str(one.args[0])]
    return process


def _start_redis(stack) -> None:
    run_dir = Path(stack.environment["HEXLITE_RUN_DIR"])
    stack.spawn(tuple(map(str, redis_command(run_dir, stack.folder / "redis"))), "redis")
