"""What a run did with each cell, and why: for the dependency graph. Also why a cell did *not* run."""

from collections.abc import Mapping
from typing import Any

from apps_runtime.models import Run, RunCell, SessionCell
from apps_runtime.pages.graph import Story
from apps_runtime.session.state import CellState, CellStatus, State
from projects.notebook.document import Notebook
from projects.notebook.reactivity.flow import Flow
from projects.notebook.reactivity.graph import Graph, Node, listed

NAMED = 4  # names that a reason has at most


def of_session(notebook: Notebook, graph: Graph, state: State, results: Mapping[str, SessionCell]) -> dict[str, Story]:
    """The newest run of a live session: only what had to run did."""
    moved = {name: (before, state.baseline.get(name)) for name, before in state.moved.items()}
    found = {}
    for node, flow in zip(graph.nodes, graph.flows, strict=True):
        status, result = state.cell(node.id), results.get(node.id)
        if node.id not in state.last:
            found[node.id] = Story("kept", "Did not run", _why_not(node, flow, graph, status))
            continue
        failed = status is not None and status.state is CellState.FAILED
        word = "Failed" if failed else "Changed" if node.input_name else "Ran"
        how = "failed" if failed else "changed" if node.input_name else "ran"
        why = _told(state.last[node.id], moved, node.input_name)
        found[node.id] = Story(how, word, why, result.seconds if result and not node.input_name else None)
    return found


def of_run(graph: Graph, run: Run) -> dict[str, Story]:
    """A run of a version, which plays every cell from the top."""
    rows = {row.cell_id: row for row in run.cells.all()}
    stopped = next((row for row in rows.values() if row.state == CellState.FAILED), None)
    at = next((node.number for node in graph.nodes if stopped and node.id == stopped.cell_id), None)
    return {node.id: _of_row(rows.get(node.id), at, bool(node.input_name)) for node in graph.nodes}


def _of_row(row: RunCell | None, stopped_at: int | None, is_input: bool) -> Story:
    match row.state if row else None:
        case CellState.DONE:
            return Story("ran", "Set" if is_input else "Ran", "A whole run plays every cell from the top", row.seconds)
        case CellState.FAILED:
            return Story("failed", "Failed", "A whole run plays every cell from the top", row.seconds)
        case _ if stopped_at is not None:
            return Story("kept", "Did not run", f"The run ended at cell {stopped_at}, which failed")
        case _:
            return Story("kept", "Did not run", "The run had not come to it when it ended")


def _told(why: str, moved: Mapping[str, tuple[Any, Any]], input_name: str | None) -> str:
    """The planner's reason, with what an input was before and is now."""
    if input_name is not None and input_name in moved:
        before, now = moved[input_name]
        return f"It was changed from {before!r} to {now!r}"
    for name, (before, now) in moved.items():
        if why == f"reads {name}, which changed":
            return f"It reads {name}, which was changed from {before!r} to {now!r}"
    return f"It {why}" if why else "It was asked for"


def _why_not(node: Node, flow: Flow, graph: Graph, status: CellStatus | None) -> str:
    if status is None or (not status.played and status.state in (CellState.IDLE, CellState.SKIPPED)):
        return "It was not asked for yet"
    if status.state is CellState.STALE:
        return f"It is stale: {status.why[:1].lower()}{status.why[1:]}" if status.why else "It is stale, and waits"
    if node.input_name is not None:
        return "It was not changed"
    if flow.opaque is not None:
        return f"It uses {flow.opaque}, which cannot be analysed; nothing above it changed"
    reads = sorted(flow.reads & graph.bound)
    if not reads:
        return "It reads nothing that could change"
    if len(reads) == 1:
        return f"It reads {reads[0]}, which did not change"
    names = reads if len(reads) <= NAMED else [*reads[: NAMED - 1], f"{len(reads) - NAMED + 1} more"]
    return f"It reads {listed(names)}; {'neither' if len(reads) == 2 else 'none of them'} changed"
