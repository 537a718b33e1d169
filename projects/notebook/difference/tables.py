"""Tables of outputs, read from data or from HTML, and compared cell by cell."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
from typing import Any

MOST_ROWS = 10_000
MOST_VALUES_LISTED = 100
MOST_ROWS_DRAWN = 20
MOST_COLUMNS_DRAWN = 12
# Rows that show what is in a new column, where no row differs otherwise.
SAMPLE_ROWS = 5


class RowStanding(StrEnum):
    """What became of a column or a row."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class ComparedTable:
    """Texts by row and column. `labels` name the rows, uniquely or not at all; `partial`: only the first rows are
    known, of `total_rows`."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total_rows: int
    partial: bool = False


@dataclass(frozen=True)
class ValueChange:
    """One value of a table that differs: where, and both writings."""

    row: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Column:
    name: str
    standing: RowStanding


@dataclass(frozen=True)
class Pair:
    """One place of a table on both sides; None where the row or the column is not there."""

    before: str | None
    after: str | None

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class ComparedRow:
    """A row to draw: a pair for each of the columns that are drawn."""

    label: str
    standing: RowStanding
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class TableChange:
    """How two tables differ. `values` lists the first hundred of `changed_values`, in columns that both have.

    `columns` and `rows` are what is drawn of it: the rows that differ, in the columns that do and those beside them.
    """

    rows_before: int
    rows_after: int
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()
    added_rows: int = 0
    removed_rows: int = 0
    changed_rows: int = 0
    changed_values: int = 0
    values: tuple[ValueChange, ...] = ()
    partial: bool = False
    columns: tuple[Column, ...] = ()
    rows: tuple[ComparedRow, ...] = ()

    @property
    def rows_left_out(self) -> int:
        """How many rows differ and are not drawn."""
        differing = self.added_rows + self.removed_rows + self.changed_rows
        return max(differing - len(self.rows), 0)


def table_of_data(value: object) -> ComparedTable | None:
    """A table from `application/vnd.hexlite.table+json`: columns, index, rows. None for anything else."""
    if not isinstance(value, Mapping):
        return None
    index, columns, rows = value.get("index", []), value.get("columns"), value.get("rows")
    if not (isinstance(index, list) and isinstance(columns, list) and isinstance(rows, list)):
        return None
    width = len(index) + len(columns)
    if not all(isinstance(row, list) and len(row) == width for row in rows):
        return None
    total = value.get("total_rows")
    return _table(
        columns=[str(column.get("name", "")) if isinstance(column, Mapping) else "" for column in columns],
        labels=[" ".join(map(_text, row[: len(index)])) for row in rows],
        rows=[[_text(item) for item in row[len(index) :]] for row in rows],
        total_rows=total if isinstance(total, int) else len(rows),
    )


def table_of_html(html: str) -> ComparedTable | None:
    """The one table in the HTML, as pandas writes it: a row of heads, heads at the left. None for anything else."""
    if html.count("<table") != 1:
        return None
    reader = _ComparedTableReader()
    reader.feed(html)
    reader.close()
    heads = [row for row in reader.rows if all(is_head for is_head, _ in row)]
    body = [row for row in reader.rows if not all(is_head for is_head, _ in row)]
    if not heads or not body:
        return None
    depth = sum(is_head for is_head, _ in body[0])
    names = [text for _, text in heads[0]][depth:]
    if any(len(row) != depth + len(names) for row in body):
        return None
    return _table(
        columns=names,
        labels=[" ".join(text for _, text in row[:depth]) for row in body],
        rows=[[text for _, text in row[depth:]] for row in body],
        total_rows=len(body),
    )


def compare_tables(before: ComparedTable, after: ComparedTable) -> TableChange:
    """Rows go by their label where labels are unique on both sides, otherwise by their place."""
    shared = [column for column in before.columns if column in after.columns]
    old_rows, new_rows = _by_label(before, after)
    values: list[ValueChange] = []
    changed_rows = changed_values = 0
    for label, (old, new) in _common(old_rows, new_rows):
        differing = [
            ValueChange(label, column, old[column], new[column]) for column in shared if old[column] != new[column]
        ]
        changed_rows += bool(differing)
        changed_values += len(differing)
        values += differing[: MOST_VALUES_LISTED - len(values)]
    columns = _columns(before, after, {value.column for value in values})
    return TableChange(
        columns=columns,
        rows=tuple(_drawn_rows(old_rows, new_rows, columns)),
        rows_before=before.total_rows,
        rows_after=after.total_rows,
        added_columns=tuple(column for column in after.columns if column not in before.columns),
        removed_columns=tuple(column for column in before.columns if column not in after.columns),
        added_rows=len(new_rows.keys() - old_rows.keys()),
        removed_rows=len(old_rows.keys() - new_rows.keys()),
        changed_rows=changed_rows,
        changed_values=changed_values,
        values=tuple(values),
        partial=before.partial or after.partial,
    )


_Row = Mapping[str, str]


def _columns(before: ComparedTable, after: ComparedTable, changed: set[str]) -> tuple[Column, ...]:
    """Those of the new table, with the removed ones where they stood; the same ones as far as there is room."""
    names = list(after.columns)
    for place, name in enumerate(before.columns):
        if name not in after.columns:
            names.insert(min(place, len(names)), name)
    columns = [Column(name, _standing(name, before.columns, after.columns, changed)) for name in names]
    room = MOST_COLUMNS_DRAWN - sum(column.standing is not RowStanding.SAME for column in columns)
    kept: list[Column] = []
    for column in columns:
        if column.standing is RowStanding.SAME:
            room -= 1
            if room < 0:
                continue
        kept.append(column)
    return tuple(kept[:MOST_COLUMNS_DRAWN])


def _standing(name: str, before: Collection[str], after: Collection[str], changed: Collection[str]) -> RowStanding:
    if name not in before:
        return RowStanding.ADDED
    if name not in after:
        return RowStanding.REMOVED
    return RowStanding.CHANGED if name in changed else RowStanding.SAME


def _drawn_rows(old: Mapping[str, _Row], new: Mapping[str, _Row], columns: Sequence[Column]) -> Iterator[ComparedRow]:
    """The first rows that differ, in the order of the new table, removed ones last; where only columns came or went,
    the first rows."""
    shared = [column.name for column in columns if column.standing in (RowStanding.SAME, RowStanding.CHANGED)]
    changed = {label for label, (row, other) in _common(old, new) if any(row[name] != other[name] for name in shared)}
    labels = [label for label in new if label not in old or label in changed]
    labels += [label for label in old if label not in new]
    for label in labels[:MOST_ROWS_DRAWN] or list(new)[:SAMPLE_ROWS]:
        was, now = old.get(label, {}), new.get(label, {})
        pairs = tuple(Pair(was.get(column.name), now.get(column.name)) for column in columns)
        yield ComparedRow(label, _standing(label, old, new, changed), pairs)


def _by_label(before: ComparedTable, after: ComparedTable) -> tuple[dict[str, _Row], dict[str, _Row]]:
    named = all(len(set(table.labels)) == len(table.rows) for table in (before, after))
    return _rows(before, named), _rows(after, named)


def _rows(table: ComparedTable, named: bool) -> dict[str, _Row]:
    labels = table.labels if named else [str(place) for place in range(1, len(table.rows) + 1)]
    return {label: dict(zip(table.columns, row, strict=True)) for label, row in zip(labels, table.rows, strict=True)}


def _common(old: Mapping[str, _Row], new: Mapping[str, _Row]) -> list[tuple[str, tuple[_Row, _Row]]]:
    return [(label, (row, new[label])) for label, row in old.items() if label in new]


def _table(columns: list[str], labels: list[str], rows: Sequence[Sequence[str]], total_rows: int) -> ComparedTable:
    return ComparedTable(
        columns=_unique(columns),
        labels=tuple(labels[:MOST_ROWS]),
        rows=tuple(tuple(row) for row in rows[:MOST_ROWS]),
        total_rows=total_rows,
        partial=total_rows > min(len(rows), MOST_ROWS),
    )


def _unique(names: list[str]) -> tuple[str, ...]:
    """Columns of one name are told apart by a number."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


class _ComparedTableReader(HTMLParser):
    """The rows of a table: of each cell whether it is a head, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[tuple[bool, str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr" and len(self.rows) <= MOST_ROWS:
            self.rows.append([])
        self._inside = tag in ("td", "th") and bool(self.rows)
        if self._inside:
            self.rows[-1].append((tag == "th", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            is_head, text = self.rows[-1][-1]
            self.rows[-1][-1] = is_head, f"{text} {data.strip()}".strip()
