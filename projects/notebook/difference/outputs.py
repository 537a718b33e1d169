"""What a cell showed before and shows now: numbers with their change, tables by value, pictures by digest, errors.

Outputs are nbformat dicts. Values may be kept beside the row, as `{"$blob": {"sha256": …}}`: such values are compared
by their digest, and a table by the `head` that the reference carries.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from projects.notebook.difference.tables import ComparedTable, TableChange, compare_tables, table_of_data, table_of_html
from projects.notebook.difference.texts import TextDifference, compare_texts

Output = Mapping[str, Any]

TABLE_TYPE = "application/vnd.hexlite.table+json"
_REFERENCE = "$blob"
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp")
_NUMBER = re.compile(r"(?:np\.\w+\()?([+-]?(?:\d[\d_,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\)?", re.ASCII)
_LONGEST_COMPARED_TEXT = 100_000
_MOST_HTML = 2_000_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class OutputKind(StrEnum):
    NUMBER = "number"
    TABLE = "table"
    PICTURE = "picture"
    TEXT = "text"
    ERROR = "error"
    OTHER = "other"


class SideState(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class NumberChange:
    """Two numbers as they were written, and what lies between them; `percent` None where it would mean nothing."""

    before: str
    after: str
    difference: float
    percent: float | None


@dataclass(frozen=True)
class OutputChange:
    """One output that differs. `before` and `after` are the outputs themselves, None where there was none.

    `number`, `table` or `text` says more where both sides are of that kind.
    """

    kind: OutputKind
    state: SideState
    before: Output | None
    after: Output | None
    number: NumberChange | None = None
    table: TableChange | None = None
    text: TextDifference | None = None
    sentence: str = ""

    @property
    def is_picture_pair(self) -> bool:
        """Whether two pictures can be laid over each other."""
        return self.kind is OutputKind.PICTURE and self.before is not None and self.after is not None

    @property
    def brings_error(self) -> bool:
        return self.kind is OutputKind.ERROR and self.state is not SideState.REMOVED


def compare_outputs(before: Sequence[Output], after: Sequence[Output]) -> tuple[OutputChange, ...]:
    """The outputs of one cell that differ, in the order they are shown; empty when they look the same."""
    if before == after:
        return ()
    old, new = [digest(output) for output in before], [digest(output) for output in after]
    if old == new:
        return ()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        change
        for operation, i, j, k, end in matcher.get_opcodes()
        if operation != "equal"
        for change in _block(before[i:j], after[k:end])
    )


def digest(output: Output) -> str:
    """Equal for outputs that a reader can't tell apart: what numbers an execution got does not count."""
    seen = {key: value for key, value in output.items() if key not in ("execution_count", "transient")}
    data = output.get("data")
    if isinstance(data, Mapping) and len(data) > 1:
        # The text that stands in for a picture holds addresses in memory.
        seen["data"] = {key: value for key, value in data.items() if key != "text/plain"}
    return hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode()).hexdigest()


def kind_of(output: Output) -> OutputKind:
    """What a reader would call it."""
    match output.get("output_type"):
        case "error":
            return OutputKind.ERROR
        case "stream":
            return OutputKind.TEXT
    data = _data(output)
    if any(media_type in data for media_type in _PICTURES):
        return OutputKind.PICTURE
    if _table(output) is not None:
        return OutputKind.TABLE
    if data.keys() - {"text/plain"}:
        return OutputKind.OTHER
    return OutputKind.NUMBER if _number(output) else OutputKind.TEXT


def _block(before: Sequence[Output], after: Sequence[Output]) -> Iterator[OutputChange]:
    """Outputs that took the place of others: those of one kind go together, in order."""
    kinds = list(dict.fromkeys(kind_of(output) for output in (*before, *after)))
    for kind in kinds:
        old = [output for output in before if kind_of(output) is kind]
        new = [output for output in after if kind_of(output) is kind]
        for was, now in zip_longest(old, new):
            yield _change(kind, was, now)


def _change(kind: OutputKind, was: Output | None, now: Output | None) -> OutputChange:
    if was is None or now is None:
        state = SideState.ADDED if was is None else SideState.REMOVED
        return OutputChange(kind, state, was, now, sentence=_one_sided(kind, state, now or was or {}))
    change = OutputChange(kind, SideState.CHANGED, was, now)
    match kind:
        case OutputKind.NUMBER:
            return _number_change(change, was, now)
        case OutputKind.TABLE:
            return _table_change(change, was, now)
        case OutputKind.PICTURE:
            return replace(change, sentence="The picture is another one")
        case OutputKind.ERROR:
            return replace(change, sentence=f"{_error(was)} became {_error(now)}", text=_error_texts(was, now))
        case OutputKind.TEXT:
            return replace(change, sentence="The text is another one", text=_texts(_plain(was), _plain(now)))
        case OutputKind.OTHER:
            return replace(change, sentence="The output is another one")


def _one_sided(kind: OutputKind, state: SideState, output: Output) -> str:
    if kind is OutputKind.ERROR:
        return f"{_error(output)} {'appeared' if state is SideState.ADDED else 'is gone'}"
    noun = "An output" if kind is OutputKind.OTHER else f"A {kind}"
    return f"{noun} {'came' if state is SideState.ADDED else 'went'}"


def _number_change(change: OutputChange, was: Output, now: Output) -> OutputChange:
    old, new = _number(was), _number(now)
    if old is None or new is None:
        return change
    (before, old_value), (after, new_value) = old, new
    difference = new_value - old_value
    percent = difference / abs(old_value) * 100 if old_value else None
    usable = percent is not None and math.isfinite(percent)
    number = NumberChange(before, after, difference, percent if usable else None)
    share = f", {percent:+.3g} %" if usable else ""
    return replace(change, number=number, sentence=f"{before} became {after}{share}")


def _table_change(change: OutputChange, was: Output, now: Output) -> OutputChange:
    old, new = _table(was), _table(now)
    if old is None or new is None:
        return change
    table = compare_tables(old, new)
    return replace(change, table=table, sentence=_table_sentence(table))


def _table_sentence(table: TableChange) -> str:
    facts = [
        _count(len(table.added_columns), "column", "added"),
        _count(len(table.removed_columns), "column", "removed"),
        _count(table.added_rows, "row", "added"),
        _count(table.removed_rows, "row", "removed"),
        _count(table.changed_rows, "row", "changed"),
    ]
    if table.partial and table.rows_before != table.rows_after:
        facts.append(f"{table.rows_before:,} rows became {table.rows_after:,}")
    return ", ".join(filter(None, facts)) or "The table is another one"


def _count(number: int, noun: str, verb: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'} {verb}" if number else ""


def _data(output: Output) -> Mapping[str, Any]:
    data = output.get("data")
    return data if isinstance(data, Mapping) else {}


def _table(output: Output) -> ComparedTable | None:
    data = _data(output)
    value = data.get(TABLE_TYPE)
    if isinstance(value, Mapping) and isinstance(value.get(_REFERENCE), Mapping):
        value = value[_REFERENCE].get("head")
    if value is not None:
        return table_of_data(value)
    html = data.get("text/html")
    return table_of_html(html) if isinstance(html, str) and len(html) <= _MOST_HTML else None


def _number(output: Output) -> tuple[str, float] | None:
    """The writing and the value of a plain result such as `16.4` or `np.float64(16.4)`."""
    data = _data(output)
    text = data.get("text/plain")
    match = _NUMBER.fullmatch(text.strip()) if isinstance(text, str) and len(data) == 1 else None
    if not match:
        return None
    try:
        value = float(match[1].replace(",", "").replace("_", ""))
    except ValueError:
        return None
    return (match[1], value) if math.isfinite(value) else None


def _plain(output: Output) -> str | None:
    text = output.get("text") if output.get("output_type") == "stream" else _data(output).get("text/plain")
    return text if isinstance(text, str) else None


def _texts(was: str | None, now: str | None) -> TextDifference | None:
    if was is None or now is None or len(was) + len(now) > _LONGEST_COMPARED_TEXT:
        return None
    return compare_texts(_COLOURS.sub("", was), _COLOURS.sub("", now))


def _error(output: Output) -> str:
    return str(output.get("ename") or "An error")[:100]


def _error_texts(was: Output, now: Output) -> TextDifference | None:
    return _texts(*(f"{_error(output)}: {output.get('evalue', '')}" for output in (was, now)))
