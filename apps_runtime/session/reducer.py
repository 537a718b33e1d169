"""`apply(state, operation, planner) -> (state, effects)`: the whole behaviour of a session, without any I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

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
    Operation,
    OptionsKnown,
    Outcome,
    Planner,
    Press,
    Replanned,
    SetValues,
    Stop,
    Wait,
)
from apps_runtime.session.state import (
    REMEMBERED_MESSAGES,
    CellState,
    CellStatus,
    KernelState,
    Note,
    Options,
    Phase,
    Request,
    State,
    Wanted,
)
from projects.notebook import inputs

Applied: TypeAlias = tuple[State, tuple[Effect, ...]]

STOPPED = "Stopped before it was done"
WAITING = (CellState.QUEUED, CellState.RUNNING)
OF_A_WORKER = (Wait, KernelReady, Begin, CellStarted, CellEnded, OptionsKnown, Replanned, Finish)
MOST_NOTES = 20
DEPENDS = "Not run, because a cell it depends on failed"
EDITED = "Edited since it ran"
# What is said of a cell that names nothing of the notebook.
NAMELESS = frozenset({STOPPED, DEPENDS, EDITED})


def create(
    cells: Iterable[tuple[str, str, str]],
    values: Mapping[str, Any],
    baseline: Mapping[str, Any] | None = None,
    options: Mapping[str, Options] | None = None,
) -> State:
    """A session nobody has touched: `cells` as in DocumentChanged, `values` of every input; `baseline`: the values
    of the results it shows, if they are others; `options` of variables, as those results know them."""
    given = dict(values)
    return State(
        options=dict(options or {}),
        cells=tuple(CellStatus(*cell) for cell in cells),
        values=given,
        baseline=dict(given if baseline is None else baseline),
    )


def apply(state: State, operation: Operation, planner: Planner) -> Applied:
    """The state after `operation`, and what the caller must do once it is saved."""
    message = getattr(operation, "message", "")
    if message and message in state.recent:
        return state, ()
    after, effects = _apply(state, operation, planner)
    if message:
        after = replace(after, recent=(*after.recent, message)[-REMEMBERED_MESSAGES:])
    if isinstance(operation, SetValues | DocumentChanged | Finish):
        after = _mark_stale(after, planner)
    return after, effects


def _apply(state: State, operation: Operation, planner: Planner) -> Applied:
    if isinstance(operation, OF_A_WORKER) and state.phase not in (Phase.PLAYING, Phase.STOPPING):
        return state, ()  # A worker that was given up as lost, and is late.
    match operation:
        case SetValues():
            return _set_values(state, operation)
        case Press(name=name, play_all=play_all):
            pressed = replace(state, pressed=name, values={**state.values, name: True}, changed=state.changed | {name})
            return _want(pressed, Request(Wanted.ALL if play_all else Wanted.STALE))
        case Ask(request=request):
            return _want(state, request)
        case Stop():
            return _stop(state)
        case Claim(begin=begin):
            if state.phase is not Phase.QUEUED:
                return state, ()
            claimed = replace(state, phase=Phase.PLAYING)
            return (_begin(claimed, planner)[0] if begin else claimed), (Effect.PLAY,)
        case Wait(why=why):
            stopped = state.request.wanted is Wanted.NOTHING
            return replace(state, phase=Phase.RESTING if stopped else Phase.QUEUED, why="" if stopped else why), ()
        case KernelReady(fresh=fresh, progress=progress, played=played):
            ready = replace(state, kernel=KernelState.READY, why="")
            return (_forget_effects(ready, progress, played), ()) if fresh else (ready, ())
        case Begin():
            return _begin(state, planner)
        case CellStarted(cell=identity):
            return _change(state, identity, state=CellState.RUNNING), ()
        case CellEnded():
            return _cell_ended(state, operation), ()
        case OptionsKnown():
            return _options_known(state, operation)
        case Replanned(progress=progress, steps=steps):
            return _replan(replace(state, progress=progress), CellEnded("", Outcome.DONE, "", steps=steps)), ()
        case Finish():
            return _finish(state)
        case KernelLost(why=why, died=died):
            return _kernel_lost(state, why, died)
        case DocumentChanged():
            return _document_changed(state, operation), ()


def _set_values(state: State, operation: SetValues) -> Applied:
    state = replace(state, notes=(*state.notes, *operation.notes)[-MOST_NOTES:])
    changed = {name: value for name, value in operation.values.items() if not _same(state.values.get(name), value)}
    held = {name: value for name, value in state.held.items() if name not in operation.values} | dict(operation.held)
    if not changed and held == state.held:
        return state, ()
    moved = (*changed, *operation.held)
    after = replace(
        state,
        values={**state.values, **changed},
        held=held,
        by={**state.by, **dict.fromkeys(moved, operation.by)},
        changed=state.changed | changed.keys(),
        latest=(moved[-1], operation.account) if moved else state.latest,
    )
    return _want(after, Request(Wanted.STALE)) if operation.play else (after, ())


def _same(before: Any, after: Any) -> bool:
    """To JSON, true is another value than 1."""
    return before == after and isinstance(before, bool) == isinstance(after, bool)


def _options_known(state: State, operation: OptionsKnown) -> Applied:
    name, notes = operation.spec.name, state.notes
    if name not in state.values:
        return state, ()  # A draft that lost this input meanwhile.
    before = state.values[name]
    if operation.problem and not operation.options and name in state.held:
        # Its cell failed, or did not run yet: the value waits on.
        return replace(state, options={**state.options, name: Options((), operation.problem)}), ()
    try:
        value = inputs.settle(operation.spec, state.held.get(name, before), operation.options, operation.now)
    except inputs.NotAllowed as refusal:
        value = inputs.value_among(operation.spec, before, operation.options)
        if name in state.held:
            notes = (*notes, Note(f"A value in this link was not used: {refusal}.", name))[-MOST_NOTES:]
    after = replace(
        state,
        options={**state.options, name: Options(operation.options, operation.problem)},
        held={other: held for other, held in state.held.items() if other != name},
        notes=notes,
        values={**state.values, name: value},
    )
    if _same(before, value):
        return after, ()
    if operation.joins:
        return replace(after, baseline={**after.baseline, name: value}), ()
    after = replace(after, changed=after.changed | {name})
    return _want(after, Request(Wanted.STALE)) if operation.play else (after, ())


def _want(state: State, request: Request) -> Applied:
    """Ask for a run; one that is going on is followed by another, so that the newest values always win."""
    both = replace(state, request=state.request.and_then(request))
    if state.phase is Phase.RESTING:
        return replace(both, phase=Phase.QUEUED, why=""), (Effect.ENQUEUE,)
    if request.restart and state.phase is Phase.PLAYING:
        return replace(both, phase=Phase.STOPPING), (Effect.INTERRUPT,)
    return both, ()


def _stop(state: State) -> Applied:
    match state.phase:
        case Phase.QUEUED:
            return replace(_unqueue(state), phase=Phase.RESTING, request=Request()), ()
        case Phase.PLAYING:
            return replace(state, phase=Phase.STOPPING, request=Request()), (Effect.INTERRUPT,)
        case _:
            return replace(state, request=Request()), ()


def _begin(state: State, planner: Planner) -> Applied:
    if state.request.wanted is Wanted.NOTHING:  # Stopped between the claim and here.
        return replace(state, plan=()), ()
    steps, progress = planner.begin(state)
    queued = _queued(state, dict(steps))
    first = next((cell for cell in queued.values() if not cell.input), None)
    if first is not None:
        queued[first.id] = replace(first, state=CellState.RUNNING)
    after = replace(
        state.with_cells(queued),
        plan=tuple(queued),
        last={cell_id: cell.why for cell_id, cell in queued.items()},
        moved={name: state.baseline.get(name) for name in state.changed},
        exact=state.request.wanted is Wanted.CELLS,
        request=Request(),
        changed=frozenset(),
        baseline=state.values,
        progress=progress,
        runs=state.runs + 1,
    )
    return after, ()


def _cell_ended(state: State, operation: CellEnded) -> State:
    if operation.progress is not None:
        state = replace(state, progress=operation.progress)
    match operation.outcome:
        case Outcome.DONE:
            state = _change(state, operation.cell, state=CellState.DONE, played=operation.digest, why="")
        case Outcome.FAILED:
            state = _change(state, operation.cell, state=CellState.FAILED, played="", why=operation.why)
        case Outcome.INTERRUPTED:
            state = _change(state, operation.cell, state=CellState.STALE, played="", why=operation.why or STOPPED)
    return _replan(state, operation)


def _replan(state: State, operation: CellEnded) -> State:
    """Queue what is left to play, and let go of what is not in the plan any more."""
    left = dict(operation.steps)
    released = {}
    for cell in state.cells:
        if cell.state is not CellState.QUEUED or cell.id in left:
            continue
        if cell.id in operation.blocked or not cell.played or cell.played != cell.digest:
            why = DEPENDS if cell.id in operation.blocked else STOPPED
            released[cell.id] = replace(cell, state=CellState.STALE, why=why)
        else:
            released[cell.id] = replace(cell, state=CellState.DONE, why="")
    queued = _queued(state, {identity: why for identity, why in left.items() if identity != operation.cell})
    plan = tuple(dict.fromkeys((*(identity for identity in state.plan if identity not in released), *queued)))
    last = {identity: state.last.get(identity) or left.get(identity, "") for identity in plan}
    return replace(state.with_cells({**released, **queued}), plan=plan, last=last)


def _queued(state: State, steps: Mapping[str, str]) -> dict[str, CellStatus]:
    """The cells of these steps, in the notebook's order, queued."""
    return {
        cell.id: replace(cell, state=CellState.QUEUED, why=steps[cell.id]) for cell in state.cells if cell.id in steps
    }


def _finish(state: State) -> Applied:
    """Rest, or start again at once when something was asked for meanwhile."""
    # A released button is not a change: what ran while it was pressed keeps showing that run.
    released = {**state.values, state.pressed: False} if state.pressed else state.values
    after = replace(_unqueue(state), plan=(), pressed="", values=released)
    if after.request.wanted is Wanted.NOTHING:
        return replace(after, phase=Phase.RESTING), ()
    return replace(after, phase=Phase.PLAYING), (Effect.PLAY,)


def _kernel_lost(state: State, why: str, died: bool) -> Applied:
    after = replace(
        _forget_effects(_unqueue(state), {}, {}),
        kernel=KernelState.DIED if died else KernelState.NONE,
        why=why,
        phase=Phase.RESTING,
        request=Request(),
        plan=(),
        pressed="",
        values={**state.values, **({state.pressed: False} if state.pressed else {})},
    )
    return after, (Effect.KILL_KERNEL,) if state.kernel is not KernelState.NONE else ()


def _document_changed(state: State, operation: DocumentChanged) -> State:
    known = {cell.id: cell for cell in state.cells}
    same = {(identity, digest) for identity, digest, _ in operation.cells}
    kept = {cell.input for cell in state.cells if cell.input and (cell.id, cell.digest) in same}
    cells = []
    for identity, digest, input_name in operation.cells:
        cell = known.get(identity)
        if cell is None:
            cells.append(CellStatus(identity, digest, input_name))
        elif cell.digest != digest and cell.state is CellState.DONE:
            cells.append(replace(cell, digest=digest, input=input_name, state=CellState.STALE, why=EDITED))
        else:
            cells.append(replace(cell, digest=digest, input=input_name))
    # An input whose settings were edited begins at its new default.
    values = {name: state.values[name] if name in kept else default for name, default in operation.defaults.items()}
    changed = {name for name in values if name not in kept} | (state.changed & values.keys())
    return replace(
        state,
        cells=tuple(cells),
        values=values,
        changed=frozenset(changed),
        options={name: found for name, found in state.options.items() if name in kept},
        held={name: value for name, value in state.held.items() if name in kept},
    )


def _mark_stale(state: State, planner: Planner) -> State:
    """A finished cell is stale when it would run again, were everything else as it looks.

    Cells shown from stored results have not run in this session's kernel; for the reader they are done.
    """
    if not any(cell.state in (CellState.DONE, CellState.STALE) and not cell.input for cell in state.cells):
        return state
    stale = planner.stale(state)
    change = {}
    for cell in state.cells:
        if cell.input:
            continue
        if cell.state is CellState.DONE and cell.id in stale:
            change[cell.id] = replace(cell, state=CellState.STALE, why=stale[cell.id])
        elif cell.state is CellState.STALE and cell.id not in stale and (not state.progress or cell.is_played):
            change[cell.id] = replace(cell, state=CellState.DONE, why="")
    return state.with_cells(change) if change else state


def _forget_effects(state: State, progress: Mapping[str, Any], played: Mapping[str, str]) -> State:
    """A new kernel: nothing has run in it but what `played` says."""
    cells = tuple(replace(cell, played=played.get(cell.id, "")) for cell in state.cells)
    return replace(state, cells=cells, progress=progress)


def _unqueue(state: State) -> State:
    return state.with_cells(
        {
            cell.id: replace(
                cell,
                state=CellState.STALE,
                why=STOPPED,
                played="" if cell.state is CellState.RUNNING else cell.played,
            )
            for cell in state.cells
            if cell.state in WAITING
        }
    )


def _change(before: State, identity: str, **fields: Any) -> State:
    cell = before.cell(identity)
    return before if cell is None else before.with_cells({identity: replace(cell, **fields)})


def shown(cell: CellStatus, state: CellState) -> CellStatus:
    """A cell that shows a stored result: done or failed for the reader, though it never ran in this session."""
    return replace(cell, state=state if state in (CellState.DONE, CellState.FAILED) else CellState.IDLE)
