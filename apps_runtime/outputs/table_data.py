"""Tables as data (`application/vnd.hexlite.table+json`, made in `apps_runtime/kernels/inside/tables.py`).

How a value is written is said here and, for rows the browser draws, in `static/js/outputs/table-values.js`; a test
holds the two to each other.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, TypeGuard

TABLE_TYPE = "application/vnd.hexlite.table+json"
HEAD_ROWS = 10
LARGEST_HEAD = 65_536  # bytes of JSON that a row of the database may carry
NOTHING = "-"
MOST_COUNTED = 10**15  # rows, or columns, that a table may say it has
LARGEST_WRITTEN = 10**30  # beyond it a number is written with a power of ten, whatever it says of itself
# Digits for fifteen before the point and twenty behind it; Decimal's own 28 are too few, and it raises.
_EXACT = Context(prec=60)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d)(?::(?P<second>\d\d))?(?:\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)


@dataclass(frozen=True)
class DataColumn:
    """`decimals`: digits after the point, "e" for powers of ten, None: as many as the number has."""

    name: str
    type: str = "text"
    align: str = "start"
    decimals: int | str | None = None
    grouping: bool = True

    @property
    def is_end_aligned(self) -> bool:
        return self.align == "end"

    def written(self, value: Any) -> str:
        """A value as a reader sees it."""
        match value:
            case None:
                return NOTHING
            case bool():
                return "True" if value else "False"
            case int() | float() if self.type == "number":
                return _number(value, self.decimals, self.grouping)
            case str() if self.type == "date":
                return _date(value)
            case str():
                return value
            case int() | float():
                return _number(value, None, grouping=False)
        return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class TableData:
    """A table, or its first rows. A row's cells are those of the index, then those of the columns."""

    index: tuple[DataColumn, ...]
    columns: tuple[DataColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    total_rows: int
    total_columns: int

    @classmethod
    def parse(cls, value: object) -> "TableData | None":
        """None for anything that is not such a table: a kernel can send what it likes."""
        if not isinstance(value, Mapping):
            return None
        index, columns, rows = value.get("index", []), value.get("columns"), value.get("rows")
        if not (isinstance(index, list) and isinstance(columns, list) and isinstance(rows, list)):
            return None
        if not all(isinstance(description, Mapping) for description in (*index, *columns)):
            return None
        parsed_index, parsed_columns = tuple(map(_column, index)), tuple(map(_column, columns))
        width = len(parsed_index) + len(parsed_columns)
        if not width:
            return None
        if any(not isinstance(row, list) or len(row) != width for row in rows):
            return None
        return cls(
            index=parsed_index,
            columns=parsed_columns,
            rows=tuple(tuple(row) for row in rows),
            total_rows=max(_count(value.get("total_rows")), len(rows)),
            total_columns=max(_count(value.get("total_columns")), len(columns)),
        )


def is_table(value: object) -> bool:
    """Whether a value is what its media type says; what is not is not stored as such. Reads no cell: they may hold
    any value."""
    if not isinstance(value, Mapping) or not isinstance(value.get("rows"), list):
        return False
    rows = value["rows"]
    if TableData.parse({**value, "rows": rows[:1]}) is None:
        return False
    width = len(value.get("index", [])) + len(value["columns"])
    return all(isinstance(row, list) and len(row) == width for row in rows)


def head_of(value: object) -> dict[str, Any] | None:
    """The same table with its first rows only, small enough for a row of the database; None if that can't be."""
    if not isinstance(value, Mapping) or not isinstance(value.get("rows"), list):
        return None
    head = {**value, "rows": value["rows"][:HEAD_ROWS], "given_rows": len(value["rows"])}
    return head if len(json.dumps(head)) <= LARGEST_HEAD else None


def _column(value: Mapping[str, Any]) -> DataColumn:
    decimals = value.get("decimals")
    if not (decimals == "e" or (_is_whole(decimals) and 0 <= decimals <= 20)):
        decimals = None
    return DataColumn(
        name=str(value.get("name", "")),
        type=str(value.get("type", "text")),
        align="end" if value.get("align") == "end" else "start",
        decimals=decimals,
        grouping=value.get("grouping") is not False,
    )


def _count(value: object) -> int:
    return min(value, MOST_COUNTED) if _is_whole(value) and value > 0 else 0


def _is_whole(value: object) -> TypeGuard[int]:
    """JSON's true is 1 to Python, and no number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: float, decimals: int | str | None, grouping: bool) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return NOTHING
    if decimals == "e" or abs(value) >= LARGEST_WRITTEN:
        exact = Decimal(value) if abs(value) >= LARGEST_WRITTEN else value
        mantissa, _, exponent = f"{exact:.4e}".partition("e")
        return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0') or '0'}"
    separator = "," if grouping else ""
    if decimals is None:
        value = int(value) if float(value).is_integer() else value  # JSON does not tell 16.0 from 16
        whole, point, fraction = f"{Decimal(str(value)):f}".partition(".")
        return f"{int(whole):{separator}}{point}{fraction}" if whole != "-0" else f"-0{point}{fraction}"
    step = Decimal(1).scaleb(-int(decimals))
    # Halves away from zero, as browsers round; the value is taken as exactly as the machine holds it.
    rounded = Decimal(value).quantize(step, ROUND_HALF_UP, _EXACT) if abs(value) < 1e15 else Decimal(value)
    return f"{rounded:{separator}.{decimals}f}"


def _date(text: str) -> str:
    found = _DATE.fullmatch(text)
    if found is None or not 1 <= int(found["month"]) <= 12:
        return text
    day = f"{int(found['day'])} {_MONTHS[int(found['month']) - 1]} {found['year']}"
    if found["time"] is None:
        return day
    second = f":{found['second']}" if found["second"] not in (None, "00") else ""
    zone = {"Z": " UTC", None: ""}.get(found["zone"], f" {found['zone']}")
    return f"{day}, {found['time']}{second}{zone}"
