"""The graph for other programs: the JSON of `manage.py graph` (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from projects.notebook.analysis.known_callables import BUILTINS
from projects.notebook.reactivity.flow import EVERYTHING
from projects.notebook.reactivity.graph import Graph
from projects.notebook.reactivity.planner import all_done, plan


class UnknownInput(ValueError):
    """No input cell of the notebook has this name. The text is a sentence for the person."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no input “{name}”. Inputs: {', '.join(sorted(known)) or 'none'}.")


def describe(graph: Graph, changed: Sequence[str] | None = None) -> dict[str, Any]:
    """Cells, edges and, when inputs changed, the ids of the cells that would run after everything ran once.

    The changed inputs themselves are not in the plan. Raises `UnknownInput`.
    """
    cells = [
        {
            "id": node.id,
            "reads": sorted(name for name in flow.reads - {EVERYTHING} if name in graph.bound or name not in BUILTINS),
            "writes": sorted(flow.writes),
            "opaque": flow.opaque is not None,
        }
        for node, flow in zip(graph.nodes, graph.flows, strict=True)
    ]
    edges = [{"from": edge.source, "to": edge.target, "names": list(edge.names)} for edge in graph.edges]
    description: dict[str, Any] = {"cells": cells, "edges": edges}
    if changed is not None:
        for name in changed:
            if name not in graph.inputs:
                raise UnknownInput(name, list(graph.inputs))
        delivered = {cell_id for name in changed for cell_id in graph.inputs[name]}
        found = plan(graph, all_done(graph).begin(), changed)
        description["plan"] = [cell_id for cell_id in found.cell_ids if cell_id not in delivered]
    return description
