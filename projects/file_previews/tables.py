"""Tables in text files: rows, columns, and what is in each column."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from projects.file_previews.columns import ColumnPreview, ColumnReader

SHOWN_ROWS = 12
SHOWN_COLUMNS = 40
LONGEST_TEXT = 120  # characters of one value
MOST_ROWS = 1_000_000
AT_ONCE = 2_000  # rows


class NotATable(Exception):
    """The text has no rows and columns that could be told apart."""


@dataclass(frozen=True)
class TablePreview:
    """The head of a table. `rows` counts all of them; `more` says that counting stopped early."""

    columns: tuple[ColumnPreview, ...]
    head: tuple[tuple[str, ...], ...]
    rows: int
    column_count: int
    more: bool

    @property
    def rows_with_kinds(self) -> list[list[tuple[str, bool]]]:
        """The shown rows: each text, and whether its column holds numbers."""
        kinds = [column.is_number for column in self.columns]
        return [list(zip(row, kinds, strict=True)) for row in self.head]


def read_table(file: BinaryIO) -> TablePreview:
    """Sum up a table with a header row; comma, semicolon, tab or bar between values. Raises NotATable."""
    start = file.read(65_536)
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotATable()
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding_of(start), errors="replace", newline="")
    try:
        return _sum_up(csv.reader(text, delimiter=_delimiter(start)))
    except csv.Error as error:
        raise NotATable() from error
    finally:
        text.detach()


def encoding_of(start: bytes) -> str:
    """The encoding of a text that begins like this: UTF-8 or 16, else the one that knows every byte."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for cut in range(4):  # The last character may be cut.
        try:
            start[: len(start) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        return "utf-8-sig"
    return "latin-1"


def _sum_up(rows: Iterator[list[str]]) -> TablePreview:
    header = next(rows, None)
    if not header:
        raise NotATable()
    readers = [ColumnReader(name[:LONGEST_TEXT]) for name in header[:SHOWN_COLUMNS]]
    head: list[tuple[str, ...]] = []
    count = 0
    while count < MOST_ROWS:
        chunk = list(islice(rows, AT_ONCE))
        if not chunk:
            break
        some = [_as_wide(row, len(readers)) for row in chunk if row]
        head += [tuple(text[:LONGEST_TEXT] for text in row) for row in some[: SHOWN_ROWS - len(head)]]
        for place, reader in enumerate(readers):
            reader.take([row[place] for row in some])
        count += len(some)
    return TablePreview(
        columns=tuple(reader.column() for reader in readers),
        head=tuple(head),
        rows=count,
        column_count=len(header),
        more=count >= MOST_ROWS,
    )


def _as_wide(row: list[str], width: int) -> list[str]:
    return row[:width] + [""] * (width - len(row)) if len(row) != width else row


def _delimiter(start: bytes) -> str:
    """The mark that stands most often in the first line, quotes left out."""
    line = start.split(b"\n", 1)[0].decode("latin-1")
    unquoted = "".join(line.split('"')[::2])
    return max(",;\t|", key=unquoted.count)
