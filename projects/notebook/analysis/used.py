"""What a cell does by using what other cells defined: functions, classes and instances, transitively."""

from __future__ import annotations

from collections.abc import Mapping

from projects.notebook.analysis.facts import NAMES, NOTHING, Carried
from projects.notebook.names import CellNames


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
        for name, bound in cell.uses.items():
            self._use(name, bound)

    def _use(self, name: str, bound: frozenset[str]) -> None:
        if name in self._visited:
            return
        self._visited.add(name)
        carried = self._carried(name, bound)
        if not carried:
            return
        read_above = carried.reads - bound
        self.reads |= read_above
        for one in read_above:
            self.via.setdefault(one, name)
        self.writes |= carried.writes
        self.mutates |= carried.mutates
        if carried.changes_itself:
            self.mutates |= {name}
        if carried.opaque is not None:
            self.opaque = carried.opaque.merged(self.opaque)
        for one in carried.reads:
            self._use(one, bound)

    def _carried(self, name: str, bound: frozenset[str]) -> Carried:
        cell = self.cell
        own = cell.carried.get(name, NOTHING)
        if name in bound and name in cell.kills and name not in cell.reads:
            # Bound in this cell before every use; what it was bound to may carry something too.
            for part, whole in cell.shares:
                if name in (part, whole):
                    other = whole if part == name else part
                    own = own.merged(self.carries.get(other, NOTHING)).merged(cell.carried.get(other, NOTHING))
            return own
        return own.merged(self.carries.get(name, NOTHING))
