"""Two notebooks compared: a value, drawn by templates (publishing, "The difference")."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from projects.notebook.difference.fields import CELL_KIND_WORDS, FieldChange, app_changes, cell_changes
from projects.notebook.difference.links import BrokenLink, broken_links
from projects.notebook.difference.matching import matched, moved
from projects.notebook.difference.outputs import Output, OutputChange, compare_outputs
from projects.notebook.difference.texts import TextDifference, compare_texts
from projects.notebook.document import Cell, CellKind, Notebook

Outputs = Mapping[str, Sequence[Output] | None]

NO_TEXT = TextDifference()
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class ChangeKind(StrEnum):
    """What became of a cell. A cell that moved and was edited is changed; its `moved_by` says that it moved."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    SAME = "same"


@dataclass(frozen=True)
class CellChange:
    """One cell on both sides. `number` is the one that pages show: it counts the cells that run, 0 for text.

    `moved_by` is how many cells it passed, negative upwards. `text` compares the sources (of an input, its settings say
    it all: there it is empty). `outputs` is empty where they are the same or not known.
    """

    kind: ChangeKind
    before: Cell | None
    after: Cell | None
    number: int
    moved_by: int = 0
    text: TextDifference = NO_TEXT
    fields: tuple[FieldChange, ...] = ()
    outputs: tuple[OutputChange, ...] = ()

    @property
    def cell(self) -> Cell:
        """The cell as it is now, or as it was."""
        cell = self.after or self.before
        assert cell is not None  # One side is always there.
        return cell

    @property
    def title(self) -> str:
        """`Cell 4`, `Text`, `Input “Smoothing”`."""
        cell = self.cell
        if cell.input:
            return f"Input “{cell.input.title}”"
        return f"Cell {self.number}" if cell.kind is CellKind.CODE else CELL_KIND_WORDS[cell.kind]

    @property
    def what(self) -> str:
        """What became of it, in a few words: `2 lines changed`, `renamed, range changed`, `moved up by two`."""
        match self.kind:
            case ChangeKind.ADDED | ChangeKind.REMOVED:
                return str(self.kind)
            case ChangeKind.MOVED:
                return f"{self._way}, not changed"
        lines = self.text.changed_lines
        facts = [
            f"{lines} line{'' if lines == 1 else 's'} changed" if lines else "",
            *_facts(self.fields),
            self._way,
            "other output" if self.outputs and self.kind is ChangeKind.SAME else "",
        ]
        return ", ".join(filter(None, facts))

    @property
    def is_renamed(self) -> bool:
        """Whether it is an input whose variable has another name now."""
        return bool(self.before and self.after and self.before.input and self.after.input) and any(
            field.field == "name" for field in self.fields
        )

    @property
    def _way(self) -> str:
        if not self.moved_by:
            return ""
        steps = abs(self.moved_by)
        return f"moved {'up' if self.moved_by < 0 else 'down'} by {_NUMBERS[steps] if steps < len(_NUMBERS) else steps}"


@dataclass(frozen=True)
class Difference:
    """Everything that differs. `cells` holds every cell, the same ones too, in the order of the new notebook, removed
    ones where they were; `changes` those of them that differ. `unknown`: a sentence that says why nothing is known."""

    cells: tuple[CellChange, ...]
    settings: tuple[FieldChange, ...] = ()
    broken_links: tuple[BrokenLink, ...] = ()
    unknown: str = ""

    @property
    def changes(self) -> tuple[CellChange, ...]:
        return tuple(cell for cell in self.cells if cell.kind is not ChangeKind.SAME or cell.outputs)

    @property
    def same(self) -> int:
        """How many cells are the same, outputs included."""
        return len(self.same_cells)

    @property
    def same_cells(self) -> tuple[CellChange, ...]:
        return tuple(cell for cell in self.cells if cell.kind is ChangeKind.SAME and not cell.outputs)

    @property
    def count(self) -> int:
        """How many things there are to look at."""
        return len(self.changes) + len(self.settings)

    @property
    def is_empty(self) -> bool:
        return not self.count and not self.unknown

    @property
    def summary(self) -> str:
        """`2 cells changed, 1 added, 1 input renamed, 1 setting`, without a full stop; `Nothing changed`."""
        if self.unknown:
            return self.unknown.removesuffix(".")
        renamed = sum(cell.is_renamed for cell in self.cells)
        changed = [cell for cell in self.cells if cell.kind is ChangeKind.CHANGED and not cell.is_renamed]
        inputs = sum(cell.cell.kind is CellKind.INPUT for cell in changed)
        cells = len(changed) - inputs
        other_outputs = sum(bool(cell.outputs) and cell.kind is ChangeKind.SAME for cell in self.cells)
        counts = [
            (cells, "cell{s} changed"),
            (self._number(ChangeKind.ADDED), "added" if cells else "cell{s} added"),
            (self._number(ChangeKind.REMOVED), "removed" if cells else "cell{s} removed"),
            (self._number(ChangeKind.MOVED), "moved" if cells else "cell{s} moved"),
            (renamed, "input{s} renamed"),
            (inputs, "input{s} changed"),
            (len(self.settings), "setting{s}"),
            (other_outputs, "other output{s}"),
        ]
        said = [f"{number} {noun.format(s='' if number == 1 else 's')}" for number, noun in counts if number]
        return ", ".join(said) or "Nothing changed"

    def _number(self, kind: ChangeKind) -> int:
        return sum(cell.kind is kind for cell in self.cells)


def compare(
    before: Notebook, after: Notebook, outputs_before: Outputs | None = None, outputs_after: Outputs | None = None
) -> Difference:
    """What `after` changes against `before`. Outputs (by cell id, nbformat) are compared where both sides are given;
    those of a cell that has not run are None."""
    pairs = matched(before, after)
    places = moved(before, after, pairs)
    with_outputs = outputs_before is not None and outputs_after is not None
    partners = {new: before.cell(old) for old, new in pairs.items()}
    numbers = {**_numbers(before), **_numbers(after)}
    changes = [
        _change(
            partners.get(cell.id),
            cell,
            numbers[cell.id],
            places.get(cell.id, 0),
            _outputs(partners.get(cell.id), cell, outputs_before, outputs_after) if with_outputs else (),
        )
        for cell in after.cells
    ]
    return Difference(
        cells=tuple(_with_removed(changes, before, pairs)),
        settings=app_changes(before.settings, after.settings) if before.settings != after.settings else (),
        broken_links=broken_links(before, after, pairs),
    )


def _change(
    before: Cell | None, after: Cell, number: int, moved_by: int, outputs: tuple[OutputChange, ...]
) -> CellChange:
    if before is None:
        return CellChange(ChangeKind.ADDED, None, after, number, text=_text("", after.source, after))
    if before.kind is after.kind and before.source == after.source and before.metadata == after.metadata:
        fields: tuple[FieldChange, ...] = cell_changes(before, after) if before.attachments != after.attachments else ()
        text = NO_TEXT
    else:
        fields = cell_changes(before, after)
        text = _text(before.source, after.source, after) if before.source != after.source else NO_TEXT
    kind = ChangeKind.MOVED if moved_by else ChangeKind.SAME
    if fields or text.changed_lines:
        kind = ChangeKind.CHANGED
    return CellChange(kind, before, after, number, moved_by, text, fields, outputs)


def _text(before: str, after: str, cell: Cell) -> TextDifference:
    return NO_TEXT if cell.kind is CellKind.INPUT else compare_texts(before, after)


def _outputs(
    before: Cell | None, after: Cell, outputs_before: Outputs | None, outputs_after: Outputs | None
) -> tuple[OutputChange, ...]:
    if before is None:
        return ()
    old, new = (outputs_before or {}).get(before.id, ()), (outputs_after or {}).get(after.id, ())
    return () if old is None or new is None else compare_outputs(old, new)


def _with_removed(changes: Sequence[CellChange], before: Notebook, pairs: Mapping[str, str]) -> Iterator[CellChange]:
    """The changes, with each removed cell below the one it stood below."""
    numbers = _numbers(before)
    below: dict[str, list[CellChange]] = {}
    anchor = ""
    for cell in before.cells:
        if cell.id in pairs:
            anchor = pairs[cell.id]
        else:
            gone = CellChange(ChangeKind.REMOVED, cell, None, numbers[cell.id], text=_text(cell.source, "", cell))
            below.setdefault(anchor, []).append(gone)
    yield from below.get("", ())
    for change in changes:
        yield change
        yield from below.get(change.cell.id, ())


def _numbers(notebook: Notebook) -> dict[str, int]:
    numbers: dict[str, int] = {}
    counted = 0
    for cell in notebook.cells:
        counted += cell.kind.runs
        numbers[cell.id] = counted if cell.kind.runs else 0
    return numbers


def _facts(fields: Sequence[FieldChange]) -> Iterator[str]:
    """Changed settings in a few words."""
    by_name = {field.field: field for field in fields}
    if "name" in by_name:
        yield "renamed"
    if by_name.keys() & {"min", "max"}:
        yield "range changed"
    if "options" in by_name:
        yield from _options(by_name["options"])
    for name, fact in _FACTS.items():
        # Where the range or the name changed, a new default goes without saying.
        if name in by_name and not (name == "default" and by_name.keys() & {"name", "min", "max", "options"}):
            yield fact


_FACTS = {
    "kind": "kind changed",
    "default": "default changed",
    "label": "label changed",
    "step": "step changed",
    "options_from": "options changed",
    "help": "help text changed",
    "multiline": "lines changed",
    "behaviour": "behaviour changed",
    "aliases": "earlier names changed",
    "show": "shown otherwise",
    "tags": "tags changed",
    "attachments": "attachments changed",
}


def _options(field: FieldChange) -> Iterator[str]:
    for members, verb in ((field.added, "added"), (field.removed, "removed")):
        if members:
            yield f"{len(members)} option{'' if len(members) == 1 else 's'} {verb}"
    if not field.added and not field.removed:
        yield "options in another order"
