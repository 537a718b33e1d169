"""What a cell does by using what other cells defined: functions, classes and instances, transitively."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from projects.notebook.analysis.facts import NAMES, NOTHING, Carried, all_of
from projects.notebook.analysis.names import CellNames


class Used:
    """What happens in a cell because it uses functions, classes and instances, transitively."""

    def __init__(self, cell: CellNames, carries: Mapping[str, Carried]) -> None:
        self.cell = cell
        self.carries = carries
        self.reads: frozenset[str] = NAMES
        self.writes: frozenset[str] = NAMES
        self.mutates: frozenset[str] = NAMES
        self.opaque = cell.opaque
        self.via: dict[str, str] = {}
        self._visited: set[str] = set()
        for name, bound in cell.uses.sets.items():
            self._use(name, bound)

    def _use(self, name: str, bound: int) -> None:
        """`bound`: the names surely bound at every use of it, a set of `cell.uses`."""
        waiting = [iter((name,))]
        while waiting:
            one = next(waiting[-1], None)
            if one is None:
                waiting.pop()
            elif one not in self._visited:
                self._visited.add(one)
                waiting.append(iter(self._happens(one, bound)))

    def _happens(self, name: str, bound: int) -> frozenset[str]:
        """Add what happens because the name is used; the names that are used then."""
        carried = self._carried(name, bound)
        if not carried:
            return NAMES
        read_above = frozenset(one for one in carried.reads if not self.cell.uses.holds(bound, one))
        self.reads |= read_above
        for one in read_above:
            self.via.setdefault(one, name)
        self.writes |= carried.writes
        self.mutates |= carried.mutates
        if carried.changes_itself:
            self.mutates |= {name}
        if carried.opaque is not None:
            self.opaque = carried.opaque.merged(self.opaque)
        return carried.reads

    def _carried(self, name: str, bound: int) -> Carried:
        cell = self.cell
        own = cell.carried.get(name, NOTHING)
        if name in cell.kills and name not in cell.reads and cell.uses.holds(bound, name):
            # Bound in this cell before every use; what it was bound to may carry something too.
            others = self._shared.get(name, ())
            carried = (of.get(other, NOTHING) for other in others for of in (self.carries, cell.carried))
            return all_of((own, *carried))
        return own.merged(self.carries.get(name, NOTHING))

    @cached_property
    def _shared(self) -> Mapping[str, list[str]]:
        """Name -> those that the cell lets share its object."""
        found: dict[str, list[str]] = {}
        for part, whole in self.cell.shares:
            found.setdefault(part, []).append(whole)
            if part != whole:
                found.setdefault(whole, []).append(part)
        return found
