"""The graph of a notebook: which cell feeds which, by which names, and why.

A read sees the nearest earlier write. A write that may not happen (`if`, `try`) leaves the one before it visible too.
Cells are given as `CellSource`; the document's own types are not needed here. A graph can be stored: see `to_json`.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from projects.notebook.analysis.analysis_version import EDITION
from projects.notebook.analysis.budget import MOST_NAMES_OF_EDGES, AnalysisBudget, AnalysisTooLarge
from projects.notebook.analysis.facts import Carried, Opacity, Opaque, Uses
from projects.notebook.analysis.known_callables import BUILTINS
from projects.notebook.analysis.names import NOT_FOLLOWED, CellNames, analyse_all
from projects.notebook.reactivity.flow import EVERYTHING, CellEffect, Facts, Flow, flows
from projects.notebook.reactivity.kinds_of_names import bound_names, imported_names

__all__ = ["EVERYTHING", "CellEffect", "CellSource", "Edge", "Facts", "Flow", "Graph", "Node", "build"]


class StoredGraphOutdated(ValueError):
    """The stored graph was written by another version of the analysis; build it again."""


@dataclass(frozen=True, slots=True)
class CellSource:
    """A cell, as far as the analysis needs it. `kind` is code, markdown, raw or input; an input has an `input_name`."""

    id: str
    source: str
    kind: str = "code"
    input_name: str | None = None
    always_run: bool = False

    @property
    def is_input(self) -> bool:
        """Whether its assignment is delivered as data."""
        return self.kind == "input" and self.input_name is not None

    @property
    def runs(self) -> bool:
        """Whether it can be in a plan at all."""
        return self.kind in ("code", "input")


@dataclass(frozen=True, slots=True)
class Node:
    """A code or input cell of the graph. `number` counts them from 1, for people; `digest` names the source."""

    id: str
    number: int
    digest: str
    names: CellNames
    input_name: str | None = None
    always_run: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` takes `names` from `source`; `reason` is a phrase about the target: "reads df and n"."""

    source: str
    target: str
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Flows:
    """The flow of every node, and for each name those that may share an object with it when all cells have run."""

    cells: tuple[Flow, ...]
    at_end: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Graph:
    """The cells of one version of a notebook, and how names flow through them."""

    nodes: tuple[Node, ...]
    _learned: list[tuple[Mapping[str, Facts], Flows]] = field(default_factory=list, compare=False, repr=False)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Cell id -> place among the nodes."""
        return {node.id: place for place, node in enumerate(self.nodes)}

    @cached_property
    def inputs(self) -> Mapping[str, tuple[str, ...]]:
        """Input name -> ids of the input cells that deliver it."""
        found: dict[str, tuple[str, ...]] = {}
        for node in self.nodes:
            if node.input_name is not None:
                found[node.input_name] = (*found.get(node.input_name, ()), node.id)
        return found

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that some cell may bind."""
        return bound_names(node.names for node in self.nodes)

    @cached_property
    def by_position(self) -> frozenset[str]:
        """Names whose state running a cell again does not take back: imported modules, and the world outside."""
        return imported_names([node.names for node in self.nodes]) | {EVERYTHING}

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The flow of every node by the text alone."""
        return self.flows_with({}).cells

    def flows_with(self, facts: Mapping[str, Facts]) -> Flows:
        """The same with what running the cells has shown. The last answer is kept."""
        known = {cell_id: one for cell_id, one in facts.items() if cell_id in self.position}
        if not known:
            return self._by_text
        if not self._learned or self._learned[0][0] != known:
            self._learned[:] = [(known, self._with_facts(known))]
        return self._learned[0][1]

    def _with_facts(self, known: Mapping[str, Facts]) -> Flows:
        try:
            return self._flows([node.names for node in self.nodes], known)
        except AnalysisTooLarge:  # The text is within its budget, but with what running showed it is not.
            return self._flows([NOT_FOLLOWED if node.input_name is None else node.names for node in self.nodes], {})

    @cached_property
    def _by_text(self) -> Flows:
        return self._flows([node.names for node in self.nodes], {})

    def _flows(self, names: Sequence[CellNames], known: Mapping[str, Facts]) -> Flows:
        cells, at_end = flows(names, [known.get(node.id) for node in self.nodes])
        return Flows(tuple(cells), at_end)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, by target and then by source, in the notebook's order. Raises TooMuch, but not after `build`."""
        found: list[Edge] = []
        writers: dict[str, list[int]] = {}
        opaque_above: int | None = None
        budget = AnalysisBudget(MOST_NAMES_OF_EDGES)
        for place, flow in enumerate(self.flows):
            sources: dict[int, set[str]] = {}
            for name in flow.reads - {EVERYTHING}:
                visible = _visible(writers.get(name, ()), name, self.flows)
                budget.spend(len(visible))
                for writer in visible:
                    sources.setdefault(writer, set()).add(name)
                if opaque_above is not None and name not in self.bound and name not in BUILTINS:
                    sources.setdefault(opaque_above, set()).add(name)
            if opaque_above is not None:
                sources.setdefault(opaque_above, set())
            for source in sorted(sources):
                names = tuple(sorted(sources[source]))
                reason = self._reason(flow, self.flows[source], names)
                found.append(Edge(self.nodes[source].id, self.nodes[place].id, names, reason))
            for name in flow.effects:
                writers.setdefault(name, []).append(place)
            if flow.opaque is not None:
                opaque_above = place
        return tuple(found)

    def _reason(self, flow: Flow, source: Flow, names: Sequence[str]) -> str:
        if flow.opaque is not None:
            return f"uses {flow.opaque}, so it may read everything above"
        if not names:
            return f"comes after {source.opaque}, which may have changed anything"
        direct = [name for name in names if name not in flow.via]
        changed = [name for name in direct if flow.effects.get(name) is CellEffect.CHANGES]
        read = [name for name in direct if name not in changed]
        phrases = []
        if read:
            phrases.append(f"reads {listed(read)}")
        if changed:
            phrases.append(f"changes {listed(changed)}")
        for carrier in sorted({flow.via[name] for name in names if name in flow.via}):
            later = [name for name in names if flow.via.get(name) == carrier]
            phrases += [f"uses {carrier}, which reads {listed(later)}"]
        return "; ".join(phrases)

    @property
    def weight(self) -> int:
        """About how many bytes it takes, with its flows and edges."""
        kept = 50 * len(self.nodes)
        for node in self.nodes:
            names = node.names
            bits = sum(4 + bound.bit_length() // 480 for bound in names.uses.sets.values())
            carried = sum(len(one.reads) + len(one.writes) + len(one.mutates) for one in names.carried.values())
            kept += bits + carried + len(names.reads) + 4 * len(names.writes) + 4 * len(names.shares)
        for flow in self.flows:
            groups = (*flow.sharing.values(), *flow.related.values(), *flow.beside.values())
            kept += len(flow.reads) + 2 * len(flow.effects) + sum(4 + len(group) for group in groups)
        return 60 * kept + sum(300 + 8 * len(edge.names) for edge in self.edges)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column. `from_json` gives an equal graph."""
        return {"edition": EDITION, "nodes": [_node_to_json(node) for node in self.nodes]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Graph:
        """The graph that `to_json` wrote. Raises `StoredGraphOutdated` for another edition's."""
        if data.get("edition") != EDITION:
            raise StoredGraphOutdated(str(data.get("edition")))
        return cls(tuple(_node_from_json(one) for one in data["nodes"]))


def build(cells: Iterable[CellSource]) -> Graph:
    """The graph of a notebook's cells, in their order. Markdown and raw cells have no part in it.

    Where names and their ways are more than are followed, every cell but the inputs may read and change everything.
    """
    running = [cell for cell in cells if cell.runs]
    graph = _graph(running, analyse_all([_assigned_text(cell) for cell in running]))
    try:
        _ = graph.edges  # by way of the flows
    except AnalysisTooLarge:
        return not_followed(running)
    return graph


def _graph(running: Sequence[CellSource], names: Sequence[CellNames]) -> Graph:
    nodes = [
        Node(
            id=cell.id,
            number=number,
            digest=hashlib.blake2b(cell.source.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
            names=_input_names(cell, found) if cell.is_input else found,
            input_name=cell.input_name if cell.is_input else None,
            always_run=cell.always_run and not cell.is_input,
        )
        for number, (cell, found) in enumerate(zip(running, names, strict=True), 1)
    ]
    return Graph(tuple(nodes))


def not_followed(cells: Iterable[CellSource]) -> Graph:
    """The graph of cells of which only their kinds are looked at."""
    return _graph(running := [cell for cell in cells if cell.runs], [NOT_FOLLOWED for _ in running])


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: "a", "a and b", "a, b and c"."""
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}" if found else ""


def _assigned_text(cell: CellSource) -> str:
    """An input's value is data: of its text only the kind of value matters, and only if it is a plain assignment."""
    if not cell.is_input:
        return cell.source
    try:
        statements = ast.parse(cell.source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"{cell.input_name} = []"  # not known to be immutable
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) if name == cell.input_name:
                return ast.unparse(statement)
    return f"{cell.input_name} = []"  # not known to be immutable


def _input_names(cell: CellSource, found: CellNames) -> CellNames:
    name = str(cell.input_name)
    return CellNames(writes=frozenset({name}), kills=frozenset({name}), immutable={name: found.immutable.get(name)})


def _visible(writers: Sequence[int], name: str, found: Sequence[Flow]) -> list[int]:
    """The writes that a read may see: the nearest, and those before it that it may have left standing."""
    seen = []
    for writer in reversed(writers):
        seen.append(writer)
        if found[writer].effects[name] in (CellEffect.BINDS, CellEffect.CHANGES):
            break
    return seen


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names)


def _node_to_json(node: Node) -> dict[str, Any]:
    names = node.names
    return {
        "id": node.id,
        "number": node.number,
        "digest": node.digest,
        "input": node.input_name,
        "always": node.always_run,
        "sets": {key: _sorted(getattr(names, key)) for key in _NAME_SETS if getattr(names, key)},
        "mutates": dict(names.mutates),
        "imports": dict(names.imports),
        "uses": [list(names.uses.places), {name: f"{bound:x}" for name, bound in names.uses.sets.items()}],
        "immutable": {name: None if on is None else _sorted(on) for name, on in names.immutable.items()},
        "shares": sorted(names.shares),
        "taken": sorted(names.taken),
        "carried": {name: _carried_to_json(one) for name, one in names.carried.items()},
        "opaque": _opaque_to_json(names.opaque),
        "error": names.parse_error,
    }


_NAME_SETS = (
    "reads",
    "writes",
    "deletes",
    "kills",
    "loops",
    "fleeting",
    "iterators",
    "settings",
    "templates",
    "strings",
)


def _node_from_json(data: Mapping[str, Any]) -> Node:
    names = CellNames(
        **{key: frozenset(data["sets"].get(key, ())) for key in _NAME_SETS},
        mutates=dict(data["mutates"]),
        imports=dict(data["imports"]),
        uses=_uses_from_json(*data["uses"]),
        immutable={name: None if on is None else frozenset(on) for name, on in data["immutable"].items()},
        shares=frozenset((part, whole) for part, whole in data["shares"]),
        taken=frozenset((part, whole) for part, whole in data["taken"]),
        carried={name: _carried_from_json(one) for name, one in data["carried"].items()},
        opaque=_opaque_from_json(data["opaque"]),
        parse_error=data["error"],
    )
    return Node(data["id"], data["number"], data["digest"], names, data["input"], data["always"])


def _uses_from_json(order: Sequence[str], sets: Mapping[str, str]) -> Uses:
    places = {name: place for place, name in enumerate(order)}
    return Uses(places, {name: int(bound, 16) for name, bound in sets.items()})


def _carried_to_json(carried: Carried) -> dict[str, Any]:
    return {
        "reads": _sorted(carried.reads),
        "writes": _sorted(carried.writes),
        "mutates": _sorted(carried.mutates),
        "itself": carried.changes_itself,
        "opaque": _opaque_to_json(carried.opaque),
    }


def _carried_from_json(data: Mapping[str, Any]) -> Carried:
    return Carried(
        frozenset(data["reads"]),
        frozenset(data["writes"]),
        frozenset(data["mutates"]),
        data["itself"],
        _opaque_from_json(data["opaque"]),
    )


def _opaque_to_json(opaque: Opaque | None) -> list[str] | None:
    return None if opaque is None else [opaque.opacity.value, opaque.reason]


def _opaque_from_json(data: Sequence[str] | None) -> Opaque | None:
    return None if data is None else Opaque(Opacity(data[0]), data[1])
