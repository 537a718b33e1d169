"""A notebook's cells as the analysis sees them."""

from __future__ import annotations

from projects.notebook.document import Notebook
from projects.notebook.reactivity.graph import CellSource, Graph, build

ALWAYS_RUN = "always-run"  # a cell's tag: outside the promise, so it runs every time


def sources_of(notebook: Notebook) -> tuple[CellSource, ...]:
    """Those that run, in their order."""
    return tuple(
        CellSource(
            cell.id,
            cell.source,
            str(cell.kind),
            cell.input.name if cell.input else None,
            ALWAYS_RUN in cell.tags,
        )
        for cell in notebook.cells
        if cell.kind.runs
    )


def graph_of(notebook: Notebook) -> Graph:
    """Analysed now. What asks again and again asks `apps_runtime.services.sessions.analyses`."""
    return build(sources_of(notebook))
