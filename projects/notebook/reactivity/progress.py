"""What has run so far in a kernel: which cells, on which values, and which values its names hold now.

Values are never compared. A value has a *token*, a digest of how it was made: the cell, its source, and the tokens
of what it read. Equal tokens are equal values, as long as cells compute the same from the same (randomness, time,
files and the network are outside the promise; cells tagged *always run* get a new token every time). So a cell that is
run again only to make a value again makes the token again, and nobody who has it needs to run.

`KernelProgress` is a value; `record` returns the next one. `to_json` fits a database column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from projects.notebook.reactivity.flow import EVERYTHING, CellEffect, Facts, Flow
from projects.notebook.reactivity.graph import Graph, Node

UNBOUND = ""  # the token of a name that has no value
# How often one cell may run in one round. Learning takes two or three; beyond that the cell does something else every
# time, which is outside the promise, and must not keep the kernel busy for ever.
TRIES = 6


class CellOutcome(StrEnum):
    """How the last run of a cell ended."""

    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Observation:
    """What `runtime_probe` saw one execution do. All are names of the notebook's namespace.

    `bound` got another object, `deleted` lost theirs, `changed` hold the same object with other contents. The contents
    of `unknown` could not be compared (too large, or not Python's own): for them the text decides. `iterators` are
    names that reading may use up; `aliases` groups of names that share mutable objects; `carries` names of the notebook
    that functions inside a name's object will look up.
    """

    bound: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    iterators: frozenset[str] = frozenset()
    aliases: frozenset[frozenset[str]] = frozenset()
    carries: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Observation:
        """The report of `runtime_probe.Probe.after`. Raises KeyError or TypeError if it is not one."""
        return cls(
            bound=_names(data["bound"]),
            deleted=_names(data["deleted"]),
            changed=_names(data["changed"]),
            unknown=_names(data["unknown"]),
            iterators=_names(data["iterators"]),
            aliases=frozenset(_names(group) for group in data["aliases"]),
            carries={str(name): _names(reads) for name, reads in data["carries"].items()},
        )


@dataclass(frozen=True, slots=True)
class Made:
    """The last successful run of a cell: its key, what it read, and what it did."""

    key: str
    digest: str
    seen: Mapping[str, str]
    effects: Mapping[str, CellEffect]


@dataclass(frozen=True, slots=True)
class KernelProgress:
    """What has run in one kernel.

    `round` counts requests: in one round a cell that failed is not tried again, and *always run* cells run once.
    `values` are the tokens of the input cells' current values, by cell id. `serial` counts what happened.
    """

    made: Mapping[str, Made] = field(default_factory=dict)
    ended: Mapping[str, tuple[CellOutcome, int]] = field(default_factory=dict)  # cell id -> outcome and round
    names: Mapping[str, str] = field(default_factory=dict)  # name -> token of the value it holds
    facts: Mapping[str, Facts] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)  # the source that `facts` and `ended` are about
    values: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)  # cell id -> when it ran last, by `serial`
    tries: Mapping[str, int] = field(default_factory=dict)  # cell id -> how often it ran in this round
    round: int = 0
    serial: int = 0

    def begin(self) -> KernelProgress:
        """A new request to run: what failed may be tried again. Every request begins with this."""
        return replace(self, round=self.round + 1, tries={})

    def given_up(self, cell_id: str) -> bool:
        """Whether the cell ran so often in this round that it cannot be computing the same from the same."""
        return self.tries.get(cell_id, 0) >= TRIES

    def with_inputs(self, graph: Graph, values: Mapping[str, object]) -> KernelProgress:
        """The current values of inputs, by name. Values are compared by their `repr`; unknown names are ignored."""
        tokens = dict(self.values)
        for name, value in values.items():
            for cell_id in graph.inputs.get(name, ()):
                tokens[cell_id] = _digest(repr(value))
        return replace(self, values=tokens)

    def with_changed(self, graph: Graph, names: Iterable[str]) -> KernelProgress:
        """These inputs have new values, whatever they are."""
        tokens, serial = dict(self.values), self.serial
        for name in names:
            for cell_id in graph.inputs.get(name, ()):
                serial += 1
                tokens[cell_id] = f"change {serial}"
        return replace(self, values=tokens, serial=serial)

    def known_facts(self, graph: Graph) -> dict[str, Facts]:
        """What was learned about the cells whose source is still the same."""
        return {
            node.id: self.facts[node.id]
            for node in graph.nodes
            if node.id in self.facts and self.digests.get(node.id) == node.digest
        }

    def outcome(self, node: Node) -> CellOutcome | None:
        """How the cell's last run ended; None if its present source never ran."""
        if node.id not in self.ended or (self.digests.get(node.id) != node.digest and node.input_name is None):
            return None
        return self.ended[node.id][0]

    def failed_now(self, node: Node) -> bool:
        """Whether the cell was tried in this round and did not finish."""
        return (
            self.outcome(node) in (CellOutcome.FAILED, CellOutcome.INTERRUPTED) and self.ended[node.id][1] == self.round
        )

    def key(self, node: Node, tokens: Mapping[str, str]) -> str:
        """The token of what the cell makes from these values."""
        if node.input_name is not None:
            return _digest(node.id, self.values.get(node.id, ""))
        rounds = str(self.round) if node.always_run else ""
        read = (f"{name}={token}" for name, token in sorted(tokens.items()) if token != UNBOUND)
        return _digest(node.id, node.digest, rounds, *read)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column."""
        return {
            "made": {
                cell: [made.key, made.digest, dict(made.seen), dict(made.effects)] for cell, made in self.made.items()
            },
            "ended": {cell: [outcome.value, when] for cell, (outcome, when) in self.ended.items()},
            "names": dict(self.names),
            "facts": {cell: _facts_to_json(one) for cell, one in self.facts.items()},
            "digests": dict(self.digests),
            "values": dict(self.values),
            "times": dict(self.times),
            "tries": dict(self.tries),
            "round": self.round,
            "serial": self.serial,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KernelProgress:
        """The progress that `to_json` wrote."""
        return cls(
            made={
                cell: Made(key, digest, seen, {name: CellEffect(effect) for name, effect in effects.items()})
                for cell, (key, digest, seen, effects) in data["made"].items()
            },
            ended={cell: (CellOutcome(outcome), when) for cell, (outcome, when) in data["ended"].items()},
            names=data["names"],
            facts={cell: _facts_from_json(one) for cell, one in data["facts"].items()},
            digests=data["digests"],
            values=data["values"],
            times=data["times"],
            tries=data["tries"],
            round=data["round"],
            serial=data["serial"],
        )


def after_value(key: str, effect: CellEffect, before: str) -> str:
    """The token of a name after a cell with this key had this effect on it."""
    return key if effect in (CellEffect.BINDS, CellEffect.CHANGES, CellEffect.LOOP) else _digest(key, before)


def record(
    progress: KernelProgress,
    graph: Graph,
    cell_id: str,
    outcome: CellOutcome = CellOutcome.DONE,
    *,
    forgotten: Iterable[str] = (),
    observation: Observation | None = None,
) -> KernelProgress:
    """The progress after one cell was played (or, for an input cell, its value delivered).

    `forgotten` are the names that were removed before it, as its step said. Without an `observation` the text's
    prediction is taken for what happened.
    """
    place = graph.position[cell_id]
    node, flow = graph.nodes[place], graph.flows_with(progress.known_facts(graph)).cells[place]
    names = {name: token for name, token in progress.names.items() if name not in set(forgotten)}
    ended = {**progress.ended, cell_id: (outcome, progress.round)}
    digests = {**progress.digests, cell_id: node.digest}
    facts, effects = dict(progress.facts), dict(flow.effects)
    if progress.digests.get(cell_id) != node.digest:
        facts.pop(cell_id, None)
    if observation is not None and node.input_name is None:
        effects = _observed_effects(flow, observation, names)
        learned = _learned(graph, place, flow, effects, observation)
        if learned != Facts():
            facts[cell_id] = facts[cell_id].merged(learned) if cell_id in facts else learned
            # What it reads is now known to be more; these tokens are still those from before it ran.
            flow = graph.flows_with(replace(progress, facts=facts, digests=digests).known_facts(graph)).cells[place]
    serial = progress.serial + 1
    times = {**progress.times, cell_id: serial}
    tries = {**progress.tries, cell_id: progress.tries.get(cell_id, 0) + 1}
    progress = replace(progress, ended=ended, digests=digests, facts=facts, times=times, tries=tries, serial=serial)
    if outcome is not CellOutcome.DONE:
        names.update((name, f"broken {serial}") for name in effects)
        return replace(progress, names=names)
    read = (flow.reads if flow.opaque is None else flow.reads | frozenset(names)) | {
        name for name, effect in effects.items() if effect is CellEffect.CHANGES
    }
    names.update(_by_position(progress, graph, place, (read | set(effects)) & graph.by_position))
    seen = {name: names.get(name, UNBOUND) for name in read if node.input_name is None}
    key = progress.key(node, seen)
    before = progress.made.get(cell_id)
    if before is not None and before.key == key:
        # The same from the same: what could not be seen this time (a name bound to the very same object) was seen then.
        effects = {**effects, **before.effects}
    for name, effect in effects.items():
        names[name] = after_value(key, effect, names.get(name, UNBOUND))
    return replace(progress, names=names, made={**progress.made, cell_id: Made(key, node.digest, seen, effects)})


def _by_position(progress: KernelProgress, graph: Graph, place: int, names: frozenset[str]) -> dict[str, str]:
    """The tokens that modules, and the world outside, have for a cell at this place.

    Their state cannot be taken back by running a cell again, so it counts as what the cells above made of it.
    """
    found = dict.fromkeys(names, UNBOUND)
    for node in graph.nodes[:place] if names else ():
        made = progress.made.get(node.id)
        if made is not None:
            for name in names & made.effects.keys():
                found[name] = after_value(made.key, made.effects[name], found[name])
    return found


def _observed_effects(flow: Flow, seen: Observation, names: Mapping[str, str]) -> dict[str, CellEffect]:
    """What it did, as far as it could be seen; what could not be seen stays as predicted."""
    effects: dict[str, CellEffect] = {}
    touched = seen.bound | seen.deleted
    for name, effect in flow.effects.items():
        certain = effect in (CellEffect.BINDS, CellEffect.SETS) or name == EVERYTHING
        # Binding the very same object again cannot be seen; the old value was not needed for it.
        unseen = (
            effect is CellEffect.MAYBE
            and name not in touched
            and (names.get(name, UNBOUND) != UNBOUND or name in seen.unknown)
        )
        changed_unseen = effect is CellEffect.CHANGES and name in seen.unknown
        if certain or unseen or changed_unseen:
            effects[name] = effect
    for name in touched:
        effects.setdefault(name, CellEffect.BINDS)
    for name in touched & frozenset(name for name, effect in effects.items() if effect is CellEffect.MAYBE):
        effects[name] = CellEffect.BINDS
    for name in seen.changed:
        if effects.get(name) is not CellEffect.BINDS:
            effects[name] = CellEffect.CHANGES
    return effects


def _learned(graph: Graph, place: int, flow: Flow, effects: Mapping[str, CellEffect], seen: Observation) -> Facts:
    """What the text did not say. Only names that the cell made can begin to share, carry or be used up here."""
    touched = frozenset(effects) - {EVERYTHING}
    known: set[str] = set()
    for earlier in graph.flows[: place + 1]:
        known |= set(earlier.effects)
    known |= touched
    aliases = frozenset(group & known for group in seen.aliases if _is_news(group & known, touched, flow))
    opaque = flow.everything
    return Facts(
        aliases=aliases,
        carries={
            name: reads & graph.bound for name, reads in seen.carries.items() if name in touched and reads & graph.bound
        },
        iterators=seen.iterators & touched,
        changes=frozenset() if opaque else frozenset(seen.changed - set(flow.effects)),
        binds=frozenset((seen.bound | seen.deleted) - set(flow.effects)),
    )


def _is_news(group: frozenset[str], touched: frozenset[str], flow: Flow) -> bool:
    """Whether a group of names that share objects holds a pair that the text does not tell."""
    return any(not group - {name} <= flow.beside.get(name, frozenset()) for name in group & touched) and len(group) > 1


def _names(data: Iterable[object]) -> frozenset[str]:
    return frozenset(str(one) for one in data)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def _facts_to_json(facts: Facts) -> dict[str, Any]:
    return {
        "aliases": sorted(sorted(group) for group in facts.aliases),
        "carries": {name: sorted(reads) for name, reads in facts.carries.items()},
        "iterators": sorted(facts.iterators),
        "changes": sorted(facts.changes),
        "binds": sorted(facts.binds),
    }


def _facts_from_json(data: Mapping[str, Any]) -> Facts:
    return Facts(
        frozenset(frozenset(group) for group in data["aliases"]),
        {name: frozenset(reads) for name, reads in data["carries"].items()},
        frozenset(data["iterators"]),
        frozenset(data["changes"]),
        frozenset(data["binds"]),
    )
