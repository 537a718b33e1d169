"""What is known of a notebook's names as a whole: which may be bound, cannot be changed, or are modules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from projects.notebook.analysis.facts import NAMES, Opacity
from projects.notebook.analysis.known_callables import BUILTINS
from projects.notebook.analysis.names import CellNames


def bound_names(cells: Iterable[CellNames]) -> frozenset[str]:
    """The names that some cell may bind. Names outside it are builtins, or missing everywhere.

    A cell that may do anything may bind what no text shows to be bound; what other cells change in place is followed.
    """
    cells = list(cells)
    found: set[str] = set()
    if any(_may_bind_anything(cell) for cell in cells):
        for cell in cells:
            found |= cell.mutates.keys()
            for carried in cell.carried.values():
                found |= carried.mutates - BUILTINS
    for cell in cells:
        found |= cell.writes
        for carried in cell.carried.values():
            found |= carried.writes
    return frozenset(found)


def _may_bind_anything(cell: CellNames) -> bool:
    opaque = [cell.opaque, *(carried.opaque for carried in cell.carried.values())]
    return any(one is not None and one.opacity is Opacity.ANYTHING for one in opaque)


def immutable_names(cells: Sequence[CellNames]) -> frozenset[str]:
    """Names that every cell binds to immutable values only. They cannot be changed in place, nor shared."""
    depends: dict[str, set[str]] = {}
    mutable: set[str] = set()
    for cell in cells:
        for name in cell.writes:
            needed = cell.immutable.get(name, NAMES if name in cell.deletes else None)
            if needed is None:
                mutable.add(name)
            else:
                depends.setdefault(name, set()).update(needed)
    remaining = set(depends) - mutable
    dependants: dict[str, list[str]] = {}
    for name in remaining:
        for needed_name in depends[name]:
            dependants.setdefault(needed_name, []).append(name)
    lost = dependants.keys() - remaining
    while lost:
        lost = remaining.intersection(one for name in lost for one in dependants.get(name, ()))
        remaining -= lost
    return frozenset(remaining)


def imported_names(cells: Sequence[CellNames]) -> frozenset[str]:
    """Names that only import statements bind."""
    imported = {name for cell in cells for name in cell.imports}
    otherwise = {name for cell in cells for name in cell.writes if name not in cell.imports}
    return frozenset(imported - otherwise)
