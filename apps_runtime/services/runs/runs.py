"""Runs: starting, claiming, recording and ending them. The row is the truth; the queue only carries its id.

User code runs at most once: a run whose worker was lost is marked so, never silently repeated (specs/faults).
"""

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.dispatch import Signal
from django.utils import timezone

from apps_runtime.messaging import news, queue
from apps_runtime.models import PublishedResults, Run, RunCell, Schedule
from apps_runtime.outputs import store
from apps_runtime.services.results import output_access
from apps_runtime.services.runs import first_results
from apps_runtime.session.state import CellState
from projects.models import Project, Publication, User, Version
from projects.notebook import inputs

logger = logging.getLogger(__name__)

# Sent on commit with `run`, once, when it has ended.
run_ended = Signal()

ASK_AGAIN_SECONDS = 2  # The host forgets a place in its queue that nobody asks for within fifteen.
LOST = "The worker that played this run was lost. Nothing was published; start it again."


def start(
    *,
    version: Version,
    trigger: Run.Trigger,
    by: User | None,
    values: Mapping[str, Any] | None = None,
    notes: list[str] | None = None,
    now: datetime | None = None,
) -> Run:
    """Queue a run of `version` with its default inputs, or with `values` where they are given (canonical)."""
    now = now or timezone.now()
    notebook = version.notebook
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=version.project_id)
        run = Run.objects.create(
            project=project,
            number=(project.runs.aggregate(Max("number"))["number__max"] or 0) + 1,
            version=version,
            trigger=trigger,
            by=by,
            values={**inputs.defaults(notebook.inputs), **(values or {})},
            notes=notes or [],
            enqueued_at=now,
        )
        RunCell.objects.bulk_create(
            RunCell(run=run, cell_id=cell.id, position=position)
            for position, cell in enumerate(notebook.cells)
            if cell.kind.runs
        )
        _enqueue(run)
        _tell_the_log(run)
    return run


def claim(*, run_id: str, worker: str, now: datetime) -> Run | None:
    """Take a queued run for `worker`. None: somebody else has it, or it ended; then there is nothing to do."""
    claimed = Run.objects.filter(pk=run_id, state=Run.State.QUEUED).update(
        state=Run.State.RUNNING,
        worker=worker,
        started_at=now,
        lease_until=_lease(now),
        why="",
        sequence=F("sequence") + 1,
    )
    if not claimed:
        return None
    run = Run.objects.select_related("version", "project__workspace", "by").get(pk=run_id)
    news.announce(run.group, type="run.changed", sequence=run.sequence, cells=[], status=True)
    _tell_the_log(run)
    return run


def put_back(*, run: Run, why: str, now: datetime) -> bool:
    """There is no kernel for a claimed run yet, and nothing of it was played: it waits, and is asked for again soon.
    False: it was asked to stop meanwhile, or is not ours any more."""
    with transaction.atomic():
        ours = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, worker=run.worker, stop_requested_at__isnull=True)
        waits = ours.update(
            state=Run.State.QUEUED, worker="", started_at=None, lease_until=None, enqueued_at=now, why=why[:500],
            sequence=F("sequence") + 1,
        )  # fmt: skip
        if waits:
            run.refresh_from_db()
            news.announce(run.group, type="run.changed", sequence=run.sequence, cells=[], status=True)
            _tell_the_log(run)
            _enqueue(run, delay=ASK_AGAIN_SECONDS)
    return bool(waits)


def heartbeat(*, run: Run, now: datetime) -> bool:
    """Keep the lease. False: the run is not ours any more (cancelled, or given up as lost): stop playing."""
    return bool(
        Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, worker=run.worker).update(lease_until=_lease(now))
    )


def stop_requested(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, stop_requested_at__isnull=False).exists()


def record(*, run: Run, cells: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what cells did (id → fields of CellResult; `outputs` as nbformat) and tell those who watch."""
    stored = {
        cell_id: {**fields, "outputs": store.put(fields["outputs"])} if "outputs" in fields else dict(fields)
        for cell_id, fields in cells.items()
    }
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(sequence=F("sequence") + 1)
        sequence = Run.objects.values_list("sequence", flat=True).get(pk=run.pk)
        for cell_id, fields in stored.items():
            RunCell.objects.filter(run=run, cell_id=cell_id).update(sequence=sequence, **fields)
        output_access.note_outputs(
            run.project_id, [fields["outputs"] for fields in stored.values() if "outputs" in fields]
        )
        news.announce(run.group, type="run.changed", sequence=sequence, cells=list(stored), status=True)
        if any("state" in fields for fields in cells.values()):  # Outputs alone come too often for a list.
            _tell_the_log(run)


def note_options(*, run: Run, options: Mapping[str, Any], notes: list[str]) -> None:
    """What variables gave inputs to choose from, and which values were none of it."""
    run.options, run.notes = dict(options), [*run.notes, *(note for note in notes if note not in run.notes)]
    Run.objects.filter(pk=run.pk).update(options=run.options, notes=run.notes)


def finish(*, run: Run, state: Run.State, why: str = "", now: datetime | None = None) -> bool:
    """End a run that is going on. False when it had ended already; the first end counts."""
    now = now or timezone.now()
    before = [previous for previous, following in Run.TRANSITIONS.items() if state in following]
    with transaction.atomic():
        ended = Run.objects.filter(pk=run.pk, state__in=before).update(
            state=state, why=why[:500], ended_at=now, lease_until=None, kernel=None, sequence=F("sequence") + 1
        )
        if not ended:
            return False
        run.refresh_from_db()
        run.cells.filter(state__in=[CellState.RUNNING, CellState.QUEUED, CellState.IDLE]).update(
            state=CellState.SKIPPED, sequence=run.sequence
        )
        adopt_results(run=run, now=now)
        news.announce(run.group, type="run.changed", sequence=run.sequence, cells=None, status=True)
        _tell_the_log(run)
        news.announce(news.project_group(run.project_id), type="project.run_ended", run=str(run.pk))
        transaction.on_commit(lambda: run_ended.send(Run, run=run))
    return True


def adopt_results(*, run: Run, now: datetime) -> bool:
    """Show this run's outputs in the app, if that is right: its version is the live one, it is newer than what is
    shown, and it does not replace good results by failed ones of the same version."""
    if run.state not in (Run.State.DONE, Run.State.FAILED) or run.trigger in Run.Trigger.aside():
        return False
    publication = Publication.objects.select_for_update().filter(project=run.project_id).first()
    if publication is None or publication.version_id != run.version_id or not shows_defaults(run):
        return False
    shown = PublishedResults.objects.select_related("run").filter(publication=publication).first()
    same_version = shown is not None and shown.run.version_id == run.version_id
    if same_version and (run.state == Run.State.FAILED or shown.run.number > run.number):
        return False
    PublishedResults.objects.update_or_create(publication=publication, defaults={"run": run, "since": now})
    output_access.note_published(run)
    first_results.show(run=run)
    queue.ask_for_template(run.project_id)
    news.announce(news.project_group(run.project_id), type="project.results", run=str(run.pk))
    return True


def shows_defaults(run: Run) -> bool:
    """The app shows results for its defaults, or for the inputs its schedule chose, whoever pressed Run now."""
    if run.trigger == Run.Trigger.SCHEDULE:
        return True
    if all(run.values.get(spec.name) == spec.default for spec in run.version.notebook.inputs):
        return True
    chosen = (schedule.inputs_for(run.version) for schedule in Schedule.objects.filter(project=run.project_id))
    return any({**found.values, **found.held} == run.values for found in chosen)


def again(*, run: Run, by: User) -> Run:
    """Start the same once more: this run's version, with this run's inputs."""
    return start(version=run.version, trigger=Run.Trigger.MANUAL, by=by, values=run.values, notes=run.notes)


def cancel(*, run: Run, by: User | None, why: str = "") -> None:
    """Stop a run: at once if it is queued, else its worker is asked to and kills the kernel."""
    why = why or (f"{by.name} stopped it." if by else "It was stopped.")
    if Run.objects.filter(pk=run.pk, state=Run.State.QUEUED).exists() and finish(
        run=run, state=Run.State.CANCELLED, why=why
    ):
        return
    with transaction.atomic():
        asked = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, stop_requested_at__isnull=True)
        if asked.update(stop_requested_at=timezone.now(), why=why[:500]):
            run.refresh_from_db()
            _tell_the_log(run)
            queue.enqueue("stop_playing", str(run.pk), queue=queue.sessions_queue(run.worker))


def sweep(*, now: datetime) -> list[Run]:
    """End runs whose worker was lost, and queue forgotten ones again. Returns the lost ones."""
    lost = []
    for run in Run.objects.abandoned(now).select_related("project"):
        if finish(run=run, state=Run.State.LOST, why=LOST, now=now):
            logger.warning("Run %s was lost with its worker %s", run.pk, run.worker)
            lost.append(run)
    for run in Run.objects.forgotten(now):
        if Run.objects.filter(pk=run.pk, state=Run.State.QUEUED).update(enqueued_at=now):
            _enqueue(run)
    return lost


def new_error_id() -> str:
    """What a viewer can tell the authors: E-7F3A-91."""
    digits = secrets.token_hex(3).upper()
    return f"E-{digits[:4]}-{digits[4:]}"


def _enqueue(run: Run, *, delay: float = 0) -> None:
    queue.enqueue("play_run", str(run.pk), queue=queue.RUNS, delay=delay)


def _tell_the_log(run: Run) -> None:
    news.announce(news.runs_group(run.project_id), type="runs.changed", run=run.number)


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.HEXLITE_LEASE_SECONDS)
