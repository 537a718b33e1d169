"""Editing the cells of a draft, one function per edit.

Every edit can be sent twice: a page that lost its connection repeats what it does not know to have arrived. Therefore
the page names new cells itself, places are said by neighbours instead of numbers, and what is done already is left.
An edit that would overwrite text says which text it began from (`base`); EditConflict when it is another one by now.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from projects.models import Draft, User
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.files.unreadable import (
    MAXIMUM_CELLS,
    MAXIMUM_SOURCE_BYTES,
    size_in_words,
)
from projects.notebook.inputs import InputSpec
from projects.notebook.reactivity.sources import ALWAYS_RUN
from projects.services import drafts
from projects.services.drafts import EditConflict, Edited, source_digest


class TooMuch(ValueError):
    """An edit would make the notebook, or one of its cells, larger than it may be."""


@dataclass(frozen=True)
class Known:
    """A cell as the person has it: the digest of the text that is on the screen."""

    id: str
    base: str


def mark(cell: Cell) -> str:
    """Names everything a page shows of a cell but its results: a page that knows the mark has the newest cell."""
    return source_digest(json.dumps([cell.kind, cell.source, cell.metadata, cell.attachments], sort_keys=True))


def write(*, draft: Draft, cell_id: str, source: str, base: str, by: User) -> Edited:
    """Replace a cell's text. Somebody may have made it an input meanwhile; that is a conflict like any other."""
    check_size(source)
    cell = _find(draft.notebook, cell_id)
    if cell is not None and cell.kind is CellKind.INPUT and cell.source != source:
        raise _conflict(draft, cell, yours=source)
    return drafts.write_source(draft=draft, cell_id=cell_id, source=source, base=base, by=by)


def overwrite(*, draft: Draft, cell_id: str, source: str, base: str, by: User) -> Edited:
    """Keep one's own text after a conflict over `base`: an input becomes code again."""
    check_size(source)

    def edit(notebook: Notebook) -> Notebook:
        cell = _unchanged(draft, notebook, Known(cell_id, base), yours=source)
        plain = notebook.set_input(cell.id, None) if cell.kind is CellKind.INPUT else notebook
        return plain.replace_source(cell_id, source)

    return drafts.change(draft=draft, by=by, edit=edit)


def insert(*, draft: Draft, cells: Sequence[Cell], after: str | None, by: User) -> Edited:
    """Put new cells below `after` (None: at the top), in order. A variable that another input has gets a free name.

    Where `after` is gone the cells come to the end. Raises TooMuch.
    """

    def edit(notebook: Notebook) -> Notebook:
        place = after
        for cell in cells:
            notebook, place = _with(notebook, cell, place), cell.id
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def put_back(*, draft: Draft, cells: Sequence[tuple[Cell, str | None]], by: User) -> Edited:
    """Undo a delete: each cell as it was, below the cell it stood below (None: at the top)."""

    def edit(notebook: Notebook) -> Notebook:
        for cell, after in cells:
            notebook = _with(notebook, cell, after)
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def delete(*, draft: Draft, cells: Sequence[Known], by: User) -> Edited:
    """Take cells out of the notebook. `removed` says what `put_back` needs."""

    def edit(notebook: Notebook) -> Notebook:
        for known in cells:
            if known.id in notebook:
                _unchanged(draft, notebook, known)
                notebook = notebook.delete(known.id)
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def removed(edited: Edited) -> list[dict[str, Any]]:
    """The cells an edit took away: each with the id of the cell it stood below (None: it was the first)."""
    ids = [cell.id for cell in edited.before.cells]
    return [
        {"cell": cell.to_json(), "after": ids[position - 1] if position else None}
        for position, cell in enumerate(edited.before.cells)
        if cell.id not in edited.after
    ]


def move(*, draft: Draft, cell_ids: Sequence[str], before: str | None, by: User) -> Edited:
    """Put cells, in the order they are in, above `before` (None: at the end)."""
    moving = [identity for identity in cell_ids if identity != before]

    def edit(notebook: Notebook) -> Notebook:
        for identity in sorted(moving, key=notebook.position):
            others = [cell.id for cell in notebook.cells if cell.id != identity]
            place = others.index(before) if before in others else len(others)
            notebook = notebook.move(identity, place)
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def split(*, draft: Draft, cell: Known, offset: int, new_id: str, by: User) -> Edited:
    """In two at a character; the lower part is `new_id`."""

    def edit(notebook: Notebook) -> Notebook:
        if new_id in notebook:
            return notebook
        _unchanged(draft, notebook, cell)
        parted = notebook.split(cell.id, offset)
        return _named(parted, notebook.position(cell.id) + 1, new_id)

    return drafts.change(draft=draft, by=by, edit=edit)


def merge(*, draft: Draft, cells: Sequence[Known], by: User) -> Edited:
    """The text of all in the first; the others go. Cells that are gone already are left out."""

    def edit(notebook: Notebook) -> Notebook:
        present = [_unchanged(draft, notebook, known) for known in cells if known.id in notebook]
        if len(present) < 2:
            return notebook
        first, *others = sorted(present, key=lambda cell: notebook.position(cell.id))
        for other in others:
            notebook = notebook.merge(first.id, other.id)
        check_size(notebook.cell(first.id).source)
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def duplicate(*, draft: Draft, cell_id: str, new_id: str, by: User) -> Edited:
    """A copy right below, called `new_id`."""

    def edit(notebook: Notebook) -> Notebook:
        if new_id in notebook:
            return notebook
        _check_room(notebook)
        return _named(notebook.duplicate_cell(cell_id), notebook.position(cell_id) + 1, new_id)

    return drafts.change(draft=draft, by=by, edit=edit)


def set_kind(*, draft: Draft, cell_ids: Sequence[str], kind: CellKind, by: User) -> Edited:
    """Make cells code, text or raw; `settings.make_input` makes inputs."""

    def edit(notebook: Notebook) -> Notebook:
        for identity in cell_ids:
            notebook = notebook.set_kind(identity, kind)
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def set_show(*, draft: Draft, cell_ids: Sequence[str], flags: Mapping[str, bool], by: User) -> Edited:
    """What viewers of the app get of these cells: any of `cell`, `code`, `output`; what is not named stays."""

    def edit(notebook: Notebook) -> Notebook:
        for identity in cell_ids:
            notebook = notebook.set_show(identity, replace(notebook.cell(identity).show, **flags))
        return notebook

    return drafts.change(draft=draft, by=by, edit=edit)


def set_always_run(*, draft: Draft, cell_id: str, always: bool, by: User) -> Edited:
    """Tag a cell as one whose result depends on the time, chance or the network (specs/sessions, "always run")."""

    def edit(notebook: Notebook) -> Notebook:
        cell = notebook.cell(cell_id)
        tags = [tag for tag in cell.tags if tag != ALWAYS_RUN] + ([ALWAYS_RUN] if always else [])
        metadata = {name: value for name, value in cell.metadata.items() if name != "tags"}
        tagged = replace(cell, metadata=metadata | ({"tags": tags} if tags else {}))
        return notebook.map_cells(lambda other: tagged if other.id == cell_id else other)

    return drafts.change(draft=draft, by=by, edit=edit)


def as_pasted(cell: Cell, new_id: str) -> Cell:
    """A copy that is a cell of its own: another id, no lineage."""
    return replace(cell.with_hexlite("lineage", None), id=new_id)


def _find(notebook: Notebook, cell_id: str) -> Cell | None:
    return notebook.cell(cell_id) if cell_id in notebook else None


def _below(notebook: Notebook, after: str | None) -> int:
    if after is None:
        return 0
    return notebook.position(after) + 1 if after in notebook else len(notebook.cells)


def _unchanged(draft: Draft, notebook: Notebook, known: Known, *, yours: str = "") -> Cell:
    """The cell, if its text is still what the person saw. Raises EditConflict or NoSuchCell."""
    cell = notebook.cell(known.id)
    if source_digest(cell.source) != known.base:
        raise _conflict(draft, cell, yours=yours)
    return cell


def _conflict(draft: Draft, cell: Cell, *, yours: str) -> EditConflict:
    draft.refresh_from_db()
    return EditConflict(cell_id=cell.id, theirs=cell.source, yours=yours, who=draft.edited_by, when=draft.edited_at)


def _named(notebook: Notebook, position: int, identity: str) -> Notebook:
    """With another id for a cell that was just made."""
    cells = list(notebook.cells)
    cells[position] = replace(cells[position], id=identity)
    return replace(notebook, cells=tuple(cells))


def _with(notebook: Notebook, cell: Cell, after: str | None) -> Notebook:
    """With the cell, unless it is there already."""
    if cell.id in notebook:
        return notebook
    check_size(cell.source)
    _check_room(notebook)
    return notebook.insert(_with_free_name(notebook, cell), _below(notebook, after))


def _with_free_name(notebook: Notebook, cell: Cell) -> Cell:
    spec: InputSpec | None = cell.input
    if spec is None:
        return cell
    free = notebook.free_name(spec.name)
    return cell if free == spec.name else cell.with_input(replace(spec, name=free, aliases=()))


def _check_room(notebook: Notebook) -> None:
    if len(notebook.cells) >= MAXIMUM_CELLS:
        raise TooMuch(f"A notebook can have {MAXIMUM_CELLS} cells.")


def check_size(source: str) -> None:
    """Raises TooMuch."""
    size = len(source.encode("utf-8", "replace"))
    if size > MAXIMUM_SOURCE_BYTES:
        raise TooMuch(
            f"A cell can have {size_in_words(MAXIMUM_SOURCE_BYTES)} of text; this one would have "
            f"{size_in_words(size)}. Put its data into a file of the project."
        )
