"""Putting cells into another order without changing what any of them reads: the app follows the notebook's order."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from projects.notebook.document import Notebook
from projects.notebook.reactivity.graph import Graph, listed
from projects.notebook.reactivity.sources import graph_of


class OrderRefused(ValueError):
    """A cell would read something else in that order. `before` has to stay above `after`; `names` are what it makes."""

    def __init__(self, before: str, after: str, names: Sequence[str]) -> None:
        self.before, self.after, self.names = before, after, tuple(names)
        super().__init__(f"{after} reads {listed(names) or 'what happens'} of {before}.")


def reordered(
    notebook: Notebook, wanted: Iterable[tuple[str, str]], moved: Sequence[str] = (), above: str | None = None
) -> Notebook:
    """The notebook with `before` above `after` for every pair in `wanted`.

    Where it will do, only the cells in `moved` are put above the cell `above` (None: to the end). Otherwise as few
    cells as possible move. Raises OrderRefused where that would change what a cell reads.
    """
    pairs = list(wanted)
    ids = [cell.id for cell in notebook.cells]
    if _holds(ids, pairs):
        return notebook
    graph = graph_of(notebook)
    direct = _moved(ids, moved, above)
    if _holds(direct, pairs):
        found = _in_order(notebook, direct)
        if _same(graph, graph_of(found)):
            return found
    feeds = [(edge.source, edge.target) for edge in graph.edges]
    found = _in_order(notebook, _sorted(ids, [*pairs, *feeds], graph, pairs))
    after = graph_of(found)
    if not _same(graph, after):
        raise _lost(graph, after)
    return found


def _holds(ids: Sequence[str], pairs: Iterable[tuple[str, str]]) -> bool:
    place = {identity: index for index, identity in enumerate(ids)}
    return all(place[before] < place[after] for before, after in pairs)


def _moved(ids: Sequence[str], moved: Sequence[str], above: str | None) -> list[str]:
    moving = [identity for identity in ids if identity in set(moved)]
    others = [identity for identity in ids if identity not in set(moved)]
    at = others.index(above) if above in others else len(others)
    return [*others[:at], *moving, *others[at:]]


def _sorted(
    ids: Sequence[str], pairs: Iterable[tuple[str, str]], graph: Graph, wanted: Iterable[tuple[str, str]]
) -> list[str]:
    """The order nearest to the present one in which every pair holds. Raises OrderRefused when there is none."""
    place = {identity: index for index, identity in enumerate(ids)}
    below: dict[str, set[str]] = {identity: set() for identity in ids}
    for before, after in pairs:
        below[before].add(after)
    waits = dict.fromkeys(ids, 0)
    for targets in below.values():
        for target in targets:
            waits[target] += 1
    ready = [place[identity] for identity in ids if not waits[identity]]
    heapq.heapify(ready)
    found: list[str] = []
    while ready:
        identity = ids[heapq.heappop(ready)]
        found.append(identity)
        for target in below[identity]:
            waits[target] -= 1
            if not waits[target]:
                heapq.heappush(ready, place[target])
    if len(found) < len(ids):
        raise _contradiction(graph, wanted)
    return found


def _contradiction(graph: Graph, wanted: Iterable[tuple[str, str]]) -> OrderRefused:
    """The first wish that the flow of names forbids."""
    above: dict[str, dict[str, tuple[str, ...]]] = {}
    for edge in graph.edges:
        above.setdefault(edge.target, {})[edge.source] = edge.names
    for before, after in wanted:
        names = _reaches(after, before, above)
        if names is not None:
            return OrderRefused(after, before, names)
    edge = graph.edges[0]
    return OrderRefused(edge.source, edge.target, edge.names)


def _reaches(source: str, target: str, above: Mapping[str, Mapping[str, tuple[str, ...]]]) -> tuple[str, ...] | None:
    """The names that `target` takes on its way from `source`; None when nothing of it gets there."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(target, ())]
    seen = {target}
    while waiting:
        at, taken = waiting.pop(0)
        for cell, names in above.get(at, {}).items():
            if cell == source:
                return taken or names
            if cell not in seen:
                seen.add(cell)
                waiting.append((cell, taken or names))
    return None


def _lost(before: Graph, after: Graph) -> OrderRefused:
    known = _feeds(after)
    edges = before.edges or after.edges
    edge = next((edge for edge in edges if (edge.source, edge.target, edge.names) not in known), edges[0])
    return OrderRefused(edge.source, edge.target, edge.names)


def _same(before: Graph, after: Graph) -> bool:
    return _feeds(before) == _feeds(after)


def _feeds(graph: Graph) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(edge.source, edge.target, edge.names) for edge in graph.edges}


def _in_order(notebook: Notebook, ids: Sequence[str]) -> Notebook:
    return replace(notebook, cells=tuple(notebook.cell(identity) for identity in ids))
