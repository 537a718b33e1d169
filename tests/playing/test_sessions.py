"""App sessions with real kernels: what runs after a change, and what survives."""

import errno
import threading

import pytest
from django.db import connections
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.models import Session
from apps_runtime.outputs import store
from apps_runtime.playing import run_playing, session_playing
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import Ask, SetValues, Stop
from apps_runtime.session.state import KernelState, Phase, Request, State, Wanted
from projects.services import drafts
from tests.cast import published
from tests.kernel_host import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("kernel_host"),
    pytest.mark.xdist_group("kernels"),
]


@pytest.fixture
def session(cast):
    version = published(cast).version
    session = sessions.open_app(version=version, person=cast.dave, visitor="", values={})
    yield session
    session.refresh_from_db()
    if session.kernel:
        kernels.connect(kernels.KernelAddress.from_json(session.kernel)).kill()


def play(session, *operations) -> State:
    sessions.submit(session.pk, *operations)
    session_playing.play_session(session_id=str(session.pk), worker="test")
    return state_of(session)


def state_of(session) -> State:
    return State.from_json(Session.objects.get(pk=session.pk).state)


def shown(session, cell_id) -> str:
    return "".join(output.get("text", "") for output in store.load(session.cells.get(cell_id=cell_id).outputs))


def counts(session) -> dict:
    return dict(session.cells.exclude(execution_count=None).values_list("cell_id", "execution_count"))


def test_a_new_session_shows_the_published_results_without_a_kernel(session):
    assert shown(session, "squares") == "[0, 1, 4, 9]\n"
    assert session.kernel is None and state_of(session).kernel is KernelState.NONE


def test_a_changed_input_changes_what_depends_on_it(session):
    state = play(session, SetValues({"n": 6}, by="Dave"))
    assert shown(session, "squares") == "[0, 1, 4, 9, 16, 25]\n"
    assert state.phase is Phase.RESTING and state.kernel is KernelState.READY
    assert all(cell.is_current for cell in state.cells)


def test_the_second_change_plays_only_what_must_run(session):
    play(session, SetValues({"n": 6}))
    before = counts(session)
    play(session, SetValues({"n": 3}))
    after = counts(session)
    assert shown(session, "squares") == "[0, 1, 4]\n"
    assert after["other"] == before["other"] and after["squares"] > before["squares"]


def test_the_newest_of_many_values_wins(session):
    play(session, *(SetValues({"n": value}) for value in range(5, 30)))
    assert shown(session, "squares").count(",") == 28


def test_a_kernel_that_is_gone_is_replaced_and_everything_runs_again(session):
    play(session, SetValues({"n": 6}))
    session.refresh_from_db()
    kernels.connect(kernels.KernelAddress.from_json(session.kernel)).kill()
    state = play(session, SetValues({"n": 2}))
    assert shown(session, "squares") == "[0, 1]\n" and all(cell.is_current for cell in state.cells)


def test_what_a_visitor_runs_reaches_no_other_session(cast, session):
    play(session, SetValues({"n": 6}))
    other = sessions.open_app(version=session.version, person=cast.carol, visitor="", values={})
    assert shown(other, "squares") == "[0, 1, 4, 9]\n" and state_of(other).values["n"] == 4


def in_thread(function, **named):
    def run():
        try:
            function(**named)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_stop_ends_a_long_cell_and_keeps_the_session(cast):
    source = "import time\nfor i in range(600):\n    time.sleep(0.1)"
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("squares", source))
    session = sessions.open_app(version=published(cast).version, person=cast.dave, visitor="", values={})
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))
    worker = in_thread(session_playing.play_session, session_id=str(session.pk), worker="test")
    wait_until(lambda: state_of(session).cell("squares").state == "running")
    sessions.submit(session.pk, Stop())
    assert run_playing.stop(str(session.pk))
    worker.join(15)
    state = state_of(session)
    assert not worker.is_alive() and state.phase is Phase.RESTING
    assert state.cell("other").state == "done" and state.cell("squares").state == "stale"
    kernels.connect(kernels.KernelAddress.from_json(Session.objects.get(pk=session.pk).kernel)).kill()


def test_a_kernel_that_dies_is_said_in_words_and_inputs_are_kept(cast):
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("squares", "import os\nos._exit(1)"))
    session = sessions.open_app(version=published(cast).version, person=cast.dave, visitor="", values={})
    state = play(session, SetValues({"n": 7}))
    assert state.kernel is KernelState.DIED and state.why
    assert state.values["n"] == 7 and state.phase is Phase.RESTING
    assert Session.objects.get(pk=session.pk).kernel is None


def test_outputs_that_find_no_room_are_said_in_words_and_cost_no_input(session, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "put", full)
    state = play(session, SetValues({"n": 7}))
    assert state.phase is Phase.RESTING and state.why.startswith("There is no space left")
    assert Session.objects.get(pk=session.pk).lease_until is None
    monkeypatch.undo()
    assert play(session, Ask(Request(Wanted.ALL))).values["n"] == 7
    assert shown(session, "squares").startswith("[0, 1, 4, 9, 16")


def test_an_idle_kernel_is_ended_and_the_outputs_stay(session, settings):
    from datetime import timedelta

    from apps_runtime.services.upkeep import sweeping

    play(session, SetValues({"n": 6}))
    later = timezone.now() + timedelta(minutes=11)
    assert sweeping.sweep_idle_kernels(now=later) == 1
    assert Session.objects.get(pk=session.pk).kernel is None
    assert shown(session, "squares") == "[0, 1, 4, 9, 16, 25]\n"
    assert state_of(session).values["n"] == 6
