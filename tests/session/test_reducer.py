"""The session's reducer: operations played on values, states and effects compared."""

from hypothesis import given
from hypothesis import strategies as st

from apps_runtime.session import reducer
from apps_runtime.session.operations import (
    Ask,
    Begin,
    CellEnded,
    CellStarted,
    Claim,
    DocumentChanged,
    Dropped,
    Effect,
    Finish,
    KernelLost,
    KernelReady,
    Outcome,
    Press,
    SetValues,
    Stop,
)
from apps_runtime.session.state import (
    CellState,
    KernelState,
    Phase,
    Request,
    State,
    Wanted,
)

CELLS = (("load", "d1", ""), ("n", "d2", "n"), ("chart", "d3", ""), ("go", "d4", "go"))


def plan_readers(state: State):
    """A planner for a notebook where only "chart" reads n, and everything that never ran must run."""
    steps = []
    for cell in state.cells:
        changed = cell.input in state.changed if cell.input else cell.id == "chart" and "n" in state.changed
        if not cell.played or changed:
            steps.append((cell.id, "must run"))
    return tuple(steps)


def new_session() -> State:
    return reducer.create(CELLS, {"n": 20, "go": False})


def play(state: State, *operations):
    effects = []
    for operation in operations:
        state, more = reducer.apply(state, operation, plan_readers)
        effects += more
    return state, effects


def ran(state: State) -> State:
    """The session after a whole run that went well."""
    state, _ = play(state, Ask(Request(Wanted.ALL)), Claim(), KernelReady(fresh=True), Begin())
    for cell_id in state.plan:
        state, _ = play(state, CellStarted(cell_id), CellEnded(cell_id, Outcome.DONE, state.cell(cell_id).digest))
    return play(state, Finish())[0]


def states(state: State) -> dict[str, str]:
    return {cell.id: cell.state.value for cell in state.cells}


def test_a_change_is_queued_once_and_remembers_who_made_it():
    state, effects = play(new_session(), SetValues({"n": 30}, by="Bob"))
    assert effects == [Effect.ENQUEUE]
    assert (state.values["n"], state.by["n"], state.changed, state.phase) == (30, "Bob", {"n"}, Phase.QUEUED)


def test_setting_the_same_value_does_nothing():
    state, effects = play(new_session(), SetValues({"n": 20}, by="Bob"))
    assert (state, effects) == (new_session(), [])


def test_a_pending_change_waits_for_apply():
    state, effects = play(new_session(), SetValues({"n": 30}, play=False))
    assert effects == [] and state.phase is Phase.RESTING and state.changed == {"n"}


def test_only_one_worker_gets_the_session():
    state, _ = play(new_session(), Ask(Request(Wanted.ALL)))
    state, first = play(state, Claim())
    assert first == [Effect.PLAY]
    assert play(state, Claim()) == (state, [])


def test_a_whole_run_leaves_every_cell_done_and_current():
    state = ran(new_session())
    assert set(states(state).values()) == {"done"} and all(cell.is_current for cell in state.cells)
    assert state.phase is Phase.RESTING and state.plan == () and state.runs == 1


def test_after_a_change_only_what_must_run_is_planned():
    state, _ = play(ran(new_session()), SetValues({"n": 30}), Claim(), KernelReady(fresh=False), Begin())
    assert state.plan == ("n", "chart") and state.changed == frozenset()


def test_a_change_marks_what_depends_on_it_as_stale_at_once():
    state, _ = play(ran(new_session()), SetValues({"n": 30}, play=False))
    assert states(state) == {"load": "done", "n": "done", "chart": "stale", "go": "done"}


def test_the_newest_values_win_while_cells_run():
    state, _ = play(ran(new_session()), SetValues({"n": 30}), Claim(), Begin())
    state, effects = play(state, SetValues({"n": 31}), SetValues({"n": 32}))
    assert effects == [] and state.phase is Phase.PLAYING
    for cell_id in ("n", "chart"):
        state, _ = play(state, CellEnded(cell_id, Outcome.DONE, state.cell(cell_id).digest))
    state, effects = play(state, Finish())
    assert effects == [Effect.PLAY]
    state, _ = play(state, Begin())
    assert state.plan == ("n", "chart") and state.values["n"] == 32


def test_stop_interrupts_and_what_was_waiting_is_stale():
    state, _ = play(ran(new_session()), Ask(Request(Wanted.ALL)), Claim(), Begin(), CellStarted("load"))
    state, effects = play(state, Stop())
    assert effects == [Effect.INTERRUPT] and state.phase is Phase.STOPPING
    state, effects = play(state, CellEnded("load", Outcome.INTERRUPTED, "d1"), Finish())
    assert effects == [] and state.phase is Phase.RESTING
    assert states(state) == {"load": "stale", "n": "stale", "chart": "stale", "go": "stale"}


def test_stop_before_a_worker_came_needs_no_interrupt():
    state, effects = play(new_session(), Ask(Request(Wanted.ALL)), Stop())
    assert effects == [Effect.ENQUEUE] and state.phase is Phase.RESTING
    assert state.request == Request()


def test_a_failed_cell_is_not_current_and_drops_its_dependents():
    state, _ = play(new_session(), Ask(Request(Wanted.ALL)), Claim(), KernelReady(fresh=True), Begin())
    state, _ = play(state, CellEnded("load", Outcome.FAILED, "d1", why="KeyError"), Dropped({"chart": "load failed"}))
    assert state.cell("load").state is CellState.FAILED and not state.cell("load").played
    assert (state.cell("chart").state, state.cell("chart").why) == (CellState.STALE, "load failed")


def test_a_kernel_that_dies_keeps_inputs_and_results_and_forgets_effects():
    state = ran(play(new_session(), SetValues({"n": 30}, play=False))[0])
    state, effects = play(state, KernelLost(why="Cell 3 used more memory than it may.", died=True))
    assert state.kernel is KernelState.DIED and state.why.startswith("Cell 3")
    assert state.values["n"] == 30 and set(states(state).values()) == {"done"}
    assert not any(cell.played for cell in state.cells) and effects == [Effect.KILL_KERNEL]


def test_restart_while_running_stops_first_and_then_runs_everything():
    state, _ = play(ran(new_session()), Ask(Request(Wanted.ALL)), Claim(), Begin(), CellStarted("load"))
    state, effects = play(state, Ask(Request(Wanted.ALL, restart=True)))
    assert effects == [Effect.INTERRUPT] and state.phase is Phase.STOPPING
    state, effects = play(state, CellEnded("load", Outcome.INTERRUPTED, "d1"), Finish())
    assert effects == [Effect.PLAY] and state.request == Request(Wanted.ALL, restart=True)


def test_a_button_is_true_for_exactly_one_run_and_its_release_runs_nothing():
    state, _ = play(ran(new_session()), Press("go", by="Bob"), Claim(), Begin())
    assert state.values["go"] is True and "go" in state.plan
    for cell_id in state.plan:
        state, _ = play(state, CellEnded(cell_id, Outcome.DONE, state.cell(cell_id).digest))
    state, effects = play(state, Finish())
    assert state.values["go"] is False and state.changed == frozenset() and effects == []
    assert set(states(state).values()) == {"done"}


def test_a_message_sent_twice_is_applied_once():
    press = Press("go", message="m1")
    state, _ = play(ran(new_session()), press, Claim(), Begin())
    state, _ = play(state, Finish())
    assert play(state, press) == (state, [])


def test_an_edited_cell_is_stale_and_a_deleted_one_is_gone():
    edited = (("load", "d1", ""), ("n", "d2", "n"), ("chart", "d9", ""))
    state, _ = play(ran(new_session()), DocumentChanged(edited, {"n": 20}))
    assert [cell.id for cell in state.cells] == ["load", "n", "chart"]
    assert state.cell("chart").state is CellState.STALE and set(state.values) == {"n"}


def test_requests_join_into_the_larger_one():
    cells = Request(Wanted.CELLS, ("a",))
    assert cells.and_then(Request(Wanted.CELLS, ("b", "a"))) == Request(Wanted.CELLS, ("a", "b"))
    assert cells.and_then(Request(Wanted.ALL)) == Request(Wanted.ALL)
    assert Request(Wanted.STALE).and_then(Request()) == Request(Wanted.STALE)
    assert Request(Wanted.ALL, restart=True).and_then(Request(Wanted.STALE)) == Request(Wanted.ALL, restart=True)


OPERATIONS = st.one_of(
    st.builds(SetValues, st.dictionaries(st.sampled_from(["n"]), st.integers(0, 3), min_size=1), play=st.booleans()),
    st.builds(Press, st.just("go")),
    st.builds(Ask, st.builds(Request, st.sampled_from([Wanted.ALL, Wanted.STALE]), st.just(()), st.booleans())),
    st.just(Stop()),
    st.just(Claim()),
    st.builds(KernelReady, st.booleans()),
    st.just(Begin()),
    st.builds(CellStarted, st.sampled_from([cell[0] for cell in CELLS])),
    st.builds(
        CellEnded,
        st.sampled_from([cell[0] for cell in CELLS]),
        st.sampled_from(list(Outcome)),
        st.sampled_from([cell[1] for cell in CELLS]),
    ),
    st.just(Finish()),
    st.builds(KernelLost, st.text(max_size=5), st.booleans()),
)


@given(st.lists(OPERATIONS, max_size=30))
def test_whatever_happens_the_session_is_sane(operations):
    state = new_session()
    for operation in operations:
        state, effects = reducer.apply(state, operation, plan_readers)
        assert State.from_json(state.to_json()) == state
        if state.phase is Phase.RESTING:
            assert not any(cell.state in (CellState.QUEUED, CellState.RUNNING) for cell in state.cells)
        assert Effect.PLAY not in effects or state.phase is Phase.PLAYING
        assert set(state.values) == {"n", "go"}


def test_a_late_worker_changes_nothing():
    state = ran(new_session())
    assert play(state, Begin(), CellStarted("load"), CellEnded("load", Outcome.FAILED, "d1"), Finish()) == (state, [])


def test_a_stopped_session_takes_new_work():
    state, _ = play(new_session(), Ask(Request(Wanted.ALL)))
    state, effects = play(play(state, Stop())[0], SetValues({"n": 5}))
    assert effects == [Effect.ENQUEUE]
