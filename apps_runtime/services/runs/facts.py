"""What is said of one run wherever it appears: the log, its own page, mails, the API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps_runtime.models import Run, RunCell
from apps_runtime.outputs import making, store
from apps_runtime.outputs.drawn import drawn
from apps_runtime.readers import Reader, could_not
from apps_runtime.session.state import CellState
from projects.confined import NotDone
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec
from projects.templatetags.times import say, say_day

LONGEST_VALUE = 60


@dataclass(frozen=True)
class CellFailure:
    """The first cell that failed in a run. `number` counts the cells that run, as pages do; `sentence` says what is
    wrong, `error` is Python's own line, `line` the author's line of code ("" where there is none)."""

    number: int
    cell_id: str
    sentence: str
    error: str
    line: str
    suggestion: str = ""
    error_id: str = ""


@dataclass(frozen=True)
class Counts:
    """How many cells of a run did what."""

    done: int
    failed: int
    not_run: int

    @property
    def total(self) -> int:
        return self.done + self.failed + self.not_run

    @property
    def words(self) -> str:
        """“14 cells ran”, “7 of 14 cells ran, 1 failed, 6 did not run”."""
        if self.done == self.total:
            return f"{self.total} cell{'' if self.total == 1 else 's'} ran"
        parts = [f"{self.done} of {self.total} cells ran"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.not_run:
            parts.append(f"{self.not_run} did not run")
        return ", ".join(parts)


def numbers_of(notebook: Notebook) -> dict[str, int]:
    """Cell id → the number beside it: the cells that run, counted from 1."""
    return {cell.id: number for number, cell in enumerate((cell for cell in notebook.cells if cell.kind.runs), 1)}


def counts_of(run: Run) -> Counts:
    states = [cell.state for cell in run.cells.all()]
    done, failed = states.count(CellState.DONE), states.count(CellState.FAILED)
    return Counts(done, failed, len(states) - done - failed)


def failure_of(run: Run) -> CellFailure | None:
    """What broke, for those who may read tracebacks. None when no cell failed (a lost worker, a cancelled run)."""
    row = next((cell for cell in run.cells.all() if cell.state == CellState.FAILED), None)
    if row is None:
        return None
    number = numbers_of(run.version.notebook).get(row.cell_id, row.position + 1)
    error = next((output for output in reversed(store.load(row.outputs)) if output["output_type"] == "error"), None)
    if error is None:
        return CellFailure(number, row.cell_id, row.error_line or "The cell failed.", "", "", error_id=row.error_id)
    read = (error["ename"], error["evalue"], error["traceback"])
    try:
        words = drawn(making.error_words, lambda: read, key=making.key_of(json.dumps(read)), weight=3_000)
    except NotDone:
        return CellFailure(number, row.cell_id, row.error_line or "The cell failed.", "", "", error_id=row.error_id)
    return CellFailure(
        number=number,
        cell_id=row.cell_id,
        sentence=words.headline,
        error=words.error,
        line=words.line,
        suggestion=words.suggestion,
        error_id=row.error_id,
    )


def told_to(reader: Reader, notebook: Notebook, failure: CellFailure | None) -> CellFailure | None:
    """The failure as this reader is told of it: who may not read its words gets its number."""
    if failure is None or reader.sees_errors_of(notebook, failure.cell_id):
        return failure
    return replace(failure, sentence=could_not(failure.error_id), error="", line="", suggestion="")


def failed_cell(run: Run, numbers: Mapping[str, int]) -> tuple[int, RunCell] | None:
    """Number and row of the first cell that failed, without reading its outputs."""
    row = next((cell for cell in run.cells.all() if cell.state == CellState.FAILED), None)
    return None if row is None else (numbers.get(row.cell_id, row.position + 1), row)


def chosen_inputs(notebook: Notebook, values: Mapping[str, Any]) -> list[tuple[InputSpec, str]]:
    """Inputs whose values differ from their defaults, with the value in words; buttons are no choice."""
    return [
        (spec, value_words(values[spec.name]))
        for spec in notebook.inputs
        if spec.name in values and not spec.kind.is_pressed and values[spec.name] != spec.default
    ]


def input_words(notebook: Notebook, values: Mapping[str, Any], most: int = 3) -> str:
    """“Count 12, Kind Rain and 2 more”; "" where all are the defaults."""
    parts = [f"{spec.title} {words}" for spec, words in chosen_inputs(notebook, values)]
    if len(parts) > most:
        return f"{', '.join(parts[:most])} and {len(parts) - most} more"
    return ", ".join(parts)


def moment_words(moment: datetime) -> str:
    """As `say`, but with the time of day on every day: “06:00 today”, “Thursday, 06:00”, “3 Nov, 06:00”."""
    local = timezone.localtime(moment)
    if (timezone.localdate() - local.date()).days in (0, 1):
        return say(moment)
    return f"{say_day(moment)}, {local:%H:%M}"


def value_words(value: Any) -> str:
    match value:
        case True:
            return "on"
        case False:
            return "off"
        case None | "" | []:
            return "nothing"
        case list():
            words = ", ".join(value_words(part) for part in value)
        case {"name": str(name)}:
            words = name
        case _:
            words = str(value)
    return words if len(words) <= LONGEST_VALUE else f"{words[: LONGEST_VALUE - 1]}…"
