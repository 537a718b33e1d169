"""How far a run or a session is: the numbers behind every strip and status line."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from apps_runtime.models import CellResult, PublishedResults, Run, Session
from apps_runtime.readers import Reader, hidden_cells
from apps_runtime.session.state import CellState, KernelState, Phase, State
from projects.notebook.document import Notebook


@dataclass(frozen=True)
class Progress:
    """`strip`: one state a runnable cell; `done` of `total` cells of what is going on; `since` when it started;
    `results_at` when the results that are shown were made; `why` a sentence when something stands in the way; `unseen`
    the numbers of errors of which the app shows its reader no more."""

    strip: tuple[str, ...]
    done: int
    total: int
    is_busy: bool
    is_stopping: bool = False
    since: datetime | None = None
    results_at: datetime | None = None
    failed: int = 0
    stale: int = 0
    pending: int = 0
    why: str = ""
    kernel_died: bool = False
    word: str = ""
    unseen: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        if self.is_busy:
            return "running"
        if self.failed or self.kernel_died:
            return "failed"
        return "stale" if self.stale or self.pending else "done"


def of_session(
    session: Session, state: State, *, published: PublishedResults | None = None, unseen: tuple[str, ...] = ()
) -> Progress:
    """`pending` counts inputs that were changed and not applied yet."""
    in_plan = set(state.plan)
    waiting = {CellState.QUEUED, CellState.RUNNING}
    states = {cell.id: cell.state for cell in state.cells}
    done = sum(1 for cell_id in in_plan if states.get(cell_id) not in waiting)
    return Progress(
        strip=_strip(cell.state for cell in state.cells if not cell.input),
        done=done,
        total=len(in_plan),
        is_busy=state.is_busy,
        is_stopping=state.phase is Phase.STOPPING,
        results_at=session.idle_since or (published.run.ended_at if published else None),
        failed=sum(1 for cell in state.cells if cell.state is CellState.FAILED),
        stale=sum(1 for cell in state.cells if cell.state is CellState.STALE),
        pending=0 if state.is_busy else len(state.changed),
        why=state.why,
        kernel_died=state.kernel is KernelState.DIED,
        word="Queued" if state.phase is Phase.QUEUED else "Stopping" if state.phase is Phase.STOPPING else "Running",
        unseen=unseen,
    )


def of_run(run: Run) -> Progress:
    return _of_run(run, list(run.cells.values_list("state", flat=True)))


def of_run_cells(run: Run, rows: Iterable[CellResult]) -> Progress:
    """As `of_run`, of cells that were read already."""
    return _of_run(run, [row.state for row in rows])


def _of_run(run: Run, cells: list[str]) -> Progress:
    over = {CellState.DONE, CellState.FAILED, CellState.SKIPPED, CellState.STALE}
    return Progress(
        strip=_strip(cells),
        done=sum(1 for state in cells if state in over),
        total=len(cells),
        is_busy=not run.is_finished,
        is_stopping=run.stop_requested_at is not None and not run.is_finished,
        since=run.started_at,
        results_at=run.ended_at,
        failed=sum(1 for state in cells if state == CellState.FAILED)
        or int(run.state in (Run.State.FAILED, Run.State.LOST)),
        why=run.why,
        word="Queued" if run.state == Run.State.QUEUED else "Running",
    )


def of_results(run: Run | None, rows: Collection[CellResult], notebook: Notebook, reader: Reader) -> Progress:
    """An app that is only looked at, by `reader`: the run its results come from, or nothing yet."""
    if run is None:
        return Progress(strip=(), done=0, total=0, is_busy=False)
    return replace(of_run_cells(run, rows), why=reader.end_of_run(run, notebook, rows))


def failures_unseen(session: Session, state: State, reader: Reader) -> tuple[str, ...]:
    """Numbers of what failed in a session where its reader is not shown it. No query unless a hidden cell failed."""
    failed = hidden_cells(session.notebook, (cell.id for cell in state.cells if cell.state is CellState.FAILED))
    if not failed or reader.reads_notebook:
        return ()
    return tuple(session.cells.filter(cell_id__in=failed).exclude(error_id="").values_list("error_id", flat=True))


def _strip(states: Iterable[str]) -> tuple[str, ...]:
    """What the strip's ticks show; a cell that has not run has no state."""
    return tuple("" if state in (CellState.IDLE, CellState.SKIPPED) else str(state) for state in states)
