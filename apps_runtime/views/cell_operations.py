"""The edits a notebook page may ask for, read from JSON: what each takes, and the service that carries it out."""

from collections.abc import Mapping
from typing import Any

from apps_runtime.views.layout_operations import LAYOUT_EDITS
from apps_runtime.views.operation import BadOperation, Edit, Operation, checked_identity
from projects.models import Draft, User
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.inputs import InputKind
from projects.services import cells, input_settings, notebooks
from projects.services.cells import Known
from projects.services.drafts import Edited
from projects.services.input_settings import SettingsChange


def _write(draft: Draft, by: User, asked: Operation) -> Edited:
    act = cells.overwrite if asked.data.get("overwrite") is True else cells.write
    return act(draft=draft, cell_id=asked.identity("cell"), source=asked.text("source"), base=asked.text("base"), by=by)


def _insert(draft: Draft, by: User, asked: Operation) -> Edited:
    """A new cell: `id`, `kind`, below `after`; with `source`, which an input has not."""
    kind = _kind(asked.text("kind"))
    if kind is CellKind.INPUT:
        cell = Cell.new_input(input_settings.new_spec(draft.notebook, _input_kind(asked.data.get("input"))))
    else:
        cell = Cell.new(kind, asked.text("source") if "source" in asked.data else "")
    cell = cells.as_pasted(cell, asked.identity("id"))
    return cells.insert(draft=draft, cells=[cell], after=asked.neighbour("after"), by=by)


def _restore(draft: Draft, by: User, asked: Operation) -> Edited:
    """Undo a delete, with what its answer called `restore`."""
    return cells.put_back(draft=draft, cells=[_placed(item) for item in asked.listed("restore")], by=by)


def _paste(draft: Draft, by: User, asked: Operation) -> Edited:
    """Copies of cells, under the ids that the page gives them (`ids`, as many as `cells`)."""
    ids, copies = asked.identities("ids"), [_cell(item) for item in asked.listed("cells")]
    if len(ids) != len(copies):
        raise BadOperation("Each pasted cell needs an id.")
    pasted = [cells.as_pasted(cell, identity) for cell, identity in zip(copies, ids, strict=True)]
    return cells.insert(draft=draft, cells=pasted, after=asked.neighbour("after"), by=by)


def _delete(draft: Draft, by: User, asked: Operation) -> Edited:
    return cells.delete(draft=draft, cells=asked.known(), by=by)


def _move(draft: Draft, by: User, asked: Operation) -> Edited:
    return cells.move(draft=draft, cell_ids=asked.identities(), before=asked.neighbour("before"), by=by)


def _split(draft: Draft, by: User, asked: Operation) -> Edited:
    known = Known(asked.identity("cell"), asked.text("base"))
    return cells.split(draft=draft, cell=known, offset=asked.number("offset"), new_id=asked.identity("id"), by=by)


def _merge(draft: Draft, by: User, asked: Operation) -> Edited:
    return cells.merge(draft=draft, cells=asked.known(), by=by)


def _duplicate(draft: Draft, by: User, asked: Operation) -> Edited:
    return cells.duplicate(draft=draft, cell_id=asked.identity("cell"), new_id=asked.identity("id"), by=by)


def _set_kind(draft: Draft, by: User, asked: Operation) -> Edited:
    kind = _kind(asked.text("kind"))
    if kind is CellKind.INPUT:
        if len(asked.listed("cells")) != 1:
            raise BadOperation("One cell at a time becomes an input.")
        return input_settings.make_input(draft=draft, cell_id=asked.identities()[0], by=by)
    return cells.set_kind(draft=draft, cell_ids=asked.identities(), kind=kind, by=by)


def _set_input(draft: Draft, by: User, asked: Operation) -> Edited:
    base = asked.mapping("base")
    changes = [SettingsChange(field, base.get(field), value) for field, value in asked.mapping("settings").items()]
    return input_settings.save(draft=draft, cell_id=asked.identity("cell"), changes=changes, by=by)


def _set_show(draft: Draft, by: User, asked: Operation) -> Edited:
    flags = asked.mapping("show")
    usable = flags.keys() <= {"cell", "code", "output"} and all(type(on) is bool for on in flags.values())
    if not flags or not usable:
        raise BadOperation("“show” sets cell, code or output.")
    return cells.set_show(draft=draft, cell_ids=asked.identities(), flags=flags, by=by)


def _set_always_run(draft: Draft, by: User, asked: Operation) -> Edited:
    return cells.set_always_run(draft=draft, cell_id=asked.identity("cell"), always=asked.flag("always"), by=by)


def _rename(draft: Draft, by: User, asked: Operation) -> Edited:
    """The notebook's own name; its cells stay as they are."""
    renamed = notebooks.rename(draft=draft, title=asked.text("title"), by=by)
    return Edited(renamed, draft.notebook, draft.notebook)


EDITS: Mapping[str, Edit] = {
    "write": _write,
    "insert": _insert,
    "restore": _restore,
    "paste": _paste,
    "delete": _delete,
    "move": _move,
    "split": _split,
    "merge": _merge,
    "duplicate": _duplicate,
    "kind": _set_kind,
    "input": _set_input,
    "show": _set_show,
    "always": _set_always_run,
    "rename": _rename,
    **LAYOUT_EDITS,
}


def copied(notebook: Notebook, asked: Operation) -> list[dict[str, Any]]:
    """The cells as JSON, for `paste`; those that are gone are left out."""
    return [notebook.cell(identity).to_json() for identity in asked.identities() if identity in notebook]


def _kind(value: str) -> CellKind:
    if value not in list(CellKind):
        raise BadOperation(f"There is no kind of cell called “{value}”.")
    return CellKind(value)


def _input_kind(value: object) -> InputKind:
    return InputKind(value) if isinstance(value, str) and value in list(InputKind) else InputKind.SLIDER


def _placed(item: object) -> tuple[Cell, str | None]:
    if not isinstance(item, dict):
        raise BadOperation("A cell comes with its place.")
    after = item.get("after")
    return _cell(item.get("cell")), None if after is None else checked_identity(after, "after")


def _cell(data: object) -> Cell:
    """A cell as nbformat has it; reading one is total."""
    if not isinstance(data, dict):
        raise BadOperation("A cell is an object.")
    return Cell.from_json(data, 0)
