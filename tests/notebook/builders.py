"""Short ways to say an input or a notebook in a test."""

from datetime import UTC, datetime
from typing import Any

from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.inputs import InputSpec

NOON = datetime(2024, 3, 31, 12, 34, 56, 789, tzinfo=UTC)


def an_input(kind: str, name: str = "x", **settings: Any) -> InputSpec:
    spec = InputSpec.from_json({"kind": kind, "name": name, **settings})
    assert spec is not None
    return spec


def a_notebook(*cells: Cell | str) -> Notebook:
    """Texts become code cells named a, b, c … by their place."""
    named = (
        Cell(chr(ord("a") + place), CellKind.CODE, cell) if isinstance(cell, str) else cell
        for place, cell in enumerate(cells)
    )
    return Notebook(tuple(named))
