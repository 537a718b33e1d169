"""A machine with one kernel, and three people who want one: a real host that is really full, and its queue."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.models import Run, Session
from apps_runtime.outputs import store
from apps_runtime.pages import run as run_page
from apps_runtime.playing import run_playing, session_playing
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import SetValues
from apps_runtime.session.state import Phase, State
from hexlite.children import die_with_parent
from projects.levels import Level
from projects.services import access
from tests.cast import Cast, published
from tests.kernel_host import ROOT, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("kernels")]


@pytest.fixture
def small_machine(settings) -> Iterator[None]:
    """`manage.py kernels` where HEXLITE_KERNELS_HOST is 1."""
    with tempfile.TemporaryDirectory(prefix="hx") as folder:  # A socket's path must be short.
        settings.RUN_DIR = Path(folder)
        process = subprocess.Popen(
            [sys.executable, "manage.py", "kernels"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HEXLITE_RUN_DIR": folder, "HEXLITE_KERNELS_HOST": "1"},
            preexec_fn=die_with_parent(os.getpid()),
        )
        assert process.stdout.readline() == "kernel host ready\n"
        yield
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
def asked_again(monkeypatch) -> list[str]:
    """The sessions that a worker is asked to look at again, in a moment."""
    found = []
    monkeypatch.setattr(session_playing.queue, "enqueue", lambda task, session, **more: found.append(session))
    return found


def wanted(cast: Cast, name: str) -> Session:
    """Somebody moves an input of a session of his own."""
    version = cast.project.publication.version
    session = sessions.open_app(version=version, person=cast.people[name], visitor="", values={})
    sessions.submit(session.pk, SetValues({"n": 6}, by=name))
    return session


def play(session: Session) -> State:
    session_playing.play_session(session_id=str(session.pk), worker="test")
    session.refresh_from_db()
    return State.from_json(session.state)


def end(session: Session) -> None:
    kernels.connect(kernels.KernelAddress.from_json(session.kernel)).kill()
    Session.objects.filter(pk=session.pk).update(kernel=None)


def shown(session: Session) -> str:
    return "".join(output.get("text", "") for output in store.load(session.cells.get(cell_id="squares").outputs))


def test_who_comes_late_is_told_his_place_and_gets_his_turn(cast, small_machine, asked_again):
    published(cast)
    access.write_level(project=cast.project, principal=cast.mallory, level=Level.APP_ONLY)
    first, second, third = (wanted(cast, name) for name in ("dave", "carol", "mallory"))
    assert play(first).phase is Phase.RESTING and "25" in shown(first)

    waits = play(second)
    assert waits.phase is Phase.QUEUED
    words = "The one kernel of this machine is busy. You are number {} of {} in the queue, and yours starts by itself."
    assert waits.why == words.format(1, 1)
    assert play(third).why == words.format(2, 2)
    assert play(second).why == words.format(1, 2)
    assert asked_again[-3:] == [str(second.pk), str(third.pk), str(second.pk)]
    assert len(kernels.list()) == 1

    end(first)
    wait_until(lambda: not kernels.list())
    assert play(third).phase is Phase.QUEUED, "nobody overtakes"
    assert play(second).phase is Phase.RESTING and "25" in shown(second)
    assert play(third).why == words.format(1, 1)
    end(second)
    wait_until(lambda: not kernels.list())
    assert play(third).phase is Phase.RESTING and "25" in shown(third)
    end(third)


def test_a_run_that_finds_the_machine_full_waits_for_its_turn(cast, small_machine, monkeypatch):
    published(cast)
    asked_again = []
    monkeypatch.setattr(runs.queue, "enqueue", lambda task, run, **more: asked_again.append((task, run)))
    session = wanted(cast, "dave")
    assert play(session).phase is Phase.RESTING
    run = publishing.preview(draft=cast.draft, by=cast.alice)
    stopped = publishing.preview(draft=cast.draft, by=cast.bob)
    asked_again.clear()

    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    words = "The one kernel of this machine is busy. You are number 1 of 1 in the queue, and yours starts by itself."
    assert (run.state, run.why, run.started_at, run.worker) == (Run.State.QUEUED, words, None, "")
    assert ("play_run", str(run.pk)) in asked_again
    assert "number 1 of 1" in run_page.said_of(run, None, None)
    runs.cancel(run=stopped, by=cast.bob)
    assert run_playing.play_run(run_id=str(stopped.pk), worker="test") is None

    end(session)
    wait_until(lambda: not kernels.list())
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    assert (run.state, run.why) == (Run.State.DONE, "")


def test_a_run_that_is_stopped_as_it_is_put_back_ends(cast):
    published(cast)
    started = publishing.preview(draft=cast.draft, by=cast.alice)
    run = runs.claim(run_id=str(started.pk), worker="test", now=timezone.now())
    runs.cancel(run=run, by=cast.alice)
    assert not runs.put_back(run=run, why="The memory of this machine is in use.", now=timezone.now())
