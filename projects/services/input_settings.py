"""Editing what an input cell is: its kind, variable, limits, default."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from projects.models import Draft, User
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.files.jupyter_tags import accept, offered_input, offers_of
from projects.notebook.inputs import InputKind, InputSpec, Problem
from projects.services import drafts
from projects.services.drafts import EditConflict, Edited


class SettingsRefused(ValueError):
    """Settings that no input can have. `problems` say what to put right, by field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(problem.sentence for problem in problems))


class NotAnAssignment(ValueError):
    """A cell that does more than set variables to values can't become inputs: its text would be lost."""

    def __init__(self) -> None:
        super().__init__(
            "Only an empty cell, or one that does nothing but set variables to values such as n = 20, can become an "
            "input. Split the cell first."
        )


@dataclass(frozen=True)
class SettingsChange:
    """One setting: its JSON name, the value it had on the screen, and the one it is to have.

    `options` may be text, one a line.
    """

    field: str
    base: Any
    value: Any


def new_spec(notebook: Notebook, kind: InputKind = InputKind.SLIDER) -> InputSpec:
    """A fresh input that could stand in `notebook` as it is."""
    spec = InputSpec.from_json({"kind": str(kind), "name": notebook.free_name("value"), **kind.first_settings})
    assert spec is not None  # The kind is known and the name is one.
    return spec


def save(*, draft: Draft, cell_id: str, changes: Sequence[SettingsChange], by: User) -> Edited:
    """Change settings of an input. Raises SettingsRefused, or EditConflict where somebody changed the same setting."""

    def edit(notebook: Notebook) -> Notebook:
        cell = notebook.cell(cell_id)
        if cell.input is None:
            raise _gone(draft, cell)
        now = cell.input.to_json()
        for change in changes:
            known = (_plain(change.base, change.field), _plain(change.value, change.field))
            if _plain(now.get(change.field), change.field) not in known:
                raise _conflict(draft, cell, change, now.get(change.field))
        wanted = {**now, **{change.field: change.value for change in changes}}
        data = _settled(cell.input, wanted)
        problems = InputSpec.check(data, _names_of_others(notebook, cell))
        spec = InputSpec.from_json(data)
        if problems or spec is None:
            raise SettingsRefused(problems)
        return notebook.set_input(cell_id, spec)

    return drafts.change(draft=draft, by=by, edit=edit)


def keep_name(*, draft: Draft, name: str, answers: str, by: User) -> Edited:
    """Links that carry `name` go on to set the input that is called `answers` now (publishing, "The difference").

    Raises SettingsRefused.
    """

    def edit(notebook: Notebook) -> Notebook:
        cell = next((cell for cell in notebook.input_cells.values() if cell.input and cell.input.name == answers), None)
        if cell is None or cell.input is None:
            raise SettingsRefused([Problem("aliases", f"The draft has no input called {answers} any more.")])
        data = {**cell.input.to_json(), "aliases": list(dict.fromkeys([*cell.input.aliases, name]))}
        problems = InputSpec.check(data, _names_of_others(notebook, cell))
        spec = InputSpec.from_json(data)
        if problems or spec is None:
            raise SettingsRefused(problems)
        return notebook.set_input(cell.id, spec)

    return drafts.change(draft=draft, by=by, edit=edit)


def make_input(*, draft: Draft, cell_id: str, by: User) -> Edited:
    """Turn a cell into an input that sets what the cell assigns (`n = 20`), or into several; an empty one into a fresh
    input.

    Raises NotAnAssignment.
    """

    def edit(notebook: Notebook) -> Notebook:
        cell = notebook.cell(cell_id)
        if cell.kind is CellKind.INPUT:
            return notebook
        spec = offered_input(cell) or (new_spec(notebook) if not cell.source.strip() else None)
        if spec is not None:
            return notebook.set_input(cell_id, replace(spec, name=notebook.free_name(spec.name)))
        parted = accept(notebook, offers_of(notebook, cell_id))
        if parted == notebook:
            raise NotAnAssignment()
        return parted

    return drafts.change(draft=draft, by=by, edit=edit)


def _settled(present: InputSpec, wanted: dict[str, Any]) -> dict[str, Any]:
    """Settings as a form sends them, made whole: options written one a line become values, and a kind that was just
    chosen gets the settings without which it could not be saved."""
    data = {**wanted, "options": _plain(wanted.get("options"), "options")}
    kind = data.get("kind")
    if kind == present.kind or not isinstance(kind, str) or kind not in list(InputKind):
        return data
    for name, value in InputKind(kind).first_settings.items():
        if data.get(name) in (None, [], ""):
            data[name] = value
    # A default of the former kind that means nothing to this one becomes the empty value.
    spec = InputSpec.from_json(data)
    return spec.to_json() if spec else data


def _plain(value: Any, field: str) -> Any:
    """A setting for comparison: no text is nothing, and options may be written one a line."""
    plain = options_of_lines(value) if field == "options" and isinstance(value, str) else value
    return None if plain in ("", None) else plain


def options_of_lines(text: str) -> list[str | int | float]:
    """One option a line. Where all of them are numbers they are numbers: years are compared with years."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbers = [_number(line) for line in lines]
    if lines and all(number is not None for number in numbers):
        return [number for number in numbers if number is not None]
    return list(lines)


def _number(text: str) -> int | float | None:
    for read in (int, float):
        try:
            value = read(text)
        except ValueError:
            continue
        # "nan", "1_000" and the like are words to whoever typed them.
        return value if text.lstrip("+-").replace(".", "", 1).isdecimal() else None
    return None


def _names_of_others(notebook: Notebook, cell: Cell) -> list[str]:
    others = (other for other in notebook.cells if other.id != cell.id and other.input)
    return [name for other in others if other.input for name in other.input.names]


def _conflict(draft: Draft, cell: Cell, change: SettingsChange, theirs: Any) -> EditConflict:
    draft.refresh_from_db()
    return EditConflict(
        cell_id=cell.id, theirs=str(theirs), yours=str(change.value), who=draft.edited_by, when=draft.edited_at
    )


def _gone(draft: Draft, cell: Cell) -> EditConflict:
    """Somebody made the input code again."""
    draft.refresh_from_db()
    return EditConflict(cell_id=cell.id, theirs=cell.source, yours="", who=draft.edited_by, when=draft.edited_at)
