"""A run's own page: what started it, what each cell did, and the notebook it left behind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.utils.safestring import SafeString

from apps_runtime.models import DueTime, PublishedResults, Run, RunCell
from apps_runtime.outputs.prose import highlight_python, render_markdown
from apps_runtime.outputs.render import OutputContext, render_outputs
from apps_runtime.services.runs.facts import moment_words, numbers_of, value_words
from apps_runtime.session.state import CellState
from projects.notebook.document import Cell, CellKind
from projects.notebook.layout.layout import words_of
from projects.templatetags.times import duration

# Below this share of the whole, a cell's name does not fit under its tick.
NAMED_SHARE = 0.12


@dataclass(frozen=True)
class PlayedCell:
    """A cell of the executed notebook. `state` "" when it did not run; the safe parts come from the renderers."""

    id: str
    kind: str
    number: int | None = None
    name: str = ""
    state: str = ""
    label: str = ""
    seconds: float | None = None
    prose: SafeString | None = None
    code: SafeString | None = None
    outputs: SafeString | None = None
    value: str = ""
    is_hidden: bool = False

    @property
    def anchor(self) -> str:
        return f"cell-{self.id}"


@dataclass(frozen=True)
class CellGroup:
    """Cells that follow each other: one that is shown as it is (`words` ""), or some behind a line of words."""

    cells: tuple[PlayedCell, ...]
    words: str = ""

    @property
    def first(self) -> PlayedCell:
        return self.cells[0]


@dataclass(frozen=True)
class CellTick:
    """A cell in the strip of durations: `share` of the whole in percent; `waited` before the first one began."""

    state: str
    share: float
    waited: bool = False


@dataclass(frozen=True)
class Mark:
    """A word under the strip, `at` percent from its start."""

    words: str
    at: float
    failed: bool = False


@dataclass(frozen=True)
class Durations:
    ticks: tuple[CellTick, ...]
    marks: tuple[Mark, ...]


def played_cells(run: Run, rows: Iterable[RunCell], *, context: OutputContext) -> list[PlayedCell]:
    """The executed notebook, cell by cell. `context` says where it is drawn: on a page, or in a file."""
    notebook = run.version.notebook
    numbers, results = numbers_of(notebook), {row.cell_id: row for row in rows}
    found = []
    for cell in notebook.cells:
        match cell.kind:
            case CellKind.MARKDOWN:
                prose = render_markdown(cell.source, cell.attachments, prefix=f"{cell.id}-")
                found.append(PlayedCell(cell.id, "markdown", prose=prose))
            case CellKind.INPUT | CellKind.CODE:
                found.append(_played(run, cell, numbers[cell.id], results.get(cell.id), context))
            case _:
                found.append(PlayedCell(cell.id, "raw", value=cell.source))
    return found


def grouped(run: Run, cells: Iterable[PlayedCell]) -> list[CellGroup]:
    """The cells with what nobody looks for first folded away: those that ran and show nothing in the app, and those
    that the run did not come to. While it goes on, and where cells are alone with text, all are shown."""
    stopped = next((cell.number for cell in cells if cell.state == CellState.FAILED), None)
    found: list[CellGroup] = []
    for fold, together in groupby(cells, key=lambda cell: _fold(run, cell)):
        members = tuple(together)
        if not fold:
            found += [CellGroup((cell,)) for cell in members]
            continue
        numbers = [cell.number for cell in members if cell.number]
        found.append(CellGroup(members, _hidden(numbers) if fold == "hidden" else _not_run(len(numbers), stopped)))
    return found


def _fold(run: Run, cell: PlayedCell) -> str:
    if not run.is_finished or cell.number is None:
        return ""
    if not cell.state:
        return "not run"
    return "hidden" if cell.is_hidden and cell.state == CellState.DONE else ""


def _hidden(numbers: Sequence[int]) -> str:
    """“Cells 2 and 3, not shown in the app”."""
    if len(numbers) == 1:
        return f"Cell {numbers[0]}, not shown in the app"
    joint = "and" if len(numbers) == 2 else "to"
    return f"Cells {numbers[0]} {joint} {numbers[-1]}, not shown in the app"


def _not_run(count: int, stopped: int | None) -> str:
    """“4 cells not run: the run ended at cell 5, which failed”."""
    cells = f"{count} cell{'' if count == 1 else 's'} not run"
    return f"{cells}: the run ended at cell {stopped}, which failed" if stopped else f"{cells}: the run ended before"


def _played(run: Run, cell: Cell, number: int, row: RunCell | None, context: OutputContext) -> PlayedCell:
    state = row.state if row and row.state not in (CellState.IDLE, CellState.SKIPPED) else ""
    outputs = None
    if row and row.outputs:
        outputs = render_outputs(row.outputs, context=replace(context, error_id=row.error_id, density="compact"))
    return PlayedCell(
        id=cell.id,
        kind=str(cell.kind),
        number=number,
        name=words_of(cell),
        state=state,
        label=CellState(row.state).label if row else CellState.SKIPPED.label,
        seconds=row.seconds if row else None,
        code=None if cell.input else highlight_python(cell.source),
        outputs=outputs,
        value=value_words(run.used_values.get(cell.input.name)) if cell.input else "",
        is_hidden=not cell.show.cell or not (cell.input or cell.show.code or cell.show.output),
    )


def durations(run: Run, cells: list[PlayedCell]) -> Durations | None:
    """The strip whose ticks are as wide as their cells took; None while nothing has ended."""
    ran = [cell for cell in cells if cell.seconds is not None]
    if not ran or not run.seconds:
        return None
    in_cells = sum(cell.seconds or 0 for cell in ran)
    waited = max(run.seconds - in_cells, 0)
    whole = max(run.seconds, in_cells)
    ticks, marks, at = [], [], 0.0
    if waited / whole > 0.01:
        ticks.append(CellTick("", round(waited / whole * 100, 3), waited=True))
        marks.append(Mark("Kernel", 0.0))
        at = waited
    # The last word stands at the end of the line; the ones before must leave room for it and for each other.
    free_from = at / whole if waited / whole > 0.08 else 0.08
    for cell in ran:
        ticks.append(CellTick(cell.state, round((cell.seconds or 0) / whole * 100, 3)))
        place, share = at / whole, (cell.seconds or 0) / whole
        failed = cell.state == CellState.FAILED
        if (failed or share >= NAMED_SHARE) and free_from <= place <= 0.85:
            words = f"Cell {cell.number}" if failed else f"Cell {cell.number}, {cell.name[:28]}"
            marks.append(Mark(words, round(place * 100, 1), failed))
            free_from = place + (0.08 if failed else 0.26)
        at += cell.seconds or 0
    return Durations(tuple(ticks), tuple(marks))


def said_of(run: Run, shown: PublishedResults | None, due: DueTime | None) -> str:
    """What the run means for the app, in a sentence or three."""
    took = f" after {duration(run.seconds)}" if run.seconds else ""
    kept = (
        f"the app still shows the results of {moment_words(shown.run.ended_at)}" if shown and shown.run.ended_at else ""
    )
    match run.state:
        case Run.State.QUEUED:
            return run.why or "It waits for a worker."
        case Run.State.RUNNING:
            return "It plays the whole notebook, top to bottom, with a new kernel."
        case Run.State.DONE:
            is_shown = shown is not None and shown.run_id == run.pk
            return f"It took {duration(run.seconds)}." + (" The app shows its results." if is_shown else "")
    told = _told(due)
    if run.state == Run.State.FAILED:
        if shown and shown.run_id == run.pk:
            return f"It stopped{took}. The app shows its results, errors included.{told}"
        return f"It stopped{took} and replaced nothing{f': {kept}' if kept else ''}.{told}"
    return f"{run.why}{f' {kept[:1].upper()}{kept[1:]}.' if kept else ''}{told}".strip()


def _told(due: DueTime | None) -> str:
    if due is None or due.told_at is None:
        return ""
    names = [person.name for person in due.schedule.tell_on_failure.all()]
    if not names:
        return ""
    return f" {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} {_was(names)} told by e-mail."


def _was(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"
