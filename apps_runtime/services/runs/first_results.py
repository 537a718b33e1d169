"""What a notebook shows before anything ran in it: the results of what it was copied from, or those of its app."""

from typing import Any

from apps_runtime.models import CellResult, Run, Session, SessionCell
from apps_runtime.services.results import app_results, output_access
from apps_runtime.services.sessions import sessions
from apps_runtime.session.state import CellState, State
from projects.models import Draft


def follow_copy(*, source: Draft, copy: Draft, **signal: Any) -> None:
    """The copy of a notebook shows what the notebook showed, with the inputs it was made with."""
    session = Session.objects.filter(draft=source).first()
    if session is None:
        return
    ids = {before.id: after.id for before, after in zip(source.notebook.cells, copy.notebook.cells, strict=True)}
    shown = {ids[row.cell_id]: _as_first(row, ids[row.cell_id]) for row in session.cells.all() if row.cell_id in ids}
    if not any(row.outputs or row.state in app_results.FINISHED for row in shown.values()):
        return
    known = State.from_json(session.state).values
    # Uploads stay with the session that has them.
    specs = [spec for spec in copy.notebook.inputs if spec.name in known and not spec.kind.takes_upload]
    values = {spec.name: known[spec.name] for spec in specs}
    sessions.of_draft(draft=copy, shown=shown, values=values)
    output_access.note_outputs(copy.project_id, [row.outputs for row in shown.values()])


def show(*, run: Run) -> None:
    """Its app shows the results of this run now: so does its notebook, if it is open and nothing ever ran in it."""
    draft = run.version.draft
    session = Session.objects.select_for_update().filter(draft=draft).first() if draft else None
    if session is None or not _is_untouched(session):
        return
    shown = app_results.for_draft(draft)
    if shown:
        sessions.show_results(session=session, shown=shown)


def _as_first(row: CellResult, cell_id: str) -> SessionCell:
    """What is stale in one notebook has not run in the other."""
    return SessionCell(
        cell_id=cell_id,
        state=row.state if row.state in app_results.FINISHED else CellState.IDLE,
        outputs=row.outputs,
        execution_count=row.execution_count,
        seconds=row.seconds,
        error_id=row.error_id,
        error_line=row.error_line,
    )


def _is_untouched(session: Session) -> bool:
    state = State.from_json(session.state)
    return (
        not state.is_busy
        and not state.runs
        and not state.progress
        and state.values == state.baseline
        and not session.cells.exclude(state=CellState.IDLE, outputs=[]).exists()
    )
