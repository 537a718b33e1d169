"""Bringing files along, with the outputs they hold."""

from django.db import transaction

from apps_runtime.models import CellResult, SessionCell
from apps_runtime.outputs import store
from apps_runtime.services.results import output_access
from apps_runtime.services.sessions import sessions
from apps_runtime.session.state import CellState
from projects.models import User, Workspace
from projects.notebook.files.ipynb import NotebookFile
from projects.services import imports
from projects.services.imports import Imported


def import_file(*, name: str, content: bytes, workspace: Workspace, by: User) -> Imported:
    """A project made of a notebook file; its drafts show the outputs of the file until they run here.

    Raises UnreadableNotebook, and OSError when there is no room for the outputs; then nothing was imported.
    """
    found = imports.read(name, content)
    shown = [_results(file) for _, file in found.notebooks]
    with transaction.atomic():
        imported = imports.make(found=found, name=name, workspace=workspace, by=by)
        for (draft, _), results in zip(imported.files, shown, strict=True):
            if results:
                sessions.of_draft(draft=draft, shown=results)
                output_access.note_outputs(imported.project.pk, [result.outputs for result in results.values()])
    return imported


def _results(file: NotebookFile) -> dict[str, CellResult]:
    """What the cells of a file show, kept at once: what can't be read costs its time a few times and not for each."""
    outputs = [(cell_id, output) for cell_id, shown in file.outputs.items() for output in shown]
    kept: dict[str, list] = {cell_id: [] for cell_id in (*file.outputs, *file.execution_counts)}
    for (cell_id, _), stored in zip(outputs, store.put([output for _, output in outputs]), strict=True):
        kept[cell_id].append(stored)
    return {
        cell_id: SessionCell(
            cell_id=cell_id,
            state=_state(file.outputs.get(cell_id, [])),
            outputs=stored,
            execution_count=file.execution_counts.get(cell_id),
        )
        for cell_id, stored in kept.items()
    }


def _state(outputs: list[dict]) -> CellState:
    return CellState.FAILED if any(output["output_type"] == "error" for output in outputs) else CellState.DONE
