"""The notebook: an ordered list of cells, a value. Every edit returns a new notebook and leaves this one as it is."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from projects.notebook.cells import Cell, CellKind, Show, derived_id, new_id, storable
from projects.notebook.inputs import InputSpec
from projects.notebook.settings import AppSettings

__all__ = ["Cell", "CellKind", "InputNameTaken", "NoSuchCell", "Notebook", "Show", "SourceIsGenerated", "duplicate"]

# The newest minor version of nbformat 4: the first with cell ids.
NBFORMAT_MINOR = 5


class NoSuchCell(LookupError):
    """The notebook has no cell with this id, any more."""

    def __init__(self, cell_id: str) -> None:
        self.cell_id = cell_id
        super().__init__("This cell is not in the notebook any more.")


class SourceIsGenerated(ValueError):
    """Somebody tried to write the source of an input cell, which is made from its settings."""


class InputNameTaken(ValueError):
    """Two inputs of a notebook would set the same variable."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f'Another input of this notebook is called "{name}" already.')


@dataclass(frozen=True)
class Notebook:
    """An ordered list of cells with metadata. Ids are unique; `metadata` is the file's, never changed in place."""

    cells: tuple[Cell, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    nbformat_minor: int = NBFORMAT_MINOR

    @classmethod
    def empty(cls) -> "Notebook":
        """What a new project begins with: one empty code cell."""
        return cls((Cell.new(CellKind.CODE),))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Notebook":
        """Read an nbformat 4 document that is known to be one: what `to_json` gave. Files go through `fileformat`."""
        cells: dict[str, Cell] = {}
        for position, item in enumerate(data.get("cells", ())):
            cell = Cell.from_json(item, position)
            if cell.id in cells:
                cell = replace(cell, id=_free_id(derived_id(position, cell.kind, cell.source), cells))
            cells[cell.id] = cell
        metadata = data.get("metadata")
        return cls(tuple(cells.values()), metadata if isinstance(metadata, Mapping) else {})

    def to_json(self) -> dict[str, Any]:
        """A valid nbformat 4.5 document without outputs and execution counts. What the database stores."""
        return {
            "cells": [cell.to_json() for cell in self.cells],
            "metadata": dict(self.metadata),
            "nbformat": 4,
            "nbformat_minor": max(self.nbformat_minor, NBFORMAT_MINOR),
        }

    def cell(self, cell_id: str) -> Cell:
        """Raises NoSuchCell."""
        return self.cells[self.position(cell_id)]

    def position(self, cell_id: str) -> int:
        """Counted from 0. Raises NoSuchCell."""
        try:
            return self._positions[cell_id]
        except KeyError:
            raise NoSuchCell(cell_id) from None

    def __contains__(self, cell_id: object) -> bool:
        return cell_id in self._positions

    @cached_property
    def inputs(self) -> tuple[InputSpec, ...]:
        """The inputs in notebook order; of two with the same variable (a foreign file) the first."""
        return tuple(cell.input for cell in self.input_cells.values() if cell.input)

    @cached_property
    def input_cells(self) -> Mapping[str, Cell]:
        """The input cells by variable, in notebook order."""
        cells: dict[str, Cell] = {}
        for cell in self.cells:
            if cell.input:
                cells.setdefault(cell.input.name, cell)
        return cells

    @cached_property
    def settings(self) -> AppSettings:
        own = self.metadata.get("hexlite")
        return AppSettings.from_json(own.get("app") if isinstance(own, Mapping) else None)

    def content_digest(self) -> str:
        """sha-256, in hexadecimal, of what publishing counts as content: sources, order, kinds, input settings, what
        is shown, layout and app settings. Ids do not count: cells in the layout go by their position."""
        settings = self.settings.to_json()
        settings["layout"] = [
            [{**slot, "cell": self._positions[slot["cell"]]} for slot in row if slot["cell"] in self._positions]
            for row in settings["layout"]
        ]
        settings["picture"] = self._positions.get(settings["picture"], "")
        content = {"cells": [cell.content() for cell in self.cells], "app": settings}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def insert(self, cell: Cell, position: int | None = None) -> "Notebook":
        """With the cell at this position, at the end without one. A cell whose id is taken gets a new one."""
        if cell.id in self:
            cell = replace(cell, id=self._new_id())
        self._check_name(cell)
        at = len(self.cells) if position is None else max(0, min(position, len(self.cells)))
        return replace(self, cells=(*self.cells[:at], cell, *self.cells[at:]))

    def replace_source(self, cell_id: str, source: str) -> "Notebook":
        """Raises SourceIsGenerated for an input, unless the text is the one it has."""
        cell = self.cell(cell_id)
        if source == cell.source:
            return self
        if cell.kind is CellKind.INPUT:
            raise SourceIsGenerated("The code of an input is made from its settings. Change its default instead.")
        return self._with(replace(cell, source=storable(source)))

    def set_kind(self, cell_id: str, kind: CellKind) -> "Notebook":
        """Make it code, markdown or raw; an input loses its settings and keeps its code. `set_input` makes inputs."""
        cell = self.cell(cell_id)
        if kind is CellKind.INPUT:
            raise ValueError("An input needs settings: use set_input.")
        if cell.kind is kind:
            return self
        plain = cell.with_input(None) if cell.kind is CellKind.INPUT else cell
        return self._with(replace(plain, kind=kind, attachments={} if kind.runs else plain.attachments))

    def move(self, cell_id: str, position: int) -> "Notebook":
        """With the cell at this position of the result."""
        cell = self.cell(cell_id)
        others = tuple(other for other in self.cells if other.id != cell_id)
        at = max(0, min(position, len(others)))
        return replace(self, cells=(*others[:at], cell, *others[at:]))

    def split(self, cell_id: str, offset: int) -> "Notebook":
        """In two at a character of the source; the upper part keeps the id, one line break at the cut goes."""
        cell = self.cell(cell_id)
        if cell.kind is CellKind.INPUT:
            raise SourceIsGenerated("An input can't be split.")
        upper, lower = cell.source[:offset], cell.source[offset:]
        upper, lower = (upper.removesuffix("\n"), lower) if upper.endswith("\n") else (upper, lower.removeprefix("\n"))
        below = replace(cell.with_hexlite("lineage", None), id=self._new_id(), source=lower)
        return self._with(replace(cell, source=upper)).insert(below, self.position(cell_id) + 1)

    def merge(self, cell_id: str, other_id: str) -> "Notebook":
        """The other cell's source below this one's, in this cell. Inputs become code by it."""
        first, second = sorted((self.cell(cell_id), self.cell(other_id)), key=lambda cell: self.position(cell.id))
        if first.id == second.id:
            return self
        plain = first.with_input(None) if first.kind is CellKind.INPUT else first
        merged = replace(
            plain,
            source="\n".join(filter(None, [first.source, second.source])),
            attachments={} if plain.kind.runs else {**second.attachments, **first.attachments},
        )
        return self._with(merged).delete(second.id)

    def delete(self, cell_id: str) -> "Notebook":
        self.cell(cell_id)
        return replace(self, cells=tuple(cell for cell in self.cells if cell.id != cell_id))

    def duplicate_cell(self, cell_id: str) -> "Notebook":
        """A copy right below, of its own lineage; the copy of an input sets a variable of its own."""
        cell = self.cell(cell_id)
        copy = replace(cell.with_hexlite("lineage", None), id=self._new_id())
        if copy.input:
            copy = copy.with_input(replace(copy.input, name=self.free_name(copy.input.name), aliases=()))
        return self.insert(copy, self.position(cell_id) + 1)

    def set_input(self, cell_id: str, spec: InputSpec | None) -> "Notebook":
        """Make the cell this input, or with None the code cell that sets its default. Raises InputNameTaken."""
        cell = self.cell(cell_id).with_input(spec)
        self._check_name(cell)
        return self._with(cell)

    def set_show(self, cell_id: str, show: Show) -> "Notebook":
        return self._with(self.cell(cell_id).with_show(show))

    def set_settings(self, settings: AppSettings) -> "Notebook":
        own = self.metadata.get("hexlite")
        kept = own if isinstance(own, Mapping) else {}
        return replace(self, metadata={**self.metadata, "hexlite": {**kept, "app": settings.to_json()}})

    def map_cells(self, change: Callable[[Cell], Cell]) -> "Notebook":
        """With every cell replaced by what `change` makes of it; ids must stay as they are."""
        return replace(self, cells=tuple(change(cell) for cell in self.cells))

    def free_name(self, name: str) -> str:
        """The name, or the first of name_2, name_3 … that no input has."""
        taken = {used for spec in self.inputs for used in spec.names}
        candidates = (f"{name}_{number}" for number in range(2, len(taken) + 3))
        return name if name not in taken else next(candidate for candidate in candidates if candidate not in taken)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {cell.id: position for position, cell in enumerate(self.cells)}

    def _with(self, cell: Cell) -> "Notebook":
        return self.map_cells(lambda other: cell if other.id == cell.id else other)

    def _check_name(self, cell: Cell) -> None:
        holder = self.input_cells.get(cell.input.name) if cell.input else None
        if cell.input and holder and holder.id != cell.id:
            raise InputNameTaken(cell.input.name)

    def _new_id(self) -> str:
        return _free_id(new_id(), self._positions)


def duplicate(notebook: Notebook) -> Notebook:
    """A copy with new ids, in which each cell remembers its lineage, and the layout follows."""
    renamed = {cell.id: new_id() for cell in notebook.cells}
    copies = tuple(replace(cell.with_hexlite("lineage", cell.lineage), id=renamed[cell.id]) for cell in notebook.cells)
    copy = replace(notebook, cells=copies)
    settings = notebook.settings
    if not settings.layout and settings.picture not in renamed:
        return copy
    layout = tuple(
        tuple(replace(slot, cell=renamed.get(slot.cell, slot.cell)) for slot in row) for row in settings.layout
    )
    picture = renamed.get(settings.picture, settings.picture)
    return copy.set_settings(replace(settings, layout=layout, picture=picture))


def _free_id(identity: str, taken: Mapping[str, Any]) -> str:
    while identity in taken:
        identity = new_id()
    return identity
