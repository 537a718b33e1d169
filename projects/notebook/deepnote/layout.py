"""Deepnote's columns as rows of the app's layout."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from projects.notebook.cells import Cell
from projects.notebook.settings import COLUMNS, Slot

# The builder offers one to four places a row.
_MOST_SLOTS = 4


def rows_of(
    cells: Sequence[Cell], rows: Mapping[str, str], widths: Mapping[str, float]
) -> tuple[tuple[Slot, ...], ...]:
    """A row of slots for each group of cells that follow each other in one of Deepnote's rows. Cells that stand alone
    need none."""
    found: list[tuple[Slot, ...]] = []
    for group, members in groupby(cells, key=lambda cell: rows.get(cell.id, "")):
        shown = [cell for cell in members if cell.show.cell] if group else []
        for start in range(0, len(shown), _MOST_SLOTS):
            row = shown[start : start + _MOST_SLOTS]
            if len(row) > 1:
                found.append(_row(row, widths))
    return tuple(found)


def _row(cells: Sequence[Cell], widths: Mapping[str, float]) -> tuple[Slot, ...]:
    """Spans that add up to the 12 columns, as near to the percents as they can be; each at least one."""
    shares = [widths.get(cell.id, 0.0) for cell in cells]
    if not all(shares):
        shares = [1.0] * len(cells)
    total = sum(shares)
    spans = [max(1, int(share / total * COLUMNS)) for share in shares]
    while sum(spans) > COLUMNS:
        spans[spans.index(max(spans))] -= 1
    while sum(spans) < COLUMNS:
        missing = [share / total * COLUMNS - span for share, span in zip(shares, spans, strict=True)]
        spans[missing.index(max(missing))] += 1
    return tuple(Slot(cell.id, span) for cell, span in zip(cells, spans, strict=True))
