"""The forward half of the rule: what a run from the top would make, and which cells have not made that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from projects.notebook.reactivity.flow import EVERYTHING, CellEffect, Flow
from projects.notebook.reactivity.graph import Graph, Node
from projects.notebook.reactivity.progress import UNBOUND, CellOutcome, KernelProgress, Made, after_value
from projects.notebook.reactivity.reasons import Reason, ReasonKind


class Expected:
    """A run from the top, on tokens: what every cell would see and do, and which cells are stale."""

    def __init__(self, graph: Graph, progress: KernelProgress) -> None:
        self.graph = graph
        self.progress = progress
        found = graph.flows_with(progress.known_facts(graph))
        self.flows: Sequence[Flow] = found.cells
        self.related_at_end = found.at_end
        self.reads: list[frozenset[str]] = []
        self.seen: list[dict[str, str]] = []  # per cell: the tokens it would read, or leave standing
        self.effects: list[Mapping[str, CellEffect]] = []
        self.makers: list[dict[str, int]] = []  # per cell: name it reads -> the cell whose write it sees
        self.writers: dict[str, list[int]] = {}
        self.reasons: dict[int, Reason] = {}  # the stale cells
        self.blocked: set[int] = set()
        self.lost: set[str] = set()  # names whose value would be made by a blocked cell: nothing can put them right now
        self.tokens: dict[str, str] = {}
        self._last: dict[str, int] = {}
        for place in range(len(graph.nodes)):
            self._step(place)

    def _step(self, place: int) -> None:
        node, flow, tokens = self.graph.nodes[place], self.flows[place], self.tokens
        made = self.progress.made.get(node.id)
        reads = flow.reads if flow.opaque is None else flow.reads | frozenset(tokens)
        seen = {name: tokens.get(name, UNBOUND) for name in reads}
        key = self.progress.key(node, seen)
        valid = (
            made is not None
            and made.digest == node.digest
            and self._same(made, seen, key, is_input=node.input_name is not None)
        )
        if node.input_name is not None:
            valid = made is not None and made.key == key
        if node.always_run and self.progress.ended.get(node.id, (None, -1))[1] != self.progress.round:
            valid = False
        effects: Mapping[str, CellEffect] = made.effects if made is not None and valid else flow.effects
        reason = self._staleness(place, made, seen, valid)
        if reason is not None:
            self.reasons[place] = reason
        makers = {name: self._last[name] for name in reads if name in self._last}
        if self._cannot_run(node, reason, makers):
            self.blocked.add(place)
        key = made.key if made is not None and valid else f"new {key}"
        for name, effect in effects.items():
            if effect not in (CellEffect.BINDS, CellEffect.CHANGES):
                seen.setdefault(name, tokens.get(name, UNBOUND))
            tokens[name] = after_value(key, effect, tokens.get(name, UNBOUND))
            if place in self.blocked or (name in self.lost and effect is not CellEffect.BINDS):
                self.lost.add(name)
            else:
                self.lost.discard(name)
            self._last[name] = place
            self.writers.setdefault(name, []).append(place)
        self.reads.append(reads)
        self.seen.append(seen)
        self.effects.append(effects)
        self.makers.append(makers)

    def _cannot_run(self, node: Node, reason: Reason | None, makers: Mapping[str, int]) -> bool:
        if self.progress.failed_now(node):
            return True
        return reason is not None and (self.progress.given_up(node.id) or not self.blocked.isdisjoint(makers.values()))

    def _same(self, made: Made, seen: Mapping[str, str], key: str, *, is_input: bool) -> bool:
        if is_input:
            return made.key == key
        return all(made.seen.get(name, UNBOUND) == token for name, token in seen.items()) and all(
            name in seen or token == UNBOUND or name in self.graph.by_position for name, token in made.seen.items()
        )

    def _staleness(self, place: int, made: Made | None, seen: Mapping[str, str], valid: bool) -> Reason | None:
        node = self.graph.nodes[place]
        outcome = self.progress.outcome(node)
        if outcome is CellOutcome.FAILED:
            return Reason(ReasonKind.FAILED)
        if outcome is CellOutcome.INTERRUPTED:
            return Reason(ReasonKind.INTERRUPTED)
        if valid:
            return None
        if node.input_name is not None:
            return Reason(ReasonKind.INPUT if made is not None else ReasonKind.NEVER_RAN, (node.input_name,))
        if made is None:
            return Reason(ReasonKind.NEVER_RAN)
        if made.digest != node.digest:
            return Reason(ReasonKind.EDITED)
        if node.always_run:
            return Reason(ReasonKind.ALWAYS)
        changed = [name for name, token in seen.items() if made.seen.get(name, UNBOUND) != token and name != EVERYTHING]
        by_cell: dict[int | None, list[str]] = {}
        for name in sorted(changed):
            by_cell.setdefault(self._last.get(name), []).append(name)
        if not by_cell:
            return self._reads((), self._last.get(EVERYTHING))
        source = min(by_cell, key=lambda one: (not self._is_input(one), -1 if one is None else one))
        return self._reads(tuple(by_cell[source]), source)

    def _is_input(self, place: int | None) -> bool:
        return place is not None and self.graph.nodes[place].input_name is not None

    def _reads(self, names: tuple[str, ...], source: int | None) -> Reason:
        if source is None or self._is_input(source):
            return Reason(ReasonKind.READS, names)
        return Reason(ReasonKind.READS, names, self.graph.nodes[source].id, self.graph.nodes[source].number)
