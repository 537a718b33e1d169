"""Where the cells of a notebook stand in its app: pages (tabs) of rows of slots, in the order of the notebook.

A row that the settings' `layout` names stands where the first of its cells stands. A cell in none has a row of its own
on the first tab, and inputs that follow each other share one.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.settings import COLUMNS, Slot, Tab

LEAST_SPAN = 3
MOST_SLOTS = COLUMNS // LEAST_SPAN
LONGEST_WORDS = 60


@dataclass(frozen=True)
class LayoutRow:
    """Slots side by side; `placed`: the layout says so. Otherwise it is one block, or a grid of inputs."""

    slots: tuple[Slot, ...]
    placed: bool

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(slot.cell for slot in self.slots)


@dataclass(frozen=True)
class Page:
    """A tab and what stands on it. An app without tabs has one page, whose tab has no id."""

    tab: Tab
    rows: tuple[LayoutRow, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(cell for row in self.rows for cell in row.cells)


def head_of(notebook: Notebook) -> Cell | None:
    """The text that the app shows as its head: the first shown cell, if it begins with a heading of the first rank."""
    shown = next((cell for cell in notebook.cells if cell.show.cell and cell.kind is not CellKind.RAW), None)
    if shown is None or shown.kind is not CellKind.MARKDOWN or not shown.source.lstrip().startswith("# "):
        return None
    return shown


def in_app(notebook: Notebook) -> tuple[Cell, ...]:
    """The cells of which viewers get something, but for the head."""
    head = head_of(notebook)
    return tuple(cell for cell in notebook.cells if cell is not head and shows_something(notebook, cell))


def shows_something(notebook: Notebook, cell: Cell) -> bool:
    if not cell.show.cell or cell.kind is CellKind.RAW:
        return False
    return cell.kind is not CellKind.CODE or cell.show.output or (cell.show.code and not notebook.settings.hide_code)


def pages(notebook: Notebook, present: Container[str] | None = None) -> tuple[Page, ...]:
    """The app's pages. `present` are the cells that have a block; by default those of `in_app`."""
    if present is None:
        present = {cell.id for cell in in_app(notebook)}
    settings = notebook.settings
    tabs = settings.tabs or (Tab("", ""),)
    known = {tab.id for tab in tabs}
    placed = {slot.cell: row for row in settings.layout for slot in row}
    rows: dict[str, list[LayoutRow]] = {tab.id: [] for tab in tabs}
    done: set[str] = set()
    for cell in notebook.cells:
        if cell.id in done or cell.id not in present:
            continue
        row = tuple(slot for slot in placed.get(cell.id, ()) if slot.cell in present)
        tab = next((slot.tab for slot in row if slot.tab in known), tabs[0].id)
        done.update((cell.id, *(slot.cell for slot in row)))
        before = rows[tab][-1] if rows[tab] else None
        if row:
            rows[tab].append(LayoutRow(fitted(row), placed=True))
        elif cell.input and before and not before.placed and notebook.cell(before.slots[0].cell).input:
            rows[tab][-1] = LayoutRow((*before.slots, Slot(cell.id)), placed=False)
        else:
            rows[tab].append(LayoutRow((Slot(cell.id),), placed=False))
    return tuple(Page(tab, tuple(rows[tab.id])) for tab in tabs)


def fitted(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Spans that fill the row's 12 columns, in the proportion they have: one of the row may be gone."""
    total = sum(slot.span for slot in slots)
    if total == COLUMNS:
        return tuple(slots)
    least = min(LEAST_SPAN, COLUMNS // len(slots))
    spans = [max(least, slot.span * COLUMNS // total) for slot in slots]
    while sum(spans) > COLUMNS:
        spans[spans.index(max(spans))] -= 1
    while sum(spans) < COLUMNS:
        missing = [slot.span * COLUMNS / total - span for slot, span in zip(slots, spans, strict=True)]
        spans[missing.index(max(missing))] += 1
    return tuple(replace(slot, span=span) for slot, span in zip(slots, spans, strict=True))


def evenly(cells: Sequence[str]) -> tuple[Slot, ...]:
    """Slots of one width for up to four cells."""
    return fitted([Slot(cell, COLUMNS // len(cells)) for cell in cells])


def words_of(cell: Cell) -> str:
    """What the cell is called where it can't be seen: a label, a heading, a comment, the name of a function."""
    if cell.input:
        return cell.input.title
    lines = [line.strip() for line in cell.source.splitlines() if line.strip(" #\"'")]
    if not lines:
        return "Empty cell"
    line = lines[0]
    if line.startswith("def ") and "(" in line:
        line = line[4 : line.index("(")].replace("_", " ")
    line = line.strip(" #\"'*") or line
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"
