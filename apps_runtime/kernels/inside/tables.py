"""Tables as data: a representation of pandas' DataFrame that a page can sort, filter and page through.

`application/vnd.hexlite.table+json` is
`{"columns": [{"name", "type", "align", "decimals"?, "grouping"?}], "index": [the same], "rows": [[…]], "total_rows",
"total_columns"}`: a row holds the cells of the index, then those of the columns. `type` is number, text, date (ISO
8601) or boolean; a missing value is null; numbers that JSON or a browser cannot hold exactly are text. `decimals` is a
count of digits or "e" for powers of ten. At most `MOST_ROWS` rows, `MOST_COLUMNS` columns and `MOST_BYTES` bytes are
given.

Runs inside the sandbox: plain Python, pandas and numpy only when a table is shown.
"""

import datetime
import decimal
import json
import math
import re

MEDIA_TYPE = "application/vnd.hexlite.table+json"
MOST_ROWS = 10_000
MOST_COLUMNS = 100
MOST_BYTES = 2_000_000
LONGEST_TEXT = 2_000
SAFE_INTEGER = 2**53
MOST_DECIMALS = 6
SIGNIFICANT = 4

# Numbers that name something are not amounts: 2007 is a year, 12043 a postcode.
NAMES = re.compile(r"(^|[^a-z])(year|yr|id|key|code|zip|zipcode|postcode|fips|number|no|nr|index)s?$", re.IGNORECASE)
YEARS = (1500, 2200)


def register(shell):
    """Give every DataFrame this representation besides the usual ones. pandas is not imported."""
    from IPython.core.formatters import BaseFormatter
    from traitlets import ObjectName, Unicode

    class TableFormatter(BaseFormatter):
        format_type = Unicode(MEDIA_TYPE)
        print_method = ObjectName("_repr_hexlite_table_")
        _return_type = dict

    formatter = TableFormatter(parent=shell.display_formatter)
    for module in ("pandas", "pandas.core.frame"):  # where pandas 3 and pandas 2 say the class is
        formatter.for_type_by_name(module, "DataFrame", table_or_none)
    shell.display_formatter.formatters[MEDIA_TYPE] = formatter


def table_or_none(frame):
    """The representation; None where pandas' own is the only one."""
    try:
        return table(frame)
    except Exception:  # Types of other packages raise what they like; the frame is shown all the same.
        return None


def table(frame):
    """The representation, or None for a frame that only the usual table can show (columns of several levels)."""
    if frame.columns.nlevels > 1:
        return None
    levels = _index_levels(frame)
    chosen = frame.iloc[:, :MOST_COLUMNS]
    rows = min(len(frame), MOST_ROWS)
    index, columns, cells = _read(levels, chosen, rows)
    while rows > 1:
        size = _size(cells, rows)
        if size <= MOST_BYTES:
            break
        rows = max(min(int(rows * MOST_BYTES / size * 0.9), rows - 1), 1)
        cells = [column[:rows] for column in cells]
    return {
        "columns": columns,
        "index": index,
        "rows": [list(row) for row in zip(*(column[:rows] for column in cells), strict=True)] if cells else [],
        "total_rows": len(frame),
        "total_columns": len(frame.columns),
    }


def _index_levels(frame):
    """The levels that say something. Rows numbered 0, 1, 2 … do not; a frame without columns shows its index anyway."""
    from pandas import RangeIndex

    index = frame.index
    if index.nlevels == 1 and index.name is None and len(frame.columns) and index.equals(RangeIndex(len(index))):
        return []
    return [(index.names[level], index.get_level_values(level)) for level in range(index.nlevels)]


def _read(levels, frame, rows):
    """Descriptions of index and columns, and the cells by column."""
    index, columns, cells = [], [], []
    for name, values in levels:
        description, column = _column("" if name is None else name, values[:rows].to_series())
        if name is None and description["type"] == "number":
            description["grouping"] = False  # The number of a row names it.
        index.append(description)
        cells.append(column)
    for position, name in enumerate(frame.columns):
        description, column = _column(name, frame.iloc[:rows, position])
        columns.append(description)
        cells.append(column)
    return index, columns, cells


def _column(name, values):
    """A description, and the values as JSON has them."""
    from pandas.api import types

    name = _short(str(name))
    dtype = values.dtype
    if isinstance(dtype, _categorical()):
        values, dtype = values.astype(object), object
    if types.is_bool_dtype(dtype):
        return _described(name, "boolean"), [None if missing else bool(v) for v, missing in _with_missing(values)]
    if types.is_datetime64_any_dtype(dtype):
        return _described(name, "date"), _dates(values)
    if types.is_integer_dtype(dtype):
        return _numbers(name, [None if missing else int(v) for v, missing in _with_missing(values)])
    if types.is_float_dtype(dtype):
        return _numbers(name, [None if missing else float(v) for v, missing in _with_missing(values)])
    return _objects(name, values)


def _categorical():
    from pandas import CategoricalDtype

    return CategoricalDtype


def _with_missing(values):
    return zip(values.tolist(), values.isna().tolist(), strict=True)


def _objects(name, values):
    """A column of anything: what all its values have in common decides."""
    cells = [None if missing is True else value for value, missing in _with_missing(values)]
    present = [value for value in cells if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return _described(name, "boolean"), cells
    if present and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in present):
        return _numbers(name, cells)
    if present and all(isinstance(value, decimal.Decimal) for value in present):
        return _described(name, "number", "end"), [None if value is None else _short(str(value)) for value in cells]
    if present and all(isinstance(value, datetime.date) for value in present):
        return _described(name, "date"), [None if value is None else value.isoformat() for value in cells]
    align = "end" if present and all(isinstance(value, datetime.timedelta) for value in present) else "start"
    return _described(name, "text", align), [None if value is None else _short(_text(value)) for value in cells]


def _numbers(name, cells):
    numbers = [value for value in cells if value is not None and math.isfinite(value)]
    description = _described(name, "number", "end")
    description["decimals"] = _decimals(numbers)
    description["grouping"] = not (NAMES.search(name) or _are_years(numbers))
    return description, [_exact(value) for value in cells]


def _exact(value):
    if value is None or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, int) and abs(value) <= SAFE_INTEGER:
        return value
    return str(value)


def _are_years(numbers):
    least, most = YEARS
    return bool(numbers) and all(least <= value <= most and value == int(value) for value in numbers)


def _decimals(numbers):
    """Digits after the point: all there are up to two, else enough to tell the usual value to four figures."""
    if not numbers:
        return 0
    largest = max(abs(value) for value in numbers)
    if largest >= 1e15:
        return "e"
    if all(isinstance(value, int) or value.is_integer() for value in numbers):
        return 0
    sizes = sorted(abs(value) for value in numbers if value)
    usual = math.floor(math.log10(sizes[len(sizes) // 2]))
    if usual < -SIGNIFICANT:
        return "e"
    useful = max(SIGNIFICANT - 1 - usual, 2)
    for digits in range(1, min(useful, MOST_DECIMALS)):
        if all(math.isclose(round(value, digits), value, rel_tol=1e-12, abs_tol=1e-12) for value in numbers):
            return digits
    return min(useful, MOST_DECIMALS)


def _dates(values):
    """ISO 8601: days when every time is midnight, else to the second."""
    cells = [None if missing else value for value, missing in _with_missing(values)]
    days = all(value is None or (value.tzinfo is None and value.time() == datetime.time()) for value in cells)
    if days:
        return [None if value is None else value.strftime("%Y-%m-%d") for value in cells]
    return [None if value is None else value.isoformat(timespec="seconds") for value in cells]


def _text(value):
    try:
        return str(value)
    except Exception as problem:  # An author's class may raise anything from its own __str__.
        return f"<{type(value).__name__}: {type(problem).__name__}>"


def _short(text):
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def _described(name, kind, align="start"):
    return {"name": name, "type": kind, "align": align}


def _size(cells, rows):
    """About how many bytes of JSON: counted where there are few rows, estimated from every tenth where many."""
    step = 10 if rows > 500 else 1
    return sum(len(json.dumps(column[:rows:step])) for column in cells) * step + rows * 2
