"""What is left to play of a session's run, and how each cell that was played changes it."""

from apps_runtime.playing import probing
from apps_runtime.playing.player import Ended
from apps_runtime.services.sessions.planning import progress_of
from apps_runtime.session.operations import CellEnded, Outcome, Steps
from apps_runtime.session.state import State
from projects.notebook.cells import Cell
from projects.notebook.reactivity import planner, progress
from projects.notebook.reactivity.graph import Graph
from projects.notebook.reactivity.planner import Plan, Reason, ReasonKind, Step
from projects.services.drafts import source_digest

OUTCOMES = {
    Outcome.DONE: progress.CellOutcome.DONE,
    Outcome.FAILED: progress.CellOutcome.FAILED,
    Outcome.INTERRUPTED: progress.CellOutcome.INTERRUPTED,
}


class Script:
    """The plan at work: exactly the cells that somebody asked for, and none after one that failed; else what the
    planner says, asked again whenever a cell did other things than its text tells."""

    def __init__(self, graph: Graph, state: State) -> None:
        self.graph = graph
        self.progress = progress_of(state)
        self.by_request = state.exact
        if state.exact:
            self.plan = Plan(
                tuple(
                    Step(identity, Reason(ReasonKind.NEVER_RAN))
                    for identity in state.plan
                    if identity in graph.position
                )
            )
        else:
            self.plan = planner.plan(graph, self.progress) if state.plan else Plan()

    @property
    def step(self) -> Step | None:
        return self.plan.steps[0] if self.plan.steps else None

    @property
    def forget_last(self) -> tuple[str, ...]:
        return self.plan.forget

    def delivered(self, cell: Cell) -> CellEnded:
        """The operation for an input cell, whose value is assigned and whose text is not run."""
        self._advance(cell.id, Outcome.DONE, None)
        return CellEnded(
            cell.id, Outcome.DONE, source_digest(cell.source), progress=self.progress.to_json(), steps=self.left
        )

    def ended(self, cell: Cell, ended: Ended, *, stopped: bool) -> CellEnded:
        """The operation that tells the session how the first step went."""
        outcome = _outcome(ended, stopped)
        before = {step.cell_id for step in self.plan.steps}
        self._advance(cell.id, outcome, probing.observation(ended))
        if stopped:
            self.plan = Plan()
        left = self.left
        blocked = before - {cell.id} - {identity for identity, _ in left} if outcome is Outcome.FAILED else set()
        return CellEnded(
            cell.id,
            outcome,
            source_digest(cell.source),
            why=ended.sentence if outcome is Outcome.FAILED else "",
            progress=self.progress.to_json(),
            steps=left,
            blocked=frozenset(blocked),
        )

    def take_in(self, name: str, value: object) -> bool:
        """An input has another value from here on. False: only the cells that were asked for are played."""
        if self.by_request:
            return False
        self.progress = self.progress.with_inputs(self.graph, {name: value})
        self.plan = planner.plan(self.graph, self.progress)
        return True

    @property
    def left(self) -> Steps:
        return tuple((step.cell_id, step.reason.sentence()) for step in self.plan.steps)

    def _advance(self, cell_id: str, outcome: Outcome, observation: progress.Observation | None) -> None:
        how = OUTCOMES[outcome]
        if not self.by_request:
            self.progress, self.plan = planner.advance(self.graph, self.progress, self.plan, how, observation)
            return
        self.progress = progress.record(self.progress, self.graph, cell_id, how, observation=observation)
        self.plan = Plan(self.plan.steps[1:] if outcome is Outcome.DONE else ())


def _outcome(ended: Ended, stopped: bool) -> Outcome:
    if ended.state == "done":
        return Outcome.DONE
    return Outcome.INTERRUPTED if stopped or ended.state == "interrupted" else Outcome.FAILED
