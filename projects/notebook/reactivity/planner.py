"""Which cells must run, in which order, and why: the rule of specs/sessions, computed.

    plan(graph, progress, changed_inputs=["n"]).steps

*Forward*: walking from top to bottom, a cell whose inputs have other tokens than at its last run is stale, and what it
makes gets new tokens. *Backward*: a cell that is going to run must find every name as it would be at its place in a run
from the top; where a later cell has overwritten or changed it since, the cell that made it runs again first. And at the
end every name must hold what the last cell that writes it makes. This is repeated until nothing changes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from projects.notebook.reactivity.expected import Expected
from projects.notebook.reactivity.flow import EVERYTHING, CellEffect, Flow
from projects.notebook.reactivity.graph import Graph
from projects.notebook.reactivity.progress import UNBOUND, CellOutcome, KernelProgress, Observation, record
from projects.notebook.reactivity.reasons import Reason, ReasonKind

__all__ = [
    "Plan",
    "Reason",
    "ReasonKind",
    "Standing",
    "Step",
    "advance",
    "after_failure",
    "all_done",
    "plan",
    "standing",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One cell to play. For an input cell (`deliver`) its value is assigned as data; the text is not run.

    `forget`: names to remove from the kernel's namespace first, because from the top they would not be bound here.
    """

    cell_id: str
    reason: Reason
    deliver: bool = False
    forget: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The cells to play, in the notebook's order. `forget` are names to remove when there is nothing else to do.

    `blocked` are the cells that stay stale because they depend on a cell that failed in this round.
    """

    steps: tuple[Step, ...] = ()
    forget: tuple[str, ...] = ()
    blocked: frozenset[str] = frozenset()
    makers: Mapping[str, frozenset[str]] = field(default_factory=dict)  # cell -> the cells of the plan it reads from
    predicted: Mapping[str, Mapping[str, CellEffect]] = field(default_factory=dict)

    @property
    def cell_ids(self) -> tuple[str, ...]:
        """The ids in order, inputs to deliver included."""
        return tuple(step.cell_id for step in self.steps)


def plan(graph: Graph, progress: KernelProgress, changed_inputs: Iterable[str] = ()) -> Plan:
    """The exact list of cells, with a reason for each. `changed_inputs` are names of inputs with new values."""
    changed = list(changed_inputs)
    if changed:
        progress = progress.with_changed(graph, changed)
    expected = Expected(graph, progress)
    needed = _Needed(expected)
    return needed.plan()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a session shows: which cells are stale and why, and the names that hold what a full run would give."""

    stale: Mapping[str, Reason]
    blocked: frozenset[str]
    names: frozenset[str]


def standing(graph: Graph, progress: KernelProgress) -> Standing:
    """Which cells' outputs and which names' values can be relied on now."""
    expected = Expected(graph, progress)
    unsure = set(expected.reasons) | expected.blocked
    names = {
        name
        for name, writers in expected.writers.items()
        if progress.names.get(name, UNBOUND) == expected.tokens[name] and unsure.isdisjoint(writers[-1:])
    }
    return Standing(
        stale={graph.nodes[place].id: reason for place, reason in sorted(expected.reasons.items())},
        blocked=frozenset(graph.nodes[place].id for place in expected.blocked),
        names=frozenset(names - {EVERYTHING}),
    )


def after_failure(current: Plan, failed: str) -> Plan:
    """What remains of a plan after a cell of it failed: the cells that do not depend on it."""
    blocked = {failed}
    remaining: list[Step] = []
    reached = False
    for step in current.steps:
        if step.cell_id == failed:
            reached = True
        elif current.makers.get(step.cell_id, frozenset()) & blocked:
            blocked.add(step.cell_id)
        elif reached:
            remaining.append(step)
    return replace(current, steps=tuple(remaining), blocked=current.blocked | frozenset(blocked))


def advance(
    graph: Graph,
    progress: KernelProgress,
    current: Plan,
    outcome: CellOutcome = CellOutcome.DONE,
    observation: Observation | None = None,
) -> tuple[KernelProgress, Plan]:
    """Record how the first step of a plan went, and what is to do now.

    The rest of the plan holds as long as the cell did what was predicted; otherwise, and at the end, all is planned
    again.
    """
    step = current.steps[0]
    progress = record(
        progress, graph, step.cell_id, outcome, forgotten=(*current.forget, *step.forget), observation=observation
    )
    if outcome is CellOutcome.DONE and len(current.steps) > 1:
        did = progress.made[step.cell_id].effects
        if dict(did) == dict(current.predicted.get(step.cell_id, {})) and not current.forget:
            return progress, replace(current, steps=current.steps[1:])
    return progress, plan(graph, progress)


def all_done(graph: Graph, progress: KernelProgress | None = None) -> KernelProgress:
    """The progress after one run from the top in which every cell did what its text says."""
    progress = (progress or KernelProgress()).begin()
    for node in graph.nodes:
        progress = record(progress, graph, node.id)
    return progress


class _Needed:
    """The stale cells, and every cell that must run again so that each of them finds the names it would find."""

    def __init__(self, expected: Expected) -> None:
        self.expected = expected
        self.graph = expected.graph
        self.held = expected.progress.names
        self.reasons = {place: reason for place, reason in expected.reasons.items() if place not in expected.blocked}
        self.running: dict[str, list[int]] = {}  # name -> the running cells that write it, ascending
        self.forget: dict[str, set[int]] = {}  # name -> the running cells before which it is removed
        self.forget_last: set[str] = set()
        for place in sorted(self.reasons):
            self._note(place)
        while self._once():
            pass

    def plan(self) -> Plan:
        """The plan that was found."""
        nodes, expected = self.graph.nodes, self.expected
        places = sorted(self.reasons)
        steps = tuple(
            Step(
                nodes[place].id,
                self.reasons[place],
                nodes[place].input_name is not None,
                tuple(sorted(name for name, before in self.forget.items() if place in before)),
            )
            for place in places
        )
        makers = {
            nodes[place].id: frozenset(
                nodes[maker].id for maker in expected.makers[place].values() if maker in self.reasons
            )
            for place in places
        }
        return Plan(
            steps=steps,
            forget=tuple(sorted(self.forget_last)),
            blocked=frozenset(nodes[place].id for place in expected.blocked),
            makers=makers,
            predicted={nodes[place].id: expected.effects[place] for place in places},
        )

    def _once(self) -> bool:
        """One pass from the last cell to the first, and over the end; whether it found another cell to run."""
        before = len(self.reasons), sum(map(len, self.forget.values()))
        self.forget_last = set()
        self._check_end()
        for place in range(len(self.graph.nodes) - 1, -1, -1):
            if place in self.reasons:
                self._check_cell(place)
        self._check_sharing()
        return (len(self.reasons), sum(map(len, self.forget.values()))) != before

    def _is_able(self, place: int) -> bool:
        """Whether it could run and does not yet."""
        if place in self.reasons or place in self.expected.blocked:
            return False
        return not self.expected.progress.given_up(self.graph.nodes[place].id)

    def _add(self, place: int, reason: Reason) -> None:
        if self._is_able(place):
            self.reasons[place] = reason
            self._note(place)

    def _note(self, place: int) -> None:
        for name, effect in self.expected.effects[place].items():
            insort(self.running.setdefault(name, []), place)
            if effect is CellEffect.LOOP and name not in self.expected.reads[place]:
                self.forget.setdefault(name, set()).add(place)  # so that it shows whether the loop bound it

    def _check_cell(self, place: int) -> None:
        """Every name that a running cell reads, or may leave standing, must be as it would be there."""
        for name, token in self.expected.seen[place].items():
            if name == EVERYTHING:
                continue
            maker = _last_before(self.expected.writers.get(name, ()), place)
            runs = _last_before(self.running.get(name, ()), place)
            if maker is None:
                may_bind = self.expected.effects[place].get(name) is CellEffect.MAYBE
                if self.held.get(name, UNBOUND) != UNBOUND and (may_bind or name not in self.graph.by_position):
                    self.forget.setdefault(name, set()).add(place)
            elif runs is None and self._is_held(name, token, place):
                continue
            elif runs != maker and self._is_able(maker):
                self._add(maker, self._again(name, maker, place))

    def _is_held(self, name: str, token: str, before: int) -> bool:
        """Whether the namespace holds this value, and goes on holding it until that place."""
        if name in self.graph.by_position:
            return True
        return self.held.get(name, UNBOUND) == token and not any(place < before for place in self.forget.get(name, ()))

    def _again(self, name: str, maker: int, reader: int) -> Reason:
        """Why a maker runs again: the last cell that has changed the name since, as far as is known."""
        later = [place for place in self.expected.writers.get(name, ()) if place > maker]
        culprit = next((place for place in later if self._holds(name, place)), later[-1] if later else reader)
        node = self.graph.nodes[culprit]
        return Reason(ReasonKind.MAKES_AGAIN, (name,), node.id, node.number)

    def _holds(self, name: str, place: int) -> bool:
        made = self.expected.progress.made.get(self.graph.nodes[place].id)
        return made is not None and self.held.get(name) == made.key

    def _check_end(self) -> None:
        """At the end, every name must hold what the last cell that writes it makes."""
        for name in self.held.keys() | self.expected.writers.keys():
            if name == EVERYTHING:
                continue
            writers = self.expected.writers.get(name)
            running = self.running.get(name)
            if not writers:
                if self.held.get(name, UNBOUND) != UNBOUND and name not in self.graph.by_position:
                    self.forget_last.add(name)
                continue
            if name in self.expected.lost:
                continue
            last = writers[-1]
            token, end = self.expected.tokens.get(name, UNBOUND), len(self.graph.nodes)
            if running is None and self._is_held(name, token, end):
                continue
            if running is None or running[-1] != last:
                cause = self.graph.nodes[running[-1]] if running else None
                self._add(
                    last,
                    Reason(ReasonKind.RESTORES, (name,), cause.id if cause else None, cause.number if cause else None),
                )

    def _check_sharing(self) -> None:
        """Names that share an object must go on sharing one when the object is made again."""
        for place, flow in enumerate(self.expected.flows):
            if place not in self.reasons and flow.sharing:
                parted = self._parted(place, flow)
                if parted is not None:
                    self._add(place, parted)

    def _parted(self, place: int, flow: Flow) -> Reason | None:
        nodes, times = self.graph.nodes, self.expected.progress.times
        for name, others in flow.sharing.items():
            for other in others:
                for maker in self._binders(other, place):
                    is_new = maker in self.reasons or times.get(nodes[maker].id, 0) > times.get(nodes[place].id, 0)
                    if is_new and self._together(name, other, place, maker):
                        return Reason(ReasonKind.SHARES, (other,), nodes[maker].id, nodes[maker].number)
        return None

    def _binders(self, name: str, before: int) -> list[int]:
        """The cells one of which bound the name to what it holds there: back to the last that surely did."""
        found = []
        for place in reversed(self.expected.writers.get(name, ())):
            effect = self.expected.effects[place][name]
            if place < before and effect is not CellEffect.CHANGES:
                found.append(place)
                if effect is CellEffect.BINDS:
                    break
        return found

    def _together(self, name: str, other: str, place: int, maker: int) -> bool:
        """Whether somebody can still see that both are one object: a running cell, or the names at the end.

        A running cell that hands the object on, as `a = a` does, lets those see it who see what that cell makes.
        """
        end, holders = len(self.graph.nodes), self._binders(name, place + 1)
        for later in [*(one for one in self.reasons if one > place), end]:
            if not set(holders) & set(self._binders(name, later)):
                continue
            related = self.expected.flows[later].related if later < end else self.expected.related_at_end
            if any(maker <= binder for one in related.get(name, ()) for binder in self._binders(one, later)):
                return True
            if later < end and name in self.expected.reads[later]:
                handed_on = [made for made, shared in self.expected.flows[later].sharing.items() if other in shared]
                if any(self._together(made, other, later, maker) for made in handed_on):
                    return True
        return False


def _last_before(places: Sequence[int], place: int) -> int | None:
    """`places`: ascending."""
    found = bisect_left(places, place)
    return places[found - 1] if found else None
