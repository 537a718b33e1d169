"""Fragments for open windows: rendered once per web process and kind of reader, sent to every window.

A fragment is `{"id", "html", "sequence"}`; the page replaces the element with that id unless it shows a later one.
"""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

from django.template.loader import render_to_string
from django.urls import reverse

from apps_runtime import readers
from apps_runtime.models import PublishedResults, Run, Session
from apps_runtime.pages.app import Block, LatestChange, cell_block, latest_change
from apps_runtime.pages.progress import Progress, failures_unseen, of_session
from apps_runtime.readers import Reader
from apps_runtime.services.sessions import options, session_rows
from apps_runtime.session.state import State
from projects.models import Project
from projects.notebook.document import Notebook
from projects.permissions import Rights

Fragment: TypeAlias = dict[str, Any]


def reader_of(rights: Rights) -> Reader:
    """Somebody at the app, on a page of which outputs have addresses."""
    return readers.reader_of(rights, outputs_url(rights.project))


def outputs_url(project: Project) -> str:
    """The folder of the project's outputs; a digest follows."""
    return reverse("outputs", args=[project.workspace.slug, project.pk])


def draft_reader(project: Project, *, may_run: bool) -> Reader:
    """For the App view, which shows what viewers get: no tracebacks, unless they get them too."""
    return Reader(may_run=may_run, outputs_url=outputs_url(project))


def of_session_since(
    session: Session, reader: Reader, since: int, inputs: Collection[str] | None = None
) -> list[Fragment]:
    """Everything of an app session that changed after event `since`, and the named inputs; None: all of them."""
    state = State.from_json(session.state)
    notebook = session.notebook
    named = reader.names(notebook) if inputs is None else inputs
    found = _blocks_since(session, state, notebook, reader, since, named)
    found.append(notes_fragment(reader.notes(notebook, state.notes), session.sequence))
    published = None if session.idle_since else _published(session)  # whose time is told until something ran here
    change = latest_change(notebook, state, reader, shared=session.token is not None)
    progress = of_session(session, state, published=published, unseen=failures_unseen(session, state, reader))
    found.append(status_fragment(progress, session.sequence, reader, change))
    return found


def of_draft_since(
    session: Session, reader: Reader, since: int, inputs: Collection[str] | None = None
) -> list[Fragment]:
    """The same of a draft's session, for its App view; without `inputs`, all of them."""
    state = State.from_json(session.state)
    notebook = session.notebook
    named = reader.names(notebook) if inputs is None else inputs
    found = _blocks_since(session, state, notebook, reader, since, named)
    progress = of_session(session, state)
    html = render_to_string("builder/state.html", {"progress": progress})
    sequence, busy = session.sequence, progress.is_busy
    found.append({"type": "fragment", "id": "builder-state", "html": html, "sequence": sequence, "busy": busy})
    return found


def _blocks_since(
    session: Session, state: State, notebook: Notebook, reader: Reader, since: int, inputs: Collection[str]
) -> list[Fragment]:
    whys = {cell.id: cell.why for cell in state.cells}
    found = []
    for result in session_rows.cells_since(session, since):
        if result.cell_id not in notebook:
            continue
        cell = notebook.cell(result.cell_id)
        if cell.input is not None:
            continue
        block = cell_block(
            notebook=notebook,
            cell=cell,
            result=result,
            values=state.shown_values,
            by={},
            why=whys.get(cell.id, ""),
            reader=reader,
        )
        if block is not None:
            found.append(_block_fragment(block))
    for cell in notebook.cells:
        if cell.input is not None and cell.input.name in inputs:
            block = cell_block(
                notebook=notebook,
                cell=cell,
                result=None,
                values=state.shown_values,
                by=state.by if session.token or session.is_draft else {},
                why="",
                reader=reader,
                options=state.options,
            )
            if block is not None:
                found.append(_input_fragment(block, session.sequence))
    return found


def of_run_since(run: Run, reader: Reader, since: int) -> list[Fragment]:
    """Everything of a run that changed after event `since`, for the preview of the app in the publish dialogue."""
    notebook = run.version.notebook
    found = []
    for result in run.cells.filter(sequence__gt=since):
        cell = notebook.cell(result.cell_id)
        block = cell_block(
            notebook=notebook,
            cell=cell,
            result=result,
            values=run.used_values,
            by={},
            why="",
            reader=reader,
            options=options.of_run(run),
        )
        if block is not None and block.control is None:
            found.append(_block_fragment(block))
        elif block is not None and cell.input.name in run.options:
            found.append(_input_fragment(block, result.sequence))
    return found


def notes_fragment(notes: Sequence[str], sequence: int) -> Fragment:
    html = render_to_string("app/session_notes.html", {"notes": notes})
    return {"type": "fragment", "id": "session-notes", "html": html, "sequence": sequence}


def status_fragment(progress: Progress, sequence: int, reader: Reader, change: LatestChange | None = None) -> Fragment:
    html = render_to_string("app/status.html", {"progress": progress, "reader": reader, "change": change})
    return {"type": "fragment", "id": "status", "html": html, "sequence": sequence, "busy": progress.is_busy}


def _block_fragment(block: Block) -> Fragment:
    html = render_to_string("app/block.html", {"block": block})
    return {"type": "fragment", "id": f"block-{block.id}", "html": html, "sequence": block.sequence}


def _input_fragment(block: Block, sequence: int) -> Fragment:
    html = render_to_string("inputs/input.html", {"control": block.control})
    return {
        "type": "fragment",
        "id": block.control.field_id,
        "html": html,
        "sequence": sequence,
        "input": block.control.spec.name,
        "value": block.control.value,
        "by": block.control.by,
        "options": block.control.options_mark,
    }


def _published(session: Session) -> PublishedResults | None:
    return (
        PublishedResults.objects.filter(publication__project=session.project_id, run__version=session.version_id)
        .select_related("run")
        .first()
    )
