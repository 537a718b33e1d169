"""From a session to the cells that must run: the graph of its notebook, made once per text, and the exact planner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps_runtime.models import Session
from apps_runtime.services.sessions import analyses
from apps_runtime.session.operations import Steps
from apps_runtime.session.state import State, Wanted
from projects.notebook import inputs
from projects.notebook.document import Notebook
from projects.notebook.reactivity import planner
from projects.notebook.reactivity.graph import Graph
from projects.notebook.reactivity.progress import KernelProgress


class SessionPlanner:
    """The planner of one notebook; `now` is when relative dates are counted from."""

    def __init__(self, notebook: Notebook, graph: Graph, now: datetime) -> None:
        self.notebook, self.graph, self.now = notebook, graph, now

    def begin(self, state: State) -> tuple[Steps, Mapping[str, Any]]:
        progress = self._progress(state).begin()
        request = state.request
        if request.wanted is Wanted.CELLS:
            asked = set(request.cells)
            return tuple((node.id, "asked for") for node in self.graph.nodes if node.id in asked), progress.to_json()
        if request.wanted is Wanted.ALL or not self.notebook.settings.reactive:
            progress = forget_runs(progress)
        return _steps(planner.plan(self.graph, progress)), progress.to_json()

    def stale(self, state: State) -> Mapping[str, str]:
        """Without a kernel, what is shown counts as having run with the values it was made for."""
        progress = progress_of(state)
        if not progress.made:
            shown = KernelProgress().with_inputs(self.graph, self._resolved(state.baseline))
            progress = planner.all_done(self.graph, shown)
        return dict(_steps(planner.plan(self.graph, self._with_values(progress, state))))

    def _progress(self, state: State) -> KernelProgress:
        return self._with_values(progress_of(state), state)

    def _with_values(self, progress: KernelProgress, state: State) -> KernelProgress:
        return progress.with_inputs(self.graph, self._resolved(state.values))

    def _resolved(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What each input is in Python now: “7 days ago” is another day tomorrow."""
        specs = {spec.name: spec for spec in self.notebook.inputs}
        return {name: inputs.resolve(specs[name], value, self.now) for name, value in values.items() if name in specs}


def of_session(session: Session, now: datetime | None = None) -> SessionPlanner:
    return SessionPlanner(session.notebook, analyses.of_session(session), now or timezone.now())


def progress_of(state: State) -> KernelProgress:
    """What has run. Written by another release in another shape, it counts as nothing: then everything runs again."""
    try:
        return KernelProgress.from_json(state.progress) if state.progress else KernelProgress()
    except (KeyError, TypeError, ValueError):
        return KernelProgress()


def forget_runs(progress: KernelProgress) -> KernelProgress:
    """Everything must run again; what names hold, and what was learned about cells, is kept."""
    return KernelProgress(
        names=progress.names,
        facts=progress.facts,
        digests=progress.digests,
        values=progress.values,
        round=progress.round,
        serial=progress.serial,
    )


def _steps(plan: planner.Plan) -> Steps:
    return tuple((step.cell_id, step.reason.sentence()) for step in plan.steps)
