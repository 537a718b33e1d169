"""Playing cells: runs here, sessions in `session_playing`; both play a cell, and are stopped, in the same way.

Events of the player become rows, then news; never the other way round. `stop` is called by another thread of the same
worker, because a task that plays can't hear.
"""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.models import Run
from apps_runtime.playing.player import Changed, Ended, EndState, Event, Player, PlayLimits
from apps_runtime.playing.reading_options import RunOptions
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import analyses, uploads
from apps_runtime.session.state import CellState
from projects.models import Project
from projects.notebook import inputs
from projects.notebook.document import Cell, Notebook
from projects.notebook.inputs import InputSpec, Value
from projects.permissions import Action, may
from projects.services import file_staging

logger = logging.getLogger(__name__)

# Jupyter's tag for a cell whose error belongs to the story.
RAISES = "raises-exception"
NO_SPACE = "There is no space left for its outputs. Tell the administrator of this installation."
RESTARTING = "The worker that played it was restarted. Nothing was published; start it again."
# A database that restarts is waited for; the lease may run out meanwhile, and then that is how the run ended.
PERSISTENT_SECONDS = 60.0
PAUSE_SECONDS = 0.5

# What this worker plays now, by the id of the run or session.
_playing: dict[str, "Playing"] = {}


class Playing:
    """A piece of work, and whether somebody asked it to stop: before its player is known, or while it plays."""

    def __init__(self, keep: Callable[[], bool]) -> None:
        self._keep = keep
        self._kept_at = time.monotonic()
        self._player: Player | None = None
        self.stopping = threading.Event()
        self.why = ""

    def play_on(self, player: Player) -> None:
        self._player = player
        if self.stopping.is_set():
            player.stop()

    def stop(self, why: str = "") -> None:
        self.why = self.why or why
        self.stopping.set()
        if self._player is not None:
            self._player.stop()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._kept_at >= settings.HEXLITE_HEARTBEAT_SECONDS

    def keep(self) -> None:
        """A heartbeat; work that is not ours any more stops."""
        self._kept_at = time.monotonic()
        if not self._keep():
            self.stop()


def stop(identity: str) -> bool:
    """Stop what this worker plays under this id. False: it plays no such thing."""
    playing = _playing.get(identity)
    if playing:
        playing.stop()
    return playing is not None


def stop_all_after(seconds: float) -> None:
    """For a worker that is told to end: what still runs after so long is stopped, and its author is told why."""
    threading.Event().wait(seconds)
    for playing in list(_playing.values()):
        playing.stop(RESTARTING)


# ---- Runs


def play_run(*, run_id: str, worker: str) -> Run | None:
    """Claim and play a run to its end. None: there was nothing to claim.

    Whatever goes wrong, the row says how it ended; only when that can't be written does its lease have to run out.
    """
    run = runs.claim(run_id=run_id, worker=worker, now=timezone.now())
    if run is None:
        return None
    if run.by and not may(run.by, run.project, _action_of(run)):
        runs.finish(run=run, state=Run.State.DENIED, why=f"{run.by.name} may not run this project any more.")
        return run
    try:
        file_staging.check_disk(0)
        kernel = start_kernel(run.project, run.version.notebook, label=f"run {run.pk}", ticket=str(run.pk), hold=True)
    except kernels.KernelHostFull as full:
        if not runs.put_back(run=run, why=place_in_queue(full), now=timezone.now()):
            runs.finish(run=run, state=Run.State.CANCELLED, why=run.why)
        return run
    except (kernels.KernelUnavailable, file_staging.NoRoom) as unavailable:
        runs.finish(run=run, state=Run.State.FAILED, why=str(unavailable))
        return run
    try:
        Run.objects.filter(pk=run.pk).update(kernel=kernel.address.to_json(), language=kernel.language())
        state, why = _play_run_cells(run, kernel)
        Run.objects.filter(pk=run.pk).update(peak_memory=kernel.peak_memory())
    except Exception as problem:
        error_id = runs.new_error_id()
        logger.exception("Error %s: run %s could not be played to its end", error_id, run.pk)
        persistently(runs.finish, run=run, state=Run.State.FAILED, why=_words_for(problem, error_id))
        return run
    finally:
        kernel.kill()
    analyses.of_version(run.version)  # so that nobody who opens the app waits for it
    persistently(runs.finish, run=run, state=state, why=why)
    return run


def is_full(problem: Exception) -> bool:
    """Whether an output found no room in the store."""
    return isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _words_for(problem: Exception, error_id: str) -> str:
    """Why a run ended that neither its code nor its author ended; the log has the rest."""
    if is_full(problem):
        return NO_SPACE
    return f"hexlite failed to play it (error {error_id}). Start it again; if it fails again, tell an administrator."


def _play_run_cells(run: Run, kernel: kernels.Kernel) -> tuple[Run.State, str]:
    notebook = run.version.notebook
    cells = [notebook.cell(row.cell_id) for row in run.cells.all()]
    deadline = _run_deadline(run)
    player = Player(kernel, limits())
    with registered(str(run.pk), lambda: _keep_run(run)) as playing:
        playing.play_on(player)
        now = timezone.now()
        chosen = RunOptions(notebook, dict(run.values), now)
        for cell, following in zip_longest(cells, cells[1:]):
            left = (deadline - timezone.now()).total_seconds()
            if left <= 0:
                return Run.State.FAILED, "The run took longer than it may and was ended."
            seconds = min(settings.HEXLITE_CELL_SECONDS_BATCH, left)
            if cell is cells[0]:
                _record(run, {cell.id: {"state": CellState.RUNNING, "started_at": timezone.now()}})
            ended = None
            if cell.input and cell.input.options_from:
                chosen.judge(player, cell.input)
                runs.note_options(run=run, options=chosen.to_json(), notes=chosen.notes)
            for event in play_cell(player, cell, chosen.values, now, seconds):
                if isinstance(event, Changed):
                    _record(run, {cell.id: {"outputs": event.outputs}})
                elif isinstance(event, Ended):
                    ended = event
            if playing.stopping.is_set():
                _record(run, {cell.id: {"state": CellState.STALE, **result(ended)}})
                if playing.why:
                    return Run.State.FAILED, playing.why
                run.refresh_from_db(fields=["why", "state"])
                return Run.State.CANCELLED, run.why or "It was stopped."
            if ended.state != "done":
                _record(run, {cell.id: {"state": CellState.FAILED, **result(ended)}})
                return Run.State.FAILED, ended.sentence
            changes: dict[str, Mapping[str, Any]] = {cell.id: {"state": CellState.DONE, **result(ended)}}
            if following is not None:
                changes[following.id] = {"state": CellState.RUNNING, "started_at": timezone.now()}
            _record(run, changes)
    return Run.State.DONE, ""


def _record(run: Run, cells: Mapping[str, Mapping[str, Any]]) -> None:
    persistently(runs.record, run=run, cells=cells)


def _action_of(run: Run) -> Action:
    """A program runs the published app, as its visitors do; all other runs are the authors'."""
    return Action.RUN_APP if run.trigger == Run.Trigger.API else Action.PUBLISH


def _run_deadline(run: Run) -> datetime:
    seconds = (
        settings.HEXLITE_RUN_SECONDS_SCHEDULE
        if run.trigger in (Run.Trigger.SCHEDULE, Run.Trigger.API, Run.Trigger.CHECK)
        else settings.HEXLITE_RUN_SECONDS_PREVIEW
    )
    return (run.started_at or timezone.now()) + timedelta(seconds=seconds)


def _keep_run(run: Run) -> bool:
    return runs.heartbeat(run=run, now=timezone.now()) and not runs.stop_requested(run)


# ---- Both


def persistently(write: Callable[..., object], **what: Any) -> None:
    """Do `write`, again while the database is away or locked. Raises OperationalError after a minute."""
    deadline = time.monotonic() + PERSISTENT_SECONDS
    while True:
        try:
            write(**what)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            logger.warning("The database does not answer; waiting to write how a run goes on")
        close_old_connections()
        threading.Event().wait(PAUSE_SECONDS)


def start_kernel(project: Project, notebook: Notebook, *, hold: bool = False, **wish: Any) -> kernels.Kernel:
    """A new kernel in the project's sandbox; with `hold` one that ends with this worker, however that ends.

    `wish` as in KernelHost.start: for whom it is, and what it may be forked from. Raises KernelUnavailable.
    """
    return kernels.connect(kernels.start(project_id=str(project.pk), **place(project, notebook), **wish), hold=hold)


def place_in_queue(full: kernels.KernelHostFull) -> str:
    """For whoever waits for a kernel."""
    one = full.most == 1
    reason = {
        "person": f"You run {full.most} {'app' if one else 'apps'} already; close one, or wait.",
        "app": "The one kernel of this app is busy." if one else f"All {full.most} kernels of this app are busy.",
        "memory": "The memory of this machine is in use.",
    }.get(
        full.limit,
        "The one kernel of this machine is busy." if one else f"All {full.most} kernels of this machine are busy.",
    )
    return f"{reason} You are number {full.position} of {full.waiting} in the queue, and yours starts by itself."


def place(project: Project, notebook: Notebook) -> dict[str, Any]:
    """Which sandbox a project's kernels live in. Visitors' uploads are shown to notebooks that take files."""
    project.files_dir.mkdir(parents=True, exist_ok=True)
    takes_files = any(spec.kind.takes_upload for spec in notebook.inputs)
    return {
        "files_dir": project.files_dir,
        "kernelspec": project.kernelspec,
        "uploads_dir": uploads.folder_of(project) if takes_files else None,
    }


def play_cell(player: Player, cell: Cell, values: Mapping[str, Any], now: datetime, seconds: float) -> Iterator[Event]:
    """The events of one cell. An input cell is one assignment of its present value, as data (specs/security T1)."""
    value = values.get(cell.input.name, cell.input.default) if cell.input else None
    source = assignment_of(player, cell.input, value, now) if cell.input else cell.source
    for event in player.play(source, cell_id=cell.id, deadline_seconds=seconds):
        yield as_meant(cell, event) if isinstance(event, Ended) else event


def as_meant(cell: Cell, ended: Ended) -> Ended:
    """A cell that may fail, as Jupyter's tag `raises-exception` says, has done what it should; its error is shown."""
    if RAISES not in cell.tags or ended.state is not EndState.FAILED or ended.kernel_gone:
        return ended
    return replace(ended, state=EndState.DONE)


def assignment_of(player: Player, spec: InputSpec, value: Value, now: datetime) -> str:
    """The statement that gives an input its value; a file is found where its kernel sees the uploads."""
    if spec.kind.takes_upload and value:
        value = f"{player.kernel.address.uploads}/{value}"
    return inputs.assignment([spec], {spec.name: value}, now)


# What a session's row keeps of an input cell: its value was assigned, and nothing was shown.
DELIVERED: Mapping[str, Any] = MappingProxyType(
    {"outputs": [], "execution_count": None, "seconds": None, "error_id": "", "error_line": ""}
)


def result(ended: Ended) -> dict[str, Any]:
    """What a row keeps of a cell's end."""
    failed = ended.state != "done"
    return {
        "outputs": ended.outputs,
        "execution_count": ended.execution_count,
        "seconds": ended.seconds,
        "error_id": runs.new_error_id() if failed else "",
        "error_line": ended.sentence[:500] if failed else "",
    }


@contextmanager
def registered(identity: str, keep: Callable[[], bool]) -> Iterator[Playing]:
    """Where `stop` finds it, with a heartbeat: when `keep` says the work is not ours any more, the player stops."""
    playing = _playing[identity] = Playing(keep)
    _heart.beat()
    try:
        yield playing
    finally:
        if _playing.get(identity) is playing:  # Not another's, who took over what had lost its lease.
            del _playing[identity]


class Heart:
    """The thread of this process that keeps what is played: starting one for each would take as long as its plan."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def beat(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="heartbeats", daemon=True)
                self._thread.start()

    def _beat(self) -> None:
        while True:
            threading.Event().wait(min(1.0, settings.HEXLITE_HEARTBEAT_SECONDS))
            due = [(identity, playing) for identity, playing in list(_playing.items()) if playing.is_due]
            for identity, playing in due:
                if _playing.get(identity) is not playing:
                    continue  # It has ended while others were kept.
                try:
                    playing.keep()
                except Exception:
                    # A worker that can't keep its lease must not go on for ever; the next beats try again till it ends.
                    logger.exception("The heartbeat of %s failed", identity)
            if due:
                connections.close_all()


_heart = Heart()


def lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.HEXLITE_LEASE_SECONDS)


def limits() -> PlayLimits:
    return PlayLimits()
