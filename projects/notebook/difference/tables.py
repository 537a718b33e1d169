"""Tables of outputs, read from data or from HTML, and compared cell by cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

MOST_ROWS = 10_000
MOST_VALUES_LISTED = 100


@dataclass(frozen=True)
class Table:
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
class TableChange:
    """How two tables differ. `values` lists the first hundred of `changed_values`, in columns that both have."""

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


def table_of_data(value: object) -> Table | None:
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


def table_of_html(html: str) -> Table | None:
    """The one table in the HTML, as pandas writes it: a row of heads, heads at the left. None for anything else."""
    if html.count("<table") != 1:
        return None
    reader = _TableReader()
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


def compare_tables(before: Table, after: Table) -> TableChange:
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
    return TableChange(
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


def _by_label(before: Table, after: Table) -> tuple[dict[str, _Row], dict[str, _Row]]:
    named = all(len(set(table.labels)) == len(table.rows) for table in (before, after))
    return _rows(before, named), _rows(after, named)


def _rows(table: Table, named: bool) -> dict[str, _Row]:
    labels = table.labels if named else [str(place) for place in range(1, len(table.rows) + 1)]
    return {label: dict(zip(table.columns, row, strict=True)) for label, row in zip(labels, table.rows, strict=True)}


def _common(old: Mapping[str, _Row], new: Mapping[str, _Row]) -> list[tuple[str, tuple[_Row, _Row]]]:
    return [(label, (row, new[label])) for label, row in old.items() if label in new]


def _table(columns: list[str], labels: list[str], rows: Sequence[Sequence[str]], total_rows: int) -> Table:
    return Table(
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


class _TableReader(HTMLParser):
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
