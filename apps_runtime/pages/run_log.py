"""The run log of a project: every run, and the due times of its schedules that started none."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from django.db.models import CharField, F, Prefetch, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from apps_runtime.models import DueTime, PublishedResults, Run, RunCell
from apps_runtime.pages.progress import Progress, of_run_cells
from apps_runtime.services.runs.facts import failed_cell, input_words, moment_words, numbers_of
from apps_runtime.session.state import CellState
from projects.models import Project
from projects.notebook.document import Notebook
from projects.shapes import whole_number

Place: TypeAlias = tuple[str, datetime, int]


class Result(StrEnum):
    """How the log can be narrowed by what became of a run."""

    ALL = ""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        return {Result.ALL: "Any result", Result.SKIPPED: "Skipped or missed"}.get(self, self.value.capitalize())


STATES: dict[Result, list[Run.State]] = {
    Result.RUNNING: Run.State.unfinished(),
    Result.SUCCEEDED: [Run.State.DONE],
    Result.FAILED: [Run.State.FAILED, Run.State.LOST, Run.State.DENIED],
    Result.CANCELLED: [Run.State.CANCELLED],
    Result.SKIPPED: [],
}


@dataclass(frozen=True)
class LogFilter:
    """What part of the log is asked for; each "" means all."""

    trigger: str = ""
    result: Result = Result.ALL
    search: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.trigger or self.result or self.search)


@dataclass(frozen=True)
class LogEntry:
    """A line of the log. `run` None: a due time that was skipped or missed. `state` is the design's, `word` says it,
    `beside` goes on; `inputs` "" for the defaults."""

    at: datetime
    why: str
    state: str
    word: str
    beside: str
    run: Run | None = None
    inputs: str = ""
    progress: Progress | None = None
    is_shown: bool = False

    @property
    def at_words(self) -> str:
        return moment_words(self.at)

    @property
    def strip(self) -> tuple[str, ...]:
        return self.progress.strip if self.progress else ()


def places(project: Project, wanted: LogFilter) -> QuerySet:
    """Where each line stands, newest first: (kind, time, number of the run or key of the due time)."""
    runs = _runs(project, wanted).annotate(kind=Value("run", CharField()), at=F("created_at"))
    due = _due_times(project, wanted).annotate(kind=Value("due", CharField()))
    columns = runs.order_by().values_list("kind", "at", "number")
    return columns.union(due.order_by().values_list("kind", "at", "pk"), all=True).order_by("-at", "-number")


def entries(project: Project, found: Sequence[Place]) -> list[LogEntry]:
    """The lines for these places, in their order: five queries however many there are."""
    runs = {run.number: run for run in log_runs(project, [number for kind, _, number in found if kind == "run"])}
    keys = [key for kind, _, key in found if kind == "due"]
    due = {row.pk: row for row in DueTime.objects.filter(pk__in=keys, schedule__project=project)}
    shown = PublishedResults.objects.filter(publication__project=project).values_list("run_id", flat=True).first()
    notebooks: dict[int, Notebook] = {}
    for run in runs.values():
        notebooks.setdefault(run.version_id, run.version.notebook)
    lines = []
    for kind, _, key in found:
        if kind == "run" and key in runs:
            lines.append(entry_of(runs[key], notebooks[runs[key].version_id], is_shown=runs[key].pk == shown))
        elif kind == "due" and key in due:
            lines.append(_not_run(due[key]))
    return lines


def lately(project: Project, now: datetime) -> str:
    """“Last 30 days: 29 succeeded, 1 failed, 1 skipped”; "" when nothing was."""
    since = now - timedelta(days=30)
    runs = _runs(project, LogFilter()).filter(created_at__gte=since)
    counts = [(runs.filter(state__in=STATES[result]).count(), result) for result in (Result.SUCCEEDED, Result.FAILED)]
    counts.append((_due_times(project, LogFilter()).filter(at__gte=since).count(), Result.SKIPPED))
    said = [
        f"{count} {'skipped or missed' if result is Result.SKIPPED else result}" for count, result in counts if count
    ]
    return f"Last 30 days: {', '.join(said)}" if said else ""


def stamp_of(lines: Iterable[LogEntry]) -> str:
    """Another text whenever one of the lines says something else."""
    told = [f"{line.run.number}.{line.run.sequence}.{line.is_shown:d}" if line.run else str(line.at) for line in lines]
    return hashlib.sha256(" ".join(told).encode()).hexdigest()[:16]


def log_runs(project: Project, numbers: Iterable[int]) -> QuerySet[Run]:
    """Runs with what a line of the log says of them; outputs stay in the database."""
    light = RunCell.objects.defer("outputs")
    return (
        project.runs.filter(number__in=list(numbers))
        .select_related("version", "by", "due_time__schedule")
        .prefetch_related(Prefetch("cells", light))
    )


def entry_of(run: Run, notebook: Notebook, *, is_shown: bool) -> LogEntry:
    progress = of_run_cells(run, run.cells.all())
    state, word, beside = _outcome(run, notebook, progress)
    return LogEntry(
        at=run.started_at or run.created_at,
        why=why_words(run),
        state=state,
        word=word,
        beside="shown in the app" if is_shown else beside,
        run=run,
        inputs=input_words(notebook, run.values),
        progress=progress,
        is_shown=is_shown,
    )


def why_words(run: Run) -> str:
    """“Schedule”, “Publish, Alice”, “Alice, by hand”, “API, Alice”."""
    name = run.by.name if run.by else ""
    match run.trigger:
        case Run.Trigger.SCHEDULE | Run.Trigger.CHECK:
            return str(Run.Trigger(run.trigger).label)
        case Run.Trigger.MANUAL:
            return f"{name}, by hand" if name else "By hand"
        case _:
            label = Run.Trigger(run.trigger).label
            return f"{label}, {name}" if name else label


def _outcome(run: Run, notebook: Notebook, progress: Progress) -> tuple[str, str, str]:
    """State of the design, word, and what goes on beside it."""
    match run.state:
        case Run.State.QUEUED:
            return "queued", "Queued", run.why
        case Run.State.RUNNING:
            return "running", "Stopping" if progress.is_stopping else "Running", f"{progress.done} of {progress.total}"
        case Run.State.DONE:
            return "done", "Succeeded", ""
        case Run.State.CANCELLED:
            return "skipped", "Cancelled", run.why
        case Run.State.LOST:
            return "failed", "Worker lost", ""
        case Run.State.DENIED:
            return "failed", "Not allowed any more", run.why
    failed = failed_cell(run, numbers_of(notebook))
    if failed is None:
        return "failed", "Failed", run.why
    return "failed", f"Cell {failed[0]} failed", failed[1].error_line


def _not_run(due: DueTime) -> LogEntry:
    return LogEntry(at=due.at, why="Schedule", state="skipped", word=due.get_outcome_display(), beside=due.why)


def _runs(project: Project, wanted: LogFilter) -> QuerySet[Run]:
    runs = project.runs.exclude(trigger=Run.Trigger.LIVE)  # Nothing was executed.
    if wanted.trigger:
        runs = runs.filter(trigger=wanted.trigger)
    if wanted.result:
        runs = runs.filter(state__in=STATES[wanted.result])
    for word in wanted.search.split():
        runs = runs.filter(pk__in=_matching(project, word).values("pk"))
    return runs


def _matching(project: Project, word: str) -> QuerySet[Run]:
    """Runs in which a word occurs: number, person, inputs, the end's reason, the failed cell's error."""
    # Django writes JSON with escapes for what is not ASCII; PostgreSQL keeps it without.
    escaped = json.dumps(word)[1:-1]
    found = (
        Q(by__first_name__icontains=word)
        | Q(by__last_name__icontains=word)
        | Q(by__username__icontains=word)
        | Q(why__icontains=word)
        | Q(inputs_text__icontains=word)
        | Q(inputs_text__icontains=escaped)
        | Q(version__naming__name__icontains=word)
        | Q(cells__in=RunCell.objects.filter(state=CellState.FAILED, error_line__icontains=word))
    )
    number = whole_number(word.removeprefix("#"))
    if number is not None:
        found |= Q(number=number) | Q(version__number=number)
    return Run.objects.filter(project=project).annotate(inputs_text=Cast("values", TextField())).filter(found)


def _due_times(project: Project, wanted: LogFilter) -> QuerySet[DueTime]:
    due = DueTime.objects.filter(schedule__project=project).exclude(outcome=DueTime.Outcome.STARTED)
    if wanted.trigger not in ("", Run.Trigger.SCHEDULE) or wanted.result not in (Result.ALL, Result.SKIPPED):
        return due.none()
    for word in wanted.search.split():
        due = due.filter(Q(why__icontains=word) | Q(outcome__icontains=word))
    return due
