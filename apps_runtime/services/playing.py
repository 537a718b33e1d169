"""Playing cells: one loop for runs and sessions. A worker's thread calls `play_run` or `play_session`.

Events of the player become rows, then news; never the other way round. `stop` is called by another thread of the same
worker, because a task that plays can't hear.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.models import Run, Session
from apps_runtime.player import Changed, Ended, Player, PlayLimits
from apps_runtime.services import planning, probing, runs, sessions
from apps_runtime.services.script import Script
from apps_runtime.session.operations import (
    Begin,
    CellStarted,
    Claim,
    Effect,
    Finish,
    KernelLost,
    KernelReady,
)
from apps_runtime.session.state import (
    CellState,
    KernelState,
    State,
    Wanted,
)
from projects.notebook import inputs
from projects.notebook.document import Cell, Notebook
from projects.permissions import Action, may

logger = logging.getLogger(__name__)

# What this worker plays now, by the id of the run or session.
_playing: dict[str, "Playing"] = {}


class Playing:
    """A player at work, and whether somebody asked it to stop."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()
        self.player.stop()


def stop(identity: str) -> bool:
    """Stop what this worker plays under this id. False: it plays no such thing."""
    playing = _playing.get(identity)
    if playing:
        playing.stop()
    return playing is not None


# ---- Runs


def play_run(*, run_id: str, worker: str) -> Run | None:
    """Claim and play a run to its end. None: there was nothing to claim."""
    run = runs.claim(run_id=run_id, worker=worker, now=timezone.now())
    if run is None:
        return None
    if run.by and not may(run.by, run.project, Action.PUBLISH):
        runs.finish(run=run, state=Run.State.DENIED, why=f"{run.by.name} may not run this project any more.")
        return run
    try:
        kernel = _start_kernel(run.project, label=f"run {run.pk}")
    except kernels.KernelUnavailable as unavailable:
        runs.finish(run=run, state=Run.State.FAILED, why=str(unavailable))
        return run
    try:
        Run.objects.filter(pk=run.pk).update(kernel=kernel.address.to_json())
        state, why = _play_run_cells(run, kernel)
    finally:
        kernel.kill()
    runs.finish(run=run, state=state, why=why)
    return run


def _play_run_cells(run: Run, kernel: kernels.Kernel) -> tuple[Run.State, str]:
    notebook = run.version.notebook
    cells = [notebook.cell(row.cell_id) for row in run.cells.all()]
    deadline = _run_deadline(run)
    player = Player(kernel, _limits())
    with _registered(str(run.pk), player, lambda: _keep_run(run)) as playing:
        now = timezone.now()
        for cell, following in zip(cells, [*cells[1:], None], strict=True):
            left = (deadline - timezone.now()).total_seconds()
            if left <= 0:
                return Run.State.FAILED, "The run took longer than it may and was ended."
            seconds = min(settings.HEXLITE_CELL_SECONDS_BATCH, left)
            if cell is cells[0]:
                runs.record(run=run, cells={cell.id: {"state": CellState.RUNNING, "started_at": timezone.now()}})
            ended = None
            for event in _play_cell(player, notebook, cell, run.values, now, seconds):
                if isinstance(event, Changed):
                    runs.record(run=run, cells={cell.id: {"outputs": event.outputs}})
                elif isinstance(event, Ended):
                    ended = event
            if playing.stopping.is_set():
                runs.record(run=run, cells={cell.id: {"state": CellState.STALE, **_result(ended)}})
                run.refresh_from_db(fields=["why", "state"])
                return Run.State.CANCELLED, run.why or "It was stopped."
            if ended.state != "done":
                runs.record(run=run, cells={cell.id: {"state": CellState.FAILED, **_result(ended)}})
                return Run.State.FAILED, ended.sentence
            changes: dict[str, Mapping[str, Any]] = {cell.id: {"state": CellState.DONE, **_result(ended)}}
            if following is not None:
                changes[following.id] = {"state": CellState.RUNNING, "started_at": timezone.now()}
            runs.record(run=run, cells=changes)
    return Run.State.DONE, ""


def _run_deadline(run: Run) -> datetime:
    seconds = (
        settings.HEXLITE_RUN_SECONDS_SCHEDULE
        if run.trigger in (Run.Trigger.SCHEDULE, Run.Trigger.API)
        else settings.HEXLITE_RUN_SECONDS_PREVIEW
    )
    return (run.started_at or timezone.now()) + timedelta(seconds=seconds)


def _keep_run(run: Run) -> bool:
    return runs.heartbeat(run=run, now=timezone.now()) and not runs.stop_requested(run)


# ---- Sessions


def play_session(*, session_id: str, worker: str) -> None:
    """Claim a queued session and play what was asked for, and what is asked for meanwhile."""
    claimed = sessions.submit(session_id, Claim(), worker=worker, lease_until=_lease())
    if Effect.PLAY not in claimed.effects:
        return
    session = claimed.session
    while True:
        try:
            kernel = _session_kernel(session)
        except kernels.KernelUnavailable as unavailable:
            sessions.submit(session_id, KernelLost(why=str(unavailable)), lease_until=None)
            return
        with _registered(str(session_id), Player(kernel, _limits()), lambda: _keep_session(session)) as playing:
            alive = _play_plan(session, playing)
        if not alive:
            return
        finished = sessions.submit(session_id, Finish(), lease_until=_lease(), idle_since=timezone.now())
        if Effect.PLAY not in finished.effects:
            Session.objects.filter(pk=session_id).update(lease_until=None)
            return
        session = finished.session


def _session_kernel(session: Session) -> kernels.Kernel:
    """The session's kernel: the one it has, if it lives and no new one was asked for; else a new one."""
    state = State.from_json(session.state)
    address = kernels.KernelAddress.from_json(session.kernel) if session.kernel else None
    if address is not None:
        kernel = kernels.connect(address)
        if state.kernel is KernelState.READY and not state.request.restart and kernel.alive():
            return kernel
        kernel.kill()
    kernel = _start_kernel(session.project, label=f"session {session.pk}")
    Player(kernel, _limits()).assign(probing.INSTALL)
    sessions.submit(session.pk, KernelReady(fresh=True), kernel=kernel.address.to_json())
    return kernel


def _play_plan(session: Session, playing: Playing) -> bool:
    """Play the cells that must run. False: the kernel died, and the session says so."""
    wanted = State.from_json(session.state).request.wanted
    begun = sessions.submit(session.pk, Begin())
    session, state = begun.session, begun.state
    notebook = session.notebook
    script = Script(planning.graph_of(notebook), state, by_request=wanted is Wanted.CELLS)
    now = timezone.now()
    seconds = settings.HEXLITE_CELL_SECONDS_NOTEBOOK if session.is_draft else settings.HEXLITE_CELL_SECONDS_APP
    started = False
    while (step := script.step) and not playing.stopping.is_set():
        cell = notebook.cell(step.cell_id)
        if not started:
            sessions.submit(session.pk, CellStarted(cell.id), results={cell.id: {"started_at": timezone.now()}})
        _forget_names(playing.player, step.forget)
        ended = None
        for event in _play_cell(playing.player, notebook, cell, state.values, now, seconds, observe=True):
            if isinstance(event, Changed):
                sessions.submit(session.pk, results={cell.id: {"outputs": event.outputs}})
            elif isinstance(event, Ended):
                ended = event
        operation = script.ended(cell, ended, stopped=playing.stopping.is_set())
        results: dict[str, dict[str, Any]] = {cell.id: _result(ended)}
        if ended.kernel_gone:
            sessions.submit(
                session.pk,
                operation,
                KernelLost(why=ended.sentence, died=True),
                results=results,
                kernel=None,
                lease_until=None,
                idle_since=timezone.now(),
            )
            return False
        operations: list[Any] = [operation]
        started = script.step is not None and not playing.stopping.is_set()
        if started:
            operations.append(CellStarted(script.step.cell_id))
            results[script.step.cell_id] = {"started_at": timezone.now()}
        sessions.submit(session.pk, *operations, results=results)
    _forget_names(playing.player, script.forget_last)
    if state.pressed:
        button = notebook.input_cells[state.pressed].input
        playing.player.assign(inputs.assignment([button], {state.pressed: False}, now))
    return True


def _forget_names(player: Player, names: tuple[str, ...]) -> None:
    """Remove names that a run from the top would not have bound here."""
    if names:
        player.assign(f"for _name in {list(names)!r}:\n    globals().pop(_name, None)\ndel _name")


def _keep_session(session: Session) -> bool:
    return bool(Session.objects.filter(pk=session.pk, worker=session.worker).update(lease_until=_lease()))


# ---- Both


def _start_kernel(project: Any, *, label: str) -> kernels.Kernel:
    project.files_dir.mkdir(parents=True, exist_ok=True)
    return kernels.connect(
        kernels.start(
            project_id=str(project.pk),
            files_dir=project.files_dir,
            kernelspec=project.kernelspec,
            label=label,
        )
    )


def _play_cell(
    player: Player,
    notebook: Notebook,
    cell: Cell,
    values: Mapping[str, Any],
    now: datetime,
    seconds: float,
    *,
    observe: bool = False,
) -> Iterator[Any]:
    """The events of one cell. An input cell is one assignment of its present value, as data (specs/security T1)."""
    if cell.input:
        yield from player.play(inputs.assignment([cell.input], values, now), cell_id=cell.id, deadline_seconds=seconds)
        return
    expressions = probing.EXPRESSIONS if observe else None
    yield from player.play(cell.source, cell_id=cell.id, deadline_seconds=seconds, expressions=expressions)


def _result(ended: Ended) -> dict[str, Any]:
    """What a row keeps of a cell's end."""
    failed = ended.state != "done"
    return {
        "outputs": ended.outputs,
        "execution_count": ended.execution_count,
        "seconds": ended.seconds,
        "error_id": runs.new_error_id() if failed else "",
        "error_line": ended.sentence[:500] if failed else "",
    }


@contextmanager
def _registered(identity: str, player: Player, keep: Callable[[], bool]) -> Iterator[Playing]:
    """Where `stop` finds it, with a heartbeat: when `keep` says the work is not ours any more, the player stops."""
    playing = Playing(player)
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(settings.HEXLITE_HEARTBEAT_SECONDS):
            try:
                if not keep():
                    playing.stop()
            except Exception:
                # A worker that can't keep its lease must not go on for ever; the next beats try again until it ends.
                logger.exception("The heartbeat of %s failed", identity)
            finally:
                close_old_connections()

    _playing[identity] = playing
    heart = threading.Thread(target=beat, name=f"heartbeat {identity}", daemon=True)
    heart.start()
    try:
        yield playing
    finally:
        ended.set()
        del _playing[identity]


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.HEXLITE_LEASE_SECONDS)


def _limits() -> PlayLimits:
    return PlayLimits()
