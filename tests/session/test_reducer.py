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
    Effect,
    Finish,
    KernelLost,
    KernelReady,
    Outcome,
    Press,
    SetValues,
    Stop,
    Wait,
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


class Readers:
    """A planner for a notebook where only "chart" reads n, and everything that never ran must run."""

    def begin(self, state: State):
        if state.request.wanted is Wanted.ALL:
            return tuple((cell.id, "all") for cell in state.cells), {"n": state.values["n"]}
        changed = self._changed(state)
        return tuple((cell.id, "must run") for cell in state.cells if not cell.played or cell.id in changed), {
            "n": state.values["n"]
        }

    def stale(self, state: State):
        return {"chart": "reads n, which changed"} if state.values["n"] != state.baseline["n"] else {}

    def _changed(self, state: State):
        return {"n", "chart"} if "n" in state.changed else {"go"} if state.pressed else set()


planner = Readers()


def left_of(state: State, cell_id: str):
    """What remains of the plan after this cell."""
    waiting = [cell.id for cell in state.cells if cell.state is CellState.QUEUED and cell.id != cell_id]
    return tuple((identity, "must run") for identity in waiting)


def done(state: State, cell_id: str) -> CellEnded:
    return CellEnded(cell_id, Outcome.DONE, state.cell(cell_id).digest, steps=left_of(state, cell_id))


def new_session() -> State:
    return reducer.create(CELLS, {"n": 20, "go": False})


def play(state: State, *operations):
    effects = []
    for operation in operations:
        state, more = reducer.apply(state, operation, planner)
        effects += more
    return state, effects


def ran(state: State) -> State:
    """The session after a whole run that went well."""
    state, _ = play(state, Ask(Request(Wanted.ALL)), Claim(), KernelReady(fresh=True), Begin())
    for cell_id in state.plan:
        state, _ = play(state, CellStarted(cell_id), done(state, cell_id))
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
        state, _ = play(state, done(state, cell_id))
    state, effects = play(state, Finish())
    assert effects == [Effect.PLAY]
    state, _ = play(state, Begin())
    assert state.plan == ("n", "chart") and state.values["n"] == 32


def test_stop_interrupts_and_what_still_holds_is_not_called_stale():
    state, _ = play(ran(new_session()), Ask(Request(Wanted.ALL)), Claim(), Begin(), CellStarted("load"))
    state, effects = play(state, Stop())
    assert effects == [Effect.INTERRUPT] and state.phase is Phase.STOPPING
    state, effects = play(state, CellEnded("load", Outcome.INTERRUPTED, "d1"), Finish())
    assert effects == [] and state.phase is Phase.RESTING
    assert states(state) == {"load": "stale", "n": "done", "chart": "done", "go": "done"}


def test_stopping_a_first_run_leaves_what_never_ran_as_stale():
    state, _ = play(new_session(), Ask(Request(Wanted.ALL)), Claim(), KernelReady(fresh=True), Begin())
    state, _ = play(state, CellStarted("load"), Stop(), CellEnded("load", Outcome.INTERRUPTED, "d1"), Finish())
    assert set(states(state).values()) == {"stale"}


def test_stop_before_a_worker_came_needs_no_interrupt():
    state, effects = play(new_session(), Ask(Request(Wanted.ALL)), Stop())
    assert effects == [Effect.ENQUEUE] and state.phase is Phase.RESTING
    assert state.request == Request()


def test_a_failed_cell_is_not_current_and_drops_its_dependents():
    state, _ = play(new_session(), Ask(Request(Wanted.ALL)), Claim(), KernelReady(fresh=True), Begin())
    failed = CellEnded(
        "load", Outcome.FAILED, "d1", why="KeyError", steps=(("n", ""), ("go", "")), blocked=frozenset({"chart"})
    )
    state, _ = play(state, failed)
    assert state.cell("load").state is CellState.FAILED and not state.cell("load").played
    assert (state.cell("chart").state, state.cell("chart").why) == (CellState.STALE, reducer.DEPENDS)
    assert states(state)["n"] == states(state)["go"] == "queued"


def test_a_cell_that_did_more_than_its_text_says_adds_to_the_plan():
    state, _ = play(ran(new_session()), SetValues({"n": 30}), Claim(), Begin())
    more = CellEnded("n", Outcome.DONE, "d2", steps=(("load", "shares an object"), ("chart", "reads n")))
    state, _ = play(state, more)
    assert states(state) == {"load": "queued", "n": "done", "chart": "queued", "go": "done"}
    assert set(state.plan) == {"load", "n", "chart"}


def test_changing_a_value_back_makes_nothing_stale():
    state, _ = play(ran(new_session()), SetValues({"n": 30}, play=False), SetValues({"n": 20}, play=False))
    assert set(states(state).values()) == {"done"}


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
        state, _ = play(state, done(state, cell_id))
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
        state, effects = reducer.apply(state, operation, planner)
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


def test_where_no_kernel_is_free_the_session_waits_and_is_taken_up_again():
    waiting, effects = play(new_session(), Ask(Request(Wanted.ALL)), Claim(), Wait("You are number 1 in the queue."))
    assert (waiting.phase, waiting.why) == (Phase.QUEUED, "You are number 1 in the queue.")
    assert effects == [Effect.ENQUEUE, Effect.PLAY]
    taken, _ = play(waiting, Claim(), KernelReady(fresh=True), Begin())
    assert (taken.phase, taken.why) == (Phase.PLAYING, "")
    assert taken.plan == ("load", "n", "chart", "go")


def test_whoever_waits_may_stop_waiting_also_while_the_worker_asks():
    stopped, _ = play(new_session(), Ask(Request(Wanted.ALL)), Claim(), Wait("1"), Stop())
    assert (stopped.phase, stopped.request) == (Phase.RESTING, Request())
    meanwhile, _ = play(new_session(), Ask(Request(Wanted.ALL)), Claim(), Stop(), Wait("1"))
    assert (meanwhile.phase, meanwhile.why) == (Phase.RESTING, "")
