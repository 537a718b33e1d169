"""Tables as the templates draw them, from pandas' HTML or from table data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from django.utils.html import escape
from django.utils.safestring import SafeString

from apps_runtime.outputs.html import without_dataframe_style
from apps_runtime.outputs.safe import safe
from apps_runtime.outputs.sanitise import sanitised
from apps_runtime.outputs.table_data import HEAD_ROWS, NOTHING, TableData

_NUMBER = re.compile(r"[-+−]?(?:\d[\d,_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?\s*%?|[-+]?inf", re.IGNORECASE)
_NOTHING = frozenset({"NaN", "NaT", "None", "<NA>", "nan", "null", "&lt;NA&gt;"})
_ELLIPSIS = frozenset({"...", "…"})
_SHAPE = re.compile(r"(?<![\d,])([\d,]{1,20}) rows × ([\d,]{1,20}) columns?")
MOST_PLACES = 200_000  # that the cells of a table cover, wide and high ones counted in full


@dataclass(frozen=True)
class TableCell:
    """`html` is safe. `span` columns wide, `rows` high; `heads` its row or column."""

    html: SafeString
    span: int = 1
    rows: int = 1
    heads: bool = False
    is_number: bool = False
    is_nothing: bool = False

    @property
    def classes(self) -> str:
        return " ".join(name for name, on in (("num", self.is_number), ("nothing", self.is_nothing)) if on)


@dataclass(frozen=True)
class TableView:
    """Rows of the head, rows of the body, and what the whole has: `shape` is “333 rows, 8 columns”."""

    head: tuple[tuple[TableCell, ...], ...]
    body: tuple[tuple[TableCell, ...], ...]
    shape: str
    total_rows: int
    given_rows: int = 0

    @property
    def has_more(self) -> bool:
        return self.given_rows > len(self.body)


def counted(rows: int, columns: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'}, {columns:,} {'column' if columns == 1 else 'columns'}"


# ---- Table data


def view_of_data(table: TableData, given_rows: int) -> TableView:
    """The first rows of a table whose data the page can fetch. `given_rows`: how many rows the data has."""
    columns = (*table.index, *table.columns)
    head = tuple(
        TableCell(SafeString(escape(column.name)), heads=True, is_number=column.is_end_aligned) for column in columns
    )
    body = tuple(
        tuple(
            TableCell(
                SafeString(escape(column.written(value))),
                heads=position < len(table.index),
                is_number=column.is_end_aligned,
                is_nothing=value is None,
            )
            for position, (column, value) in enumerate(zip(columns, row, strict=True))
        )
        for row in table.rows[:HEAD_ROWS]
    )
    return TableView((head,), body, counted(table.total_rows, table.total_columns), table.total_rows, given_rows)


# ---- pandas' HTML


def view_of_html(html: str) -> TableView | None:
    """A `<table class="dataframe">` as one of ours; texts stay as pandas printed them. None when there is no body, and
    for a table whose cells reach further than any that pandas prints."""
    reader = _HtmlTableReader()
    reader.feed(sanitised(without_dataframe_style(html)))
    reader.close()
    if (
        not reader.body
        or sum(cell.span * cell.rows for row in (*reader.head, *reader.body) for cell in row) > MOST_PLACES
    ):
        return None
    width = max(sum(cell.span for cell in row) for row in reader.body)
    numbers = _number_columns(reader.body, width)
    head = _without_empty_names(reader.head)
    return TableView(
        head=tuple(tuple(_numbered(row, numbers, only_single=True)) for row in _placed(head)),
        body=tuple(tuple(_numbered(row, numbers)) for row in _placed(reader.body)),
        shape=_shape(reader),
        total_rows=len(reader.body),
    )


class _HtmlTableReader(HTMLParser):
    """Collects the cells of sanitised markup; what stands inside a cell is kept as it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.head: list[list[TableCell]] = []
        self.body: list[list[TableCell]] = []
        self._outside: list[str] = []
        self._in_head = False
        self._cell: TableCell | None = None
        self._inner: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "thead":
                self._in_head = True
            case "tbody" | "tfoot":
                self._in_head = False
            case "tr":
                (self.head if self._in_head else self.body).append([])
            case "td" | "th":
                given = dict(attrs)
                self._cell = TableCell(
                    SafeString(""), _span(given.get("colspan")), _span(given.get("rowspan")), heads=tag == "th"
                )
                self._inner = []
            case _:
                self._keep(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("td", "th") or self._cell is None:
            if tag not in ("thead", "tbody", "tfoot", "tr", "table"):
                self._keep(f"</{tag}>")
            return
        inner = "".join(self._inner).strip()
        rows = self.head if self._in_head else self.body
        if rows:
            nothing = inner in _NOTHING
            # Safe: pieces of sanitised markup, inside one cell and in their order.
            rows[-1].append(replace(self._cell, html=safe(NOTHING if nothing else inner), is_nothing=nothing))
        self._cell = None

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if self._cell is not None:
            self._inner.append(text)
        else:
            self._outside.append(text)

    @property
    def outside(self) -> str:
        return "".join(self._outside)


def _span(text: str | None) -> int:
    return min(int(text), 1000) if text and re.fullmatch("0{0,3}[1-9][0-9]{0,8}", text) else 1


def _shape(reader: _HtmlTableReader) -> str:
    said = _SHAPE.search(reader.outside)
    if said:
        return counted(int(said[1].replace(",", "")), int(said[2].replace(",", "")))
    columns = max(sum(cell.span for cell in row if not cell.heads) for row in reader.body)
    return counted(len(reader.body), columns)


def _placed(rows: Sequence[Sequence[TableCell]]) -> Iterator[list[tuple[int, TableCell]]]:
    """Each cell with the column it begins in; cells from rows above that reach down are stepped over."""
    reaching: dict[int, int] = {}  # column → rows still covered
    for row in rows:
        placed, column = [], 0
        covered = {at for at, left in reaching.items() if left > 0}
        reaching = {at: left - 1 for at, left in reaching.items() if left > 1}
        for cell in row:
            while column in covered:
                column += 1
            placed.append((column, cell))
            for at in range(column, column + cell.span):
                if cell.rows > 1:
                    reaching[at] = cell.rows - 1
            column += cell.span
        yield placed


def _number_columns(body: Sequence[Sequence[TableCell]], width: int) -> set[int]:
    """Columns whose cells are all numbers, or nothing."""
    seen: dict[int, bool] = {}
    for row in _placed(body):
        for column, cell in row:
            text = str(cell.html)
            if not cell.is_nothing and text not in _ELLIPSIS and text:
                seen[column] = seen.get(column, True) and bool(_NUMBER.fullmatch(text))
    return {column for column, only_numbers in seen.items() if only_numbers and column < width}


def _numbered(
    row: Sequence[tuple[int, TableCell]], numbers: set[int], *, only_single: bool = False
) -> Iterator[TableCell]:
    for column, cell in row:
        yield replace(cell, is_number=column in numbers and not (only_single and cell.span > 1))


def _without_empty_names(head: list[list[TableCell]]) -> list[list[TableCell]]:
    """pandas writes the names of the index in a row of their own; where the row above is free they go there."""
    if len(head) < 2 or len(head[-1]) != len(head[-2]):
        return head
    upper, lower = head[-2], head[-1]
    if any(cell.span > 1 or cell.rows > 1 for cell in (*upper, *lower)):
        return head
    if any(above.html and below.html for above, below in zip(upper, lower, strict=True)):
        return head
    return [*head[:-2], [above if above.html else below for above, below in zip(upper, lower, strict=True)]]
