"""Plays notebooks without a kernel: plain `exec` in one namespace, as a session would and as a full run would."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from projects.notebook.reactivity.graph import CellSource, Graph, build
from projects.notebook.reactivity.planner import Plan, advance, plan, standing
from projects.notebook.reactivity.progress import CellOutcome, KernelProgress, Observation
from projects.notebook.reactivity.runtime_probe import Probe


class Interrupted(BaseException):
    """A person pressed Stop."""


@dataclass
class Session:
    """One namespace, played by plans. With `observing` the run-time probe watches every cell."""

    graph: Graph
    sources: Mapping[str, str]
    observing: bool = True
    namespace: dict = field(default_factory=lambda: {"__name__": "__main__"})
    progress: KernelProgress = field(default_factory=KernelProgress)
    outputs: dict[str, str] = field(default_factory=dict)
    failed: dict[str, bool] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)
    was_interrupted: bool = False

    def __post_init__(self) -> None:
        self.probe = Probe(self.namespace)

    def run(self, inputs: Mapping[str, object], *, interrupt_at: int | None = None) -> Plan:
        """Deliver the inputs and run what must run; the plan that remains is what is still stale."""
        self.progress = self.progress.begin().with_inputs(self.graph, inputs)
        self.played, self.was_interrupted = [], False
        current = plan(self.graph, self.progress)
        budget = 20 * len(self.graph.nodes) + 20
        while current.steps:
            budget -= 1
            assert budget > 0, f"the plan does not come to an end: {current.steps}"
            if interrupt_at is not None and len(self.played) > interrupt_at:
                return current
            interrupted = interrupt_at is not None and len(self.played) == interrupt_at
            outcome, observation = self._step(current, inputs, interrupted=interrupted)
            self.was_interrupted = self.was_interrupted or outcome is CellOutcome.INTERRUPTED
            self.progress, current = advance(self.graph, self.progress, current, outcome, observation)
        self._forget(current.forget)
        return current

    def _step(
        self, current: Plan, inputs: Mapping[str, object], *, interrupted: bool
    ) -> tuple[CellOutcome, Observation | None]:
        step = current.steps[0]
        self._forget((*current.forget, *step.forget))
        node = self.graph.nodes[self.graph.position[step.cell_id]]
        if step.deliver:
            self.namespace[node.input_name] = inputs[node.input_name]
            return CellOutcome.DONE, None
        self.played.append(step.cell_id)
        if self.observing:
            self.probe.before()
        outcome, output = execute(self.sources[step.cell_id], self.namespace, interrupted=interrupted)
        self.outputs[step.cell_id] = output
        self.failed[step.cell_id] = outcome is not CellOutcome.DONE
        return outcome, Observation.from_json(self.probe.after()) if self.observing else None

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            self.namespace.pop(name, None)

    def claims(self) -> tuple[set[str], frozenset[str]]:
        """The cells and the names that are promised to be as after a full run."""
        now = standing(self.graph, self.progress)
        cells = {node.id for node in self.graph.nodes if node.input_name is None}
        return cells - set(now.stale) - now.blocked, now.names

    def state(self) -> dict[str, object]:
        """Every variable."""
        return {name: value for name, value in self.namespace.items() if not name.startswith("__")}


def execute(source: str, namespace: dict, *, interrupted: bool = False) -> tuple[CellOutcome, str]:
    """Run a cell; its output, errors included. An interrupt strikes before its last statement."""
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(_compiled(source, interrupted), namespace)
            if interrupted:
                raise Interrupted
    except Interrupted:
        return CellOutcome.INTERRUPTED, output.getvalue()
    except Exception as error:  # noqa: BLE001 (whatever a cell raises is its output)
        return CellOutcome.FAILED, f"{output.getvalue()}{type(error).__name__}"
    return CellOutcome.DONE, output.getvalue()


@functools.lru_cache(4096)
def _compiled(source: str, interrupted: bool) -> types.CodeType:
    tree = ast.parse(source)
    if interrupted:
        del tree.body[-1:]
    return compile(tree, "<cell>", "exec")


def notebook(*sources: str) -> tuple[Graph, dict[str, str]]:
    """A graph and the sources by id. `input n = 1` is an input cell."""
    cells = cell_sources(sources)
    return build(cells), {cell.id: cell.source for cell in cells}


def cell_sources(sources: Sequence[str]) -> list[CellSource]:
    """Cells `c1`, `c2`, …; those that begin with `input ` are input cells, with `always ` always run."""
    cells = []
    for number, text in enumerate(sources, 1):
        if text.startswith("input "):
            text = text.removeprefix("input ")
            cells.append(CellSource(f"c{number}", text, "input", text.partition("=")[0].strip()))
        elif text.startswith("always "):
            cells.append(CellSource(f"c{number}", text.removeprefix("always "), always_run=True))
        else:
            cells.append(CellSource(f"c{number}", text))
    return cells


def canonical(state: Mapping[str, object]) -> object:
    """A value that is equal for two states exactly if they hold equal values with equal sharing."""
    return _Canon().of(dict(sorted(state.items())))


class _Canon:
    """Numbers objects in the order in which they are met, so that sharing and cycles compare too."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.kept: list[object] = []

    def of(self, value: object) -> object:
        if isinstance(
            value, int | float | str | bytes | bool | type(None) | range | types.ModuleType | types.BuiltinFunctionType
        ):
            return (type(value).__name__, repr(value))
        if id(value) in self.numbers:
            return ("again", self.numbers[id(value)])
        self.numbers[id(value)] = len(self.numbers)
        self.kept.append(value)
        kind = type(value).__name__
        if isinstance(value, dict):
            return (kind, [(self.of(key), self.of(one)) for key, one in value.items()])
        if isinstance(value, list | tuple):
            return (kind, [self.of(one) for one in value])
        if isinstance(value, set | frozenset):
            return (kind, sorted(repr(one) for one in value))
        if isinstance(value, types.FunctionType):
            cells = [self.of(cell.cell_contents) for cell in value.__closure__ or ()]
            own = {name: one for name, one in value.__dict__.items() if name != "__wrapped__"}
            return (
                kind,
                value.__code__.co_code,
                value.__code__.co_names,
                self.of(value.__defaults__),
                cells,
                self.of(own),
            )
        if isinstance(value, type):
            if value.__module__ != "__main__":
                return (kind, value.__qualname__)
            return (
                kind,
                value.__name__,
                [(name, self.of(one)) for name, one in sorted(vars(value).items()) if not name.startswith("__")],
            )
        if isinstance(value, types.GeneratorType):
            frame = value.gi_frame
            return (kind, None if frame is None else [frame.f_lasti, self.of(dict(frame.f_locals))])
        if isinstance(value, types.MethodType):
            return (kind, self.of(value.__self__), self.of(value.__func__))
        if hasattr(value, "__next__"):
            return (kind, [self.of(one) for one in value.__reduce__()[1:]])
        return (kind, self.of(type(value)), self.of(vars(value)) if hasattr(value, "__dict__") else repr(value))
