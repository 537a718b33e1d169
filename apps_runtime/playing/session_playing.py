"""Playing a session: claim it, take its kernel, play what must run, tell the session how each cell went.

A change of an input is to be seen in a moment, so steps that follow each other are written together: the claim with the
plan, the end of a cell with the start of the next one, the last cell with the end of the run.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.messaging import machines, queue
from apps_runtime.models import Session
from apps_runtime.playing import instant_start, probing, reading_options, run_playing, worker_affinity
from apps_runtime.playing.plan_in_progress import Script
from apps_runtime.playing.player import AssignmentFailed, Changed, Ended, Player
from apps_runtime.playing.run_playing import Playing
from apps_runtime.services.links import links
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import analyses, options, sessions, uploads
from apps_runtime.session.operations import (
    Begin,
    CellStarted,
    Claim,
    Effect,
    Finish,
    KernelLost,
    KernelReady,
    Operation,
    OptionsKnown,
    Replanned,
    Wait,
)
from apps_runtime.session.state import KernelState, Note, Phase, State
from projects.notebook import inputs
from projects.notebook.cells import Cell
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec
from projects.notebook.reactivity.planner import Step

logger = logging.getLogger(__name__)

UNSEEN_SECONDS = 60
NOT_READY = "The kernel could not be made ready."
DID_NOT_TAKE = "The kernel did not take the inputs and was ended."


def play_session(*, session_id: str, worker: str, stay: float = 0.0) -> None:
    """Claim a queued session and play what was asked for, and what is asked for meanwhile and in the `stay` seconds
    after it."""
    attended = worker_affinity.Affinity(session_id, stay)
    try:
        while attended.called() if _play_all(session_id, worker) else attended.leave():
            close_old_connections()
    except OSError as problem:
        if not run_playing.is_full(problem):
            raise
        logger.exception("The outputs of session %s found no room", session_id)
        lost = KernelLost(why=run_playing.NO_SPACE, died=True)
        sessions.submit(session_id, lost, lease_until=None, idle_since=timezone.now())
    finally:
        attended.close()


def _play_all(session_id: str, worker: str) -> bool:
    """False: there was nothing to play here, or it could not be played to its end."""
    finished: sessions.Submitted | None = None
    kernel: kernels.Kernel | None = None
    while True:
        work = SessionWork(session_id, worker, kernel)
        with run_playing.registered(str(session_id), work.keep) as at_work:
            finished = work.play(at_work, finished)
        if finished is None or Effect.PLAY not in finished.effects:
            return finished is not None
        kernel = work.kernel


def _new_kernel_or_why_not(session: Session) -> kernels.Kernel | None:
    """None: the session waits for its turn, or says why there is no kernel."""
    try:
        return new_kernel(session)
    except kernels.KernelHostFull as full:
        _wait(session, full)
    except kernels.KernelHostUnreachable as unreachable:
        _go_on_elsewhere(session, str(unreachable))
    except kernels.KernelUnavailable as problem:
        sessions.submit(session.pk, KernelLost(why=str(problem)), lease_until=None)
    except AssignmentFailed as failed:
        why = f"{NOT_READY}{_for_authors(session, failed)}"
        sessions.submit(session.pk, KernelLost(why=why), lease_until=None)
    return None


def _for_authors(session: Session, failed: AssignmentFailed) -> str:
    """What the kernel itself said, for a draft's authors; of an app's session it goes into the log."""
    if session.is_draft:
        return f" It said: {failed}"
    logger.warning("The kernel of session %s refused a statement: %s", session.pk, failed)
    return ""


def _wait(session: Session, full: kernels.KernelHostFull) -> None:
    """Keep the place in the queue: ask again soon, as long as somebody looks."""
    if not session.participants.exists() and session.seen_at < timezone.now() - timedelta(seconds=UNSEEN_SECONDS):
        sessions.submit(session.pk, KernelLost(), lease_until=None)
        return
    waiting = sessions.submit(session.pk, Wait(why=run_playing.place_in_queue(full)), lease_until=None)
    if waiting.state.phase is Phase.QUEUED:
        machine = queue.sessions_queue(waiting.session.worker)
        queue.enqueue("play_session", str(session.pk), queue=machine, delay=runs.ASK_AGAIN_SECONDS)


def _go_on_elsewhere(session: Session, why: str) -> None:
    """This machine's kernel host is gone: another machine's worker goes on, if there is one."""
    machine = machines.another()
    if machine is None:
        sessions.submit(session.pk, KernelLost(why=why), lease_until=None)
        return
    waiting = sessions.submit(session.pk, Wait(why="This goes on with another machine."), lease_until=None)
    if waiting.state.phase is Phase.QUEUED:
        queue.enqueue("play_session", str(session.pk), queue=queue.sessions_queue(machine))
        logger.warning("Session %s goes on at %s: %s", session.pk, machine, why)


def _usable(session: Session, state: State) -> kernels.KernelAddress | None:
    """Where the session's kernel is, if it is the right one and no new one was asked for; it may have ended."""
    if session.kernel is None or state.kernel is not KernelState.READY or state.request.restart:
        return None
    address = kernels.KernelAddress.from_json(session.kernel)
    # A draft's kernel may have been started before the notebook had an input for files.
    return address if address.uploads or not uploads.any_of(session, state.values) else None


def new_kernel(session: Session) -> kernels.Kernel:
    """A kernel of the session's own, with the probe looking on: forked from the version's template, in which everything
    has run, or one in which nothing has. Raises KernelUnavailable, and AssignmentFailed when it does not answer."""
    template = instant_start.key_for(session)
    counted = {} if session.is_draft else {"app": str(session.project_id), "person": str(session.owner_id or "")}
    kernel = run_playing.start_kernel(
        session.project,
        session.notebook,
        label=f"session {session.pk}",
        ticket=str(session.pk),
        template=template,
        **counted,
    )
    try:
        ready = _made_ready(session, kernel, template)
    except AssignmentFailed:
        kernel.kill("It could not be made ready.")
        raise
    sessions.submit(session.pk, ready, kernel=kernel.address.to_json())
    return kernel


def _made_ready(session: Session, kernel: kernels.Kernel, template: str) -> KernelReady:
    if kernel.address.forked_from:
        found = instant_start.played_in(kernel, session)
        return KernelReady(fresh=True, progress=found.progress, played=found.played)
    Player(kernel, run_playing.limits()).assign(probing.INSTALL)
    if template:
        instant_start.missed(session, template, machine=settings.HEXLITE_MACHINE)
    return KernelReady(fresh=True)


class SessionWork:
    """One run of a session, from the plan to its end."""

    def __init__(self, session_id: str, worker: str, kernel: kernels.Kernel | None = None) -> None:
        self.session_id, self.worker, self.kernel = session_id, worker, kernel
        self.operations: list[Operation] = []
        self.values: dict[str, Any] = {}
        self.notes: tuple[Note, ...] = ()
        self.state = State()  # as options were read last
        self.told: set[str] = set()  # inputs whose options were read in this run
        self.results: dict[str, dict[str, Any]] = {}
        self.elsewhere = ""  # the machine that has the session's kernel, where that is not this one

    def keep(self) -> bool:
        """The heartbeat. False: the session is not this worker's any more."""
        mine = Session.objects.filter(pk=self.session_id, worker=self.worker)
        return bool(mine.update(lease_until=run_playing.lease()))

    def play(self, at_work: Playing, finished: sessions.Submitted | None = None) -> sessions.Submitted | None:
        """One run: the first of a session that is claimed here, or the one that follows what has `finished`.

        None: another worker has the session, or there is no kernel, or it died; the session says so.
        """
        self.at_work = at_work
        begun = self._claimed() if finished is None else self._again(finished)
        if begun is None or self.kernel is None:
            return None
        player = Player(self.kernel, run_playing.limits())
        at_work.play_on(player)
        try:
            return self._play_steps(player, begun)
        except AssignmentFailed as failed:
            self.kernel.kill("It did not take the inputs.")
            return self._lost(f"{DID_NOT_TAKE}{_for_authors(begun.session, failed)}")

    def _claimed(self) -> sessions.Submitted | None:
        """A queued session; None where another worker was first. Begun with the claim where its kernel is at hand."""
        claimed = sessions.submit(
            self.session_id, decide=self._claim, worker=self.worker, lease_until=run_playing.lease()
        )
        if Effect.PLAY not in claimed.effects:
            return None
        if self.kernel is not None:
            return claimed
        if self.elsewhere:  # It is not heard of any more. Its worker ends that kernel, should it come back.
            queue.enqueue("kill_kernel", claimed.session.kernel, queue=queue.sessions_queue(self.elsewhere))
        elif claimed.session.kernel is not None:
            kernel = kernels.connect(kernels.KernelAddress.from_json(claimed.session.kernel))
            if _usable(claimed.session, claimed.state) and kernel.alive():
                self.kernel = kernel
                return self._begun()
            kernel.kill()
        return self._begun_with_new_kernel(claimed.session)

    def _claim(self, session: Session, state: State) -> tuple[Claim, ...]:
        if state.phase is not Phase.QUEUED:
            return ()
        if session.kernel and session.worker not in {"", self.worker}:
            self.elsewhere = session.worker
        address = None if self.elsewhere else _usable(session, state)
        self.kernel = kernels.connected(address) if address else None  # The row is locked: nothing is waited for here.
        return (Claim(begin=self.kernel is not None),)

    def _again(self, finished: sessions.Submitted) -> sessions.Submitted | None:
        assert self.kernel is not None
        if finished.state.request.restart or not self.kernel.alive():
            self.kernel.kill()
            return self._begun_with_new_kernel(finished.session)
        return self._begun()

    def _begun_with_new_kernel(self, session: Session) -> sessions.Submitted | None:
        self.kernel = _new_kernel_or_why_not(session)
        return self._begun() if self.kernel is not None else None

    def _begun(self) -> sessions.Submitted:
        self.at_work.stopping.clear()  # What was asked for until now, a stop as well, is in the state that begins here.
        return self._submit(Begin(), worker=self.worker, lease_until=run_playing.lease())

    def _play_steps(self, player: Player, begun: sessions.Submitted) -> sessions.Submitted | None:
        session, state, now = begun.session, begun.state, timezone.now()
        notebook = session.notebook
        self.values, self.notes = dict(state.values), state.notes
        script = Script(analyses.of_session(session), state)
        seconds = settings.HEXLITE_CELL_SECONDS_NOTEBOOK if session.is_draft else settings.HEXLITE_CELL_SECONDS_APP
        before: list[str] = []  # statements for the kernel that go ahead of the next cell
        self.state = state
        while step := self._next(player, script, notebook, now):
            cell = notebook.cell(step.cell_id)
            before += _forgetting(step.forget)
            if cell.input:
                value = self.values.get(cell.input.name, cell.input.default)
                before.append(run_playing.assignment_of(player, cell.input, value, now))
                self.operations.append(script.delivered(cell))
                self.results[cell.id] = run_playing.DELIVERED
                continue
            ended = self._play_cell(player, cell, seconds, before)
            before = []
            self.operations.append(script.ended(cell, ended, stopped=self.at_work.stopping.is_set()))
            self.results[cell.id] = {**run_playing.result(ended), **self.results.get(cell.id, {})}
            if ended.kernel_gone:
                return self._lost(ended.sentence)
            if ended.state == "done":
                self._read_options(player, script, notebook, cell, now)
            following = script.step
            if following and not self.at_work.stopping.is_set():
                self.results[following.cell_id] = {"started_at": timezone.now()}
                self._submit(CellStarted(following.cell_id))
        before += _forgetting(script.forget_last)
        if state.pressed:
            button = notebook.input_cells[state.pressed].input
            before.append(inputs.assignment([button], {state.pressed: False}, now))
        player.assign_all(before)
        return self._submit(Finish(), lease_until=None, idle_since=timezone.now())

    def _lost(self, why: str) -> None:
        self._submit(KernelLost(why=why, died=True), kernel=None, lease_until=None, idle_since=timezone.now())

    def _play_cell(self, player: Player, cell: Cell, seconds: float, before: list[str]) -> Ended:
        """Outputs are shown as they come."""
        if not cell.source.strip():
            player.assign_all(before)  # There is nothing to send them ahead of.
            before = []
        for event in player.play(
            cell.source, cell_id=cell.id, deadline_seconds=seconds, expressions=probing.EXPRESSIONS, ahead=before
        ):
            if isinstance(event, Changed):
                self.results[cell.id] = {**self.results.get(cell.id, {}), "outputs": event.outputs}
                self._submit()
            elif isinstance(event, Ended):
                self.results.setdefault(cell.id, {}).pop("outputs", None)
                return run_playing.as_meant(cell, event)
        raise RuntimeError("A player ends every cell it plays")

    def _next(self, player: Player, script: Script, notebook: Notebook, now: datetime) -> Step | None:
        """The next step. Before a run has none left, options that no cell of it has told are read: the kernel may know
        them, as a fork of the published version does, and a value of a link waits for them."""
        if self.at_work.stopping.is_set():
            return None
        if script.step is None and not script.by_request:
            untold = [spec for spec in options.of_notebook(notebook) if spec.name not in self.told]
            state = self.state
            wanted = [spec for spec in untold if spec.name in state.held or spec.name not in state.options]
            self._take_options(player, script, notebook, wanted, now)
        return script.step

    def _read_options(self, player: Player, script: Script, notebook: Notebook, cell: Cell, now: datetime) -> None:
        """Options that this cell may have given."""
        told = options.told_by(script.graph, cell.id, options.of_notebook(notebook))
        self._take_options(player, script, notebook, told, now)

    def _take_options(
        self, player: Player, script: Script, notebook: Notebook, specs: Sequence[InputSpec], now: datetime
    ) -> None:
        """What was chosen is judged by these inputs' options, and this run goes on with that."""
        self.told |= {spec.name for spec in specs}
        for spec in specs:
            found = reading_options.read(player, spec)
            joins = not script.by_request
            told = OptionsKnown(spec, found.options, now, found.problem, joins, play=notebook.settings.reactive)
            before = self.notes
            after = self._submit(told)
            self.state, self.notes = after.state, after.state.notes
            said = {note.sentence for note in set(self.notes) - set(before)}
            links.note_problems(project_id=after.session.project_id, sentences=said, now=now)
            value = after.state.values.get(spec.name)
            if value != self.values.get(spec.name) and script.take_in(spec.name, inputs.resolve(spec, value, now)):
                self.values[spec.name] = value
                self.operations.append(Replanned(script.progress.to_json(), script.left))

    def _submit(self, *more: Operation, **fields: Any) -> sessions.Submitted:
        """Write what has gathered."""
        operations, self.operations = self.operations, []
        results, self.results = self.results, {}
        return sessions.submit(self.session_id, *operations, *more, results=results, **fields)


def _forgetting(names: tuple[str, ...]) -> list[str]:
    """Remove names that a run from the top would not have bound here."""
    return [f"for _name in {list(names)!r}:\n    globals().pop(_name, None)\ndel _name"] if names else []
