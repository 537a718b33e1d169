"""Arranging an app: every edit takes a notebook and gives one back. What blocks stand beside is kept in the settings;
which row comes first is the order of the notebook, which changes only where no cell reads something else by it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from typing import Any

from projects.notebook.cells import Show
from projects.notebook.document import Notebook
from projects.notebook.layout.layout import LEAST_SPAN, MOST_SLOTS, evenly, fitted, pages, shows_something, words_of
from projects.notebook.layout.order import OrderRefused, reordered
from projects.notebook.reactivity.graph import listed
from projects.notebook.settings import COLUMNS, MAXIMUM_TABS, MAXIMUM_TITLE, AppSettings, Slot, Tab

FIRST_TAB = "Overview"


class ArrangementRefused(ValueError):
    """What was asked for can't be; the text is a sentence for the person."""


@dataclass
class _Row:
    slots: list[Slot]
    placed: bool

    @property
    def cells(self) -> list[str]:
        return [slot.cell for slot in self.slots]


@dataclass
class _Page:
    tab: Tab
    rows: list[_Row] = field(default_factory=list)


def beside(notebook: Notebook, cell: str, neighbour: str, *, after: bool) -> Notebook:
    """Put a block into the row of another, right after or before it. All blocks of the row get the same width."""
    if cell == neighbour:
        return notebook
    model = _model(notebook)
    _loosen(model, neighbour)
    page, row = _find(model, neighbour)
    within = cell in row.cells
    if not within and len(row.slots) >= MOST_SLOTS:
        raise ArrangementRefused(f"A row has room for {MOST_SLOTS} blocks.")
    if not within:
        _take(model, cell)
    others = [slot for slot in row.slots if slot.cell != cell]
    at = [slot.cell for slot in others].index(neighbour) + after
    if within:
        own = next(slot for slot in row.slots if slot.cell == cell)
        row.slots = [*others[:at], own, *others[at:]]
    else:
        names = [slot.cell for slot in others]
        row.slots = list(evenly([*names[:at], cell, *names[at:]]))
    row.placed = True
    return _ordered(_written(notebook, model), model, page, row)


def alone(notebook: Notebook, cells: Sequence[str], *, before: str | None, tab: str) -> Notebook:
    """Put blocks into a row of their own above the row of `before`, or at the end of the page. Blocks that are a row
    stay one."""
    if before in cells:
        return notebook
    model = _model(notebook)
    whole = _whole_row(model, cells)
    if whole is None:
        for cell in cells:
            _loosen(model, cell)
            _take(model, cell)
        whole = _Row(list(evenly(cells)), placed=True)
    if not whole.placed and len(whole.slots) <= MOST_SLOTS and notebook.cell(whole.slots[0].cell).input:
        whole = _Row(list(evenly(whole.cells)), placed=True)
    page = _page(model, tab)
    at = len(page.rows)
    if before is not None:
        page, row = _find(model, before)
        at = page.rows.index(row)
    page.rows.insert(at, whole)
    return _ordered(_written(notebook, model), model, page, whole)


def resize(notebook: Notebook, cell: str, span: int) -> Notebook:
    """Move the border right of a block: it gets `span` columns, its neighbour what the two had together but those."""
    model = _model(notebook)
    _loosen(model, cell)
    _, row = _find(model, cell)
    at = row.cells.index(cell)
    if at + 1 >= len(row.slots):
        raise ArrangementRefused("Nothing stands right of this block.")
    both = row.slots[at].span + row.slots[at + 1].span
    span = max(LEAST_SPAN, min(span, both - LEAST_SPAN))
    row.slots[at] = replace(row.slots[at], span=span)
    row.slots[at + 1] = replace(row.slots[at + 1], span=both - span)
    row.placed = True
    return _written(notebook, model)


def to_tab(notebook: Notebook, cell: str, tab: str) -> Notebook:
    """Move a block to another page, to its place in the order of the notebook; an input joins a row of inputs."""
    model = _model(notebook)
    page = _page(model, tab)
    _loosen(model, cell)
    _take(model, cell)
    if notebook.cell(cell).input:
        for row in reversed(page.rows):
            if len(row.slots) < MOST_SLOTS and all(notebook.cell(slot.cell).input for slot in row.slots):
                row.slots, row.placed = list(evenly([*row.cells, cell])), True
                return _written(notebook, model)
    page.rows.append(_Row([Slot(cell)], placed=page is not model[0] or bool(notebook.cell(cell).input)))
    return _written(notebook, model)


def shown(notebook: Notebook, cell: str) -> Notebook:
    """With the block in the app; of code that showed nothing, the output."""
    present = notebook.cell(cell)
    show = replace(present.show, cell=True)
    if not shows_something(notebook.set_show(cell, show), present.with_show(show)):
        show = replace(show, output=True)
    return notebook if show == present.show else notebook.set_show(cell, show)


def put_in(notebook: Notebook, cell: str, tab: str) -> Notebook:
    """Show a block on a page, at its place in the order of the notebook."""
    found = shown(notebook, cell)
    return to_tab(found, cell, tab) if found.settings.tabs else found


def add_tab(notebook: Notebook, identity: str, title: str = "") -> Notebook:
    """Another page at the end. The first time, what is there becomes a page of its own."""
    tabs = notebook.settings.tabs
    if any(tab.id == identity for tab in tabs):
        return notebook
    if len(tabs) >= MAXIMUM_TABS:
        raise ArrangementRefused(f"An app can have {MAXIMUM_TABS} tabs.")
    first = tabs or (Tab(f"{identity[:56]}-first", FIRST_TAB),)
    added = Tab(identity, _title(title) or f"Tab {len(first) + 1}")
    return notebook.set_settings(replace(notebook.settings, tabs=(*first, added)))


def rename_tab(notebook: Notebook, identity: str, title: str) -> Notebook:
    _known(notebook, identity)
    named = _title(title)
    if not named:
        raise ArrangementRefused("Give the tab a name.")
    tabs = tuple(replace(tab, title=named) if tab.id == identity else tab for tab in notebook.settings.tabs)
    return notebook.set_settings(replace(notebook.settings, tabs=tabs))


def move_tab(notebook: Notebook, identity: str, position: int) -> Notebook:
    """Put a tab at this place, counted from 0."""
    _known(notebook, identity)
    model = _model(notebook)
    page = _page(model, identity)
    model.remove(page)
    model.insert(max(0, min(position, len(model))), page)
    return _written(notebook, model)


def remove_tab(notebook: Notebook, identity: str) -> Notebook:
    """Without the tab: its blocks leave the app, and nothing is deleted."""
    _known(notebook, identity)
    model = _model(notebook)
    page = _page(model, identity)
    model.remove(page)
    for row in page.rows:
        for cell in row.cells:
            notebook = notebook.set_show(cell, replace(notebook.cell(cell).show, cell=False))
    return _written(notebook, model or [_Page(Tab("", ""))])


def snapshot(notebook: Notebook) -> dict[str, Any]:
    """What `restored` needs to take an arrangement back."""
    kept = notebook.settings.to_json()
    return {
        "tabs": kept["tabs"],
        "layout": kept["layout"],
        "order": [cell.id for cell in notebook.cells],
        "show": {cell.id: cell.show.to_json() for cell in notebook.cells},
    }


def restored(notebook: Notebook, before: Mapping[str, Any]) -> Notebook:
    """As it was arranged in `before`. Cells that came since stay where they are; reading `before` is total."""
    show = before.get("show")
    for cell in notebook.cells:
        if isinstance(show, Mapping) and cell.id in show:
            notebook = notebook.set_show(cell.id, Show.from_json(show[cell.id]))
    order = before.get("order")
    place = {identity: at for at, identity in enumerate(order) if isinstance(identity, str)} if order else {}
    if set(place) == {cell.id for cell in notebook.cells}:
        notebook = replace(notebook, cells=tuple(sorted(notebook.cells, key=lambda cell: place[cell.id])))
    read = AppSettings.from_json({"tabs": before.get("tabs"), "layout": before.get("layout")})
    return notebook.set_settings(replace(notebook.settings, tabs=read.tabs, layout=read.layout))


# ---- The arrangement while it is edited


def _model(notebook: Notebook) -> list[_Page]:
    return [_Page(page.tab, [_Row(list(row.slots), row.placed) for row in page.rows]) for page in pages(notebook)]


def _written(notebook: Notebook, model: Sequence[_Page]) -> Notebook:
    """The settings for this arrangement; only what differs from the order of the notebook is kept."""
    layout: list[tuple[Slot, ...]] = []
    here = {cell for page in model for row in page.rows for cell in row.cells}
    for number, page in enumerate(model):
        tab = page.tab.id if number else ""
        for row in page.rows:
            if row.placed and (number or len(row.slots) > 1 or notebook.cell(row.slots[0].cell).input):
                layout.append(tuple(replace(slot, tab=tab) for slot in row.slots))
            elif number:
                for start in range(0, len(row.slots), MOST_SLOTS):
                    part = evenly(row.cells[start : start + MOST_SLOTS])
                    layout.append(tuple(replace(slot, tab=tab) for slot in part))
    left = {tab.tab.id for tab in model[1:]}
    layout += [  # A cell that is not in the app comes back on its tab.
        (Slot(slot.cell, COLUMNS, slot.tab),)
        for row in notebook.settings.layout
        for slot in row
        if slot.cell not in here and slot.tab in left
    ]
    tabs = tuple(page.tab for page in model) if notebook.settings.tabs and model[0].tab.id else ()
    return notebook.set_settings(replace(notebook.settings, tabs=tabs, layout=tuple(layout)))


def _ordered(notebook: Notebook, model: Sequence[_Page], page: _Page, moved: _Row) -> Notebook:
    """With the cells in the order of the rows, and those of the moved row from left to right, if that will do; at
    least with every row's first cell above the next row. Raises ArrangementRefused with the reason."""
    at = page.rows.index(moved)
    above = page.rows[at + 1].cells[0] if at + 1 < len(page.rows) else None
    if above is None and at:
        below = notebook.position(page.rows[at - 1].cells[-1]) + 1
        above = notebook.cells[below].id if below < len(notebook.cells) else None
    place = notebook.position
    least: list[tuple[str, str]] = []
    for other in model:
        for first, second in pairwise(other.rows):
            anchor = min(first.cells, key=place)
            least += [(anchor, cell) for cell in second.cells]
    near = page.rows[max(at - 1, 0) : at + 2]
    whole = [pair for first, second in pairwise(near) for pair in product(first.cells, second.cells)]
    across = list(pairwise(moved.cells))
    for wanted in ([*least, *whole, *across], [*least, *across]):
        with suppress(OrderRefused):
            return reordered(notebook, wanted, moved.cells, above)
    try:
        return reordered(notebook, least, moved.cells, above)
    except OrderRefused as refused:
        raise ArrangementRefused(_why(notebook, refused)) from refused


def _why(notebook: Notebook, refused: OrderRefused) -> str:
    upper, lower = (words_of(notebook.cell(cell)) for cell in (refused.before, refused.after))
    reads = f"uses {listed(refused.names[:3])}" if refused.names else "depends on it"
    return (
        f"“{lower}” has to stay below “{upper}”: it {reads}, and the app has the order of the notebook. "
        "Put them side by side instead, or on tabs of their own."
    )


def _find(model: Sequence[_Page], cell: str) -> tuple[_Page, _Row]:
    for page in model:
        for row in page.rows:
            if cell in row.cells:
                return page, row
    raise ArrangementRefused("This block is not in the app any more.")


def _page(model: Sequence[_Page], tab: str) -> _Page:
    found = next((page for page in model if page.tab.id == tab), None)
    if found is None and tab:
        raise ArrangementRefused("This tab is not there any more.")
    return found or model[0]


def _whole_row(model: Sequence[_Page], cells: Sequence[str]) -> _Row | None:
    """The row that is exactly these blocks, taken out of its page."""
    for page in model:
        for row in page.rows:
            if set(row.cells) == set(cells):
                page.rows.remove(row)
                return row
    return None


def _loosen(model: Sequence[_Page], cell: str) -> None:
    """Make the grid of inputs that a block is in rows of up to four."""
    for page in model:
        for row in list(page.rows):
            if cell in row.cells and not row.placed and len(row.slots) > 1:
                at = page.rows.index(row)
                parts = [row.cells[start : start + MOST_SLOTS] for start in range(0, len(row.slots), MOST_SLOTS)]
                page.rows[at : at + 1] = [_Row(list(evenly(part)), placed=True) for part in parts]


def _take(model: Sequence[_Page], cell: str) -> None:
    """Out of its row; the others fill it."""
    page, row = _find(model, cell)
    row.slots = [slot for slot in row.slots if slot.cell != cell]
    if row.slots:
        row.slots = list(fitted(row.slots))
    else:
        page.rows.remove(row)


def _known(notebook: Notebook, identity: str) -> None:
    if all(tab.id != identity for tab in notebook.settings.tabs):
        raise ArrangementRefused("This tab is not there any more.")


def _title(text: str) -> str:
    return " ".join(text.split())[:MAXIMUM_TITLE]
