"""What happened in a draft's session, as the notebook page takes it: cells, their outputs, inputs, the run line."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.template.loader import render_to_string

from apps_runtime.models import Session, SessionCell
from apps_runtime.outputs.render import render_outputs
from apps_runtime.pages.progress import of_session
from apps_runtime.readers import AUTHOR
from apps_runtime.services.sessions import options
from apps_runtime.session.state import CellStatus, State
from projects.notebook.document import Cell


def since(
    session: Session, sequence: int, changed_inputs: list[str] | None, *, outputs_url: str
) -> list[dict[str, Any]]:
    """Everything after event `sequence`, the run line last; of inputs those that are named, or (None) all."""
    state, notebook = State.from_json(session.state), session.notebook
    found: list[dict[str, Any]] = []
    for result in session.cells.filter(sequence__gt=sequence):
        status = state.cell(result.cell_id)
        if status is None or result.cell_id not in notebook:
            continue
        cell = notebook.cell(result.cell_id)
        found.append(_cell(result, status))
        if cell.input is None:
            found.append(_outputs(cell, result, status, outputs_url))
    found += _inputs(state, state.values if changed_inputs is None else changed_inputs)
    return [*found, _run_line(session, state)]


def _cell(result: SessionCell, status: CellStatus) -> dict[str, Any]:
    return {
        "type": "cell",
        "id": result.cell_id,
        "state": status.state.value,
        "label": status.state.label,
        "why": status.why,
        "seconds": result.seconds,
        "started": result.started_at.isoformat() if result.started_at else None,
        "count": result.execution_count,
        "sequence": result.sequence,
    }


def _outputs(cell: Cell, result: SessionCell, status: CellStatus, outputs_url: str) -> dict[str, Any]:
    context = AUTHOR.context(outputs_url, error_id=result.error_id, density="compact")
    outputs = render_outputs(result.outputs, context=context)
    shown = {"cell": cell, "result": result, "status": status, "outputs": outputs}
    html = render_to_string("notebook/cell_outputs.html", shown)
    return {"type": "fragment", "id": f"cell-outputs-{cell.id}", "html": html, "sequence": result.sequence}


def _inputs(state: State, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        if name in state.values:
            yield {
                "type": "input",
                "name": name,
                "value": state.shown_values[name],
                "by": state.by.get(name, ""),
                "options": options.mark(state.options.get(name)),
            }


def _run_line(session: Session, state: State) -> dict[str, Any]:
    progress = of_session(session, state)
    html = render_to_string("notebook/run_line.html", {"session": session, "progress": progress, "state": state})
    return {
        "type": "fragment",
        "id": "run-line",
        "html": html,
        "sequence": session.sequence,
        "busy": progress.is_busy,
    }
