"""From a session to the cells that must run: the graph of its notebook, made once per text, and the planner."""

import ast
from functools import lru_cache

from apps_runtime.models import Session
from apps_runtime.session.operations import Planner
from apps_runtime.session.state import CellState, State


def planner(session: Session) -> Planner:
    """Until the exact planner arrives: everything below the first reader of a changed input."""
    notebook = session.notebook
    reactive = notebook.settings.reactive

    def plan(state: State) -> tuple[tuple[str, str], ...]:
        if not reactive:
            return tuple((cell.id, "Everything runs") for cell in state.cells)
        found: list[tuple[str, str]] = []
        below = False
        for status in state.cells:
            if status.input:
                if status.input in state.changed or status.played != status.digest:
                    found.append((status.id, "Its value changed"))
                continue
            names = _names(notebook.cell(status.id).source) if status.id in notebook else frozenset()
            read = names & state.changed
            if status.played != status.digest or status.state in (CellState.FAILED, CellState.STALE):
                below = True
                found.append((status.id, "It has not run with these values"))
            elif read:
                below = True
                found.append((status.id, f"“{sorted(read)[0]}” changed"))
            elif below:
                found.append((status.id, "A cell above it runs"))
        return tuple(found)

    return plan


def depending_on(session: Session, failed: str, remaining: list[str]) -> list[str]:
    """Cells of the plan that can't run because `failed` did not."""
    return remaining


@lru_cache(maxsize=4096)
def _names(source: str) -> frozenset[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


