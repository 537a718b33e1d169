"""Notebook files (`.ipynb`): nbformat 4.x read and written without loss, older formats upgraded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import nbformat

from projects.notebook.cells import Cell, CellKind, derived_id
from projects.notebook.document import Notebook
from projects.notebook.files.edited_inputs import adopt
from projects.notebook.files.filebytes import read_json
from projects.notebook.files.repair import valid_document
from projects.notebook.files.unreadable import UnreadableNotebook, check_number_of_cells, quoted

__all__ = ["NotebookFile", "UnreadableNotebook", "read", "write"]

Output = dict[str, Any]


@dataclass(frozen=True)
class NotebookFile:
    """What a file holds: the notebook, and by cell id the outputs (nbformat dicts, texts joined) and the execution
    counts, of the cells that have some."""

    notebook: Notebook
    outputs: Mapping[str, list[Output]]
    execution_counts: Mapping[str, int]


def read(content: bytes, name: str = "") -> NotebookFile:
    """The notebook in the bytes of a file; `name` is what its owner calls it. The same bytes give the same notebook,
    ids included. Raises UnreadableNotebook."""
    document = valid_document(read_json(content, name), name)
    notebook = Notebook.from_json(document)
    pairs = list(zip(notebook.cells, document["cells"], strict=True))
    return NotebookFile(
        notebook=_with_adopted_defaults(notebook, [item["source"] for item in document["cells"]], name),
        outputs={cell.id: item["outputs"] for cell, item in pairs if item.get("outputs")},
        execution_counts={cell.id: item["execution_count"] for cell, item in pairs if item.get("execution_count")},
    )


def write(
    notebook: Notebook,
    outputs: Mapping[str, Sequence[Output]] | None = None,
    execution_counts: Mapping[str, int] | None = None,
) -> str:
    """The notebook as Jupyter writes it: nbformat 4.5, sorted, one line of text a line. Plain Jupyter runs it."""
    document = notebook.to_json()
    for data in document["cells"]:
        if data["cell_type"] == "code":
            data["outputs"] = list((outputs or {}).get(data["id"], ()))
            data["execution_count"] = (execution_counts or {}).get(data["id"])
    node = nbformat.from_dict(document)  # type: ignore[no-untyped-call]
    return str(nbformat.v4.writes(node)) + "\n"  # type: ignore[no-untyped-call]


def _with_adopted_defaults(notebook: Notebook, sources: list[str], name: str) -> Notebook:
    """Inputs as their code in the file says; code beyond an input's default becomes a cell above it."""
    cells: list[Cell] = []
    for cell, source in zip(notebook.cells, sources, strict=True):
        if cell.input is None:
            cells.append(cell)
            continue
        adopted = adopt(cell.input, source)
        if adopted.left_over:
            cells.append(Cell(derived_id(len(cells), f"above {cell.id}", source), CellKind.CODE, adopted.left_over))
        cells.append(cell if adopted.spec == cell.input else cell.with_input(adopted.spec))
    check_number_of_cells(len(cells), quoted(name))
    return replace(notebook, cells=tuple(cells))
