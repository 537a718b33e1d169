"""Sessions: opening them, and `submit`, the one way anything happens to one."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from apps_runtime.messaging import machines, news, queue
from apps_runtime.models import CellResult, PublishedResults, Session, SessionCell
from apps_runtime.outputs import store
from apps_runtime.services.results import app_results, output_access
from apps_runtime.services.sessions import options, planning, session_rows
from apps_runtime.session import reducer
from apps_runtime.session.operations import Effect, Operation
from apps_runtime.session.state import CellState, State
from projects.models import Draft, Project, User, Version
from projects.notebook import inputs
from projects.notebook.document import Notebook
from projects.permissions import NotYours
from projects.services.drafts import source_digest

# Sent on commit with `session`, a draft's, when its cells have come to rest.
settled = Signal()


@dataclass(frozen=True)
class Submitted:
    session: Session
    state: State
    effects: tuple[Effect, ...]


def find(*, project: Project, person: User | None, visitor: str, now: datetime) -> Session | None:
    """The visitor's own session of the app, to re-attach to: it was seen lately, whatever became of the window."""
    if person is None and not visitor:
        return None
    whose = {"owner": person} if person is not None else {"owner": None, "visitor": visitor}
    since = now - timedelta(seconds=settings.HEXLITE_SESSION_RESUME_SECONDS)
    return (
        Session.objects.filter(project=project, draft=None, token=None, seen_at__gte=since, **whose)
        .select_related("version")
        .order_by("-created_at")
        .first()
    )


def of_window(*, project: Project, person: User | None, visitor: str, identity: str, token: str) -> Session | None:
    """The session a window says it is about: a shared one by its token, or one's own by its id.

    None without either, and for somebody else's private one. Raises NotYours for a token that is none.
    """
    of_app = Session.objects.filter(project=project, draft=None)
    if token:
        session = of_app.filter(token=token).first()
        if session is None:
            raise NotYours()
        return session_rows.with_version(session)
    if not identity or (person is None and not visitor):
        return None
    mine = of_app.filter(owner=person) if person else of_app.filter(owner=None, visitor=visitor)
    try:
        session = mine.filter(pk=identity).first()
    except ValidationError:
        return None
    return session_rows.with_version(session) if session is not None else None


def open_app(
    *,
    version: Version,
    person: User | None,
    visitor: str,
    values: Mapping[str, Any],
    from_address: str = "",
    now: datetime | None = None,
) -> Session:
    """A new session of a published app that starts from the published results. No kernel is taken.

    `from_address`: of a stranger, what `strangers.admit_new` gives.
    """
    notebook = version.notebook
    results = (
        PublishedResults.objects.filter(publication__project=version.project_id, run__version=version)
        .select_related("run")
        .first()
    )
    defaults = inputs.defaults(notebook.inputs)
    baseline = {**defaults, **results.run.used_values} if results else defaults
    known = options.of_run(results.run) if results else {}
    state = reducer.create(runnable(notebook), {**baseline, **values}, baseline, known)
    with transaction.atomic():
        session = Session.objects.create(
            project_id=version.project_id,
            version=version,
            owner=person,
            visitor="" if person else visitor,
            from_address=from_address,
            state=state.to_json(),
            seen_at=now or timezone.now(),
        )
        shown = {cell.cell_id: cell for cell in results.run.cells.all()} if results else {}
        _add_cells(session, notebook, shown if notebook.settings.outputs == "published" else {})
    return session


def of_draft(
    *, draft: Draft, shown: Mapping[str, CellResult] | None = None, values: Mapping[str, Any] | None = None
) -> Session:
    """The live session of a draft, the same for everybody who edits it.

    A new one begins with the results `shown` (by cell id; outputs as `store.put` gives them), such as those that came
    with an imported file, and with the values of inputs that they were made with, where these are not the defaults;
    else with the results of the app.
    """
    session = Session.objects.filter(draft=draft).first()
    if session:
        return session
    notebook = draft.notebook
    with transaction.atomic():
        session, created = Session.objects.get_or_create(
            draft=draft,
            defaults={
                "project_id": draft.project_id,
                "state": reducer.create(
                    runnable(notebook), {**inputs.defaults(notebook.inputs), **(values or {})}
                ).to_json(),
                "seen_at": timezone.now(),
            },
        )
        if created:
            _add_cells(session, notebook, app_results.for_draft(draft) if shown is None else shown)
    return session


# What is to be done is decided by the row as it is under the lock; nothing is changed when nothing is.
Decision: TypeAlias = Callable[[Session, State], Sequence[Operation]]


def submit(
    session_id: object,
    *operations: Operation,
    decide: Decision | None = None,
    results: Mapping[str, Mapping[str, Any]] | None = None,
    **fields: Any,
) -> Submitted:
    """Apply operations to a session under its lock, save, and on commit tell the windows and carry out the effects.

    `results`: cell id → fields of CellResult that changed with it (`outputs` as nbformat). `fields`: columns of the
    session's row that change with it. Raises Session.DoesNotExist when the session is gone.
    """
    stored = {
        cell_id: {**changed, "outputs": store.put(changed["outputs"])} if "outputs" in changed else dict(changed)
        for cell_id, changed in (results or {}).items()
    }
    with transaction.atomic():
        session = session_rows.read(session_id, lock=True)
        before = after = State.from_json(session.state)
        if decide is not None:
            operations = tuple(decide(session, before))
            if not operations:
                return Submitted(session, before, ())
        planner = planning.of_session(session)
        effects: list[Effect] = []
        for operation in operations:
            after, more = reducer.apply(after, operation, planner)
            effects += more
        touched = _changed_cells(before, after) | set(stored)
        if after == before and not stored and not fields:
            return Submitted(session, after, tuple(effects))
        fields |= {"state": after.to_json(), "sequence": session.sequence + 1}
        session_rows.write(session, fields)
        _save_cells(session, after, touched, stored)
        if outputs := {cell_id: changed["outputs"] for cell_id, changed in stored.items() if "outputs" in changed}:
            output_access.note_session_outputs(session, session.notebook, outputs)
        _carry_out(session, effects)  # First: somebody waits for what it begins.
        news.announce(
            session.group,
            type="session.changed",
            sequence=session.sequence,
            cells=sorted(touched),
            inputs=_moved_inputs(before, after),
            busy=after.is_busy,
        )
        if session.is_draft and before.is_busy and not after.is_busy:
            transaction.on_commit(lambda: settled.send(Session, session=session))
    return Submitted(session, after, tuple(effects))


def share(*, session: Session) -> str:
    """Turn a session into a collaborative one; returns its token (128 bits and more, specs/security T21)."""
    if session.token is None:
        token = secrets.token_urlsafe(24)
        Session.objects.filter(pk=session.pk, token=None).update(token=token)
        session.refresh_from_db(fields=["token"])
    return session.token


def runnable(notebook: Notebook) -> tuple[tuple[str, str, str], ...]:
    """The cells that can run, as the reducer wants them: id, digest of the source, name of the input or ""."""
    return tuple(
        (cell.id, source_digest(cell.source), cell.input.name if cell.input else "")
        for cell in notebook.cells
        if cell.kind.runs
    )


def show_results(*, session: Session, shown: Mapping[str, CellResult]) -> None:
    """Put results in the place of those that a draft's session has, and tell its windows. The session is locked."""
    session.cells.all().delete()
    _add_cells(session, session.notebook, shown)
    session.sequence += 1
    session.save(update_fields=["sequence"])
    session.cells.update(sequence=session.sequence)
    news.announce(
        session.group, type="session.changed", sequence=session.sequence, cells=sorted(shown), inputs=[], busy=False
    )


def _add_cells(session: Session, notebook: Notebook, shown: Mapping[str, Any]) -> None:
    """Rows for the runnable cells, with the results that are shown before anything ran."""
    state = State.from_json(session.state)
    statuses = {}
    rows = []
    for position, cell in enumerate(notebook.cells):
        status = state.cell(cell.id)
        if status is None:
            continue
        result = shown.get(cell.id)
        row = SessionCell(session=session, cell_id=cell.id, position=position)
        if result is not None:
            for name in ("state", "outputs", "execution_count", "started_at", "seconds", "error_id", "error_line"):
                setattr(row, name, getattr(result, name))
            statuses[cell.id] = reducer.shown(status, CellState(result.state))
        if _has_row(session, status.input):
            rows.append(row)
    SessionCell.objects.bulk_create(rows)
    if statuses:
        session.state = state.with_cells(statuses).to_json()
        session.save(update_fields=["state"])


def _moved_inputs(before: State, after: State) -> list[str]:
    """Inputs that look different now: another value, other options, or another person's change."""
    shown, showed = after.shown_values, before.shown_values
    return sorted(
        name
        for name in after.values
        if showed.get(name) != shown[name]
        or before.options.get(name) != after.options.get(name)
        or before.by.get(name) != after.by.get(name)
    )


def _changed_cells(before: State, after: State) -> set[str]:
    known = {cell.id: cell for cell in before.cells}
    return {
        cell.id
        for cell in after.cells
        if (old := known.get(cell.id)) is None or (old.state, old.why) != (cell.state, cell.why)
    }


def _save_cells(session: Session, state: State, touched: set[str], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """One statement a cell that ran, and one for all others that are in the same state now."""
    alike: dict[CellState, list[str]] = {}
    for cell in state.cells:
        if cell.id not in touched or not _has_row(session, cell.input):
            continue
        if cell.id in stored:
            _save_rows(session, state, [cell.id], {"state": cell.state, **stored[cell.id]})
        else:
            alike.setdefault(cell.state, []).append(cell.id)
    for cell_state, cell_ids in alike.items():
        _save_rows(session, state, cell_ids, {"state": cell_state})


def _save_rows(session: Session, state: State, cell_ids: Sequence[str], fields: Mapping[str, Any]) -> None:
    """Cells that a draft gained get theirs."""
    fields = {**fields, "sequence": session.sequence}
    if session_rows.write_cells(session, cell_ids, fields) == len(cell_ids):
        return
    known = set(session.cells.values_list("cell_id", flat=True))
    SessionCell.objects.bulk_create(
        SessionCell(session=session, cell_id=cell.id, position=position, **fields)
        for position, cell in enumerate(state.cells)
        if cell.id in cell_ids and cell.id not in known
    )


def _has_row(session: Session, name_of_input: str) -> bool:
    """An app shows an input's control and nothing that became of its cell."""
    return session.is_draft or not name_of_input


def _carry_out(session: Session, effects: list[Effect]) -> None:
    machine = queue.sessions_queue(session.worker)
    for effect in effects:
        match effect:
            case Effect.ENQUEUE:
                queue.call_worker(session.pk, machine=machines.place_of(session))
            case Effect.INTERRUPT:
                queue.enqueue("stop_playing", str(session.pk), queue=machine)
            case Effect.KILL_KERNEL:
                if session.kernel:
                    queue.enqueue("kill_kernel", session.kernel, queue=machine)
                    Session.objects.filter(pk=session.pk).update(kernel=None)
            case Effect.PLAY:
                pass  # Read by the worker that submitted the operation.
