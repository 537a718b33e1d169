"""What Jupyter's own hints mean when a notebook comes in: what is hidden, and which cells hide tags name."""

from collections.abc import Mapping
from dataclasses import replace

from projects.notebook.cells import Cell, Show
from projects.notebook.document import Notebook
from projects.notebook.files.parameters import Offer, accept, offered_input, offered_inputs, offers_of

__all__ = ["Offer", "accept", "offered_input", "offered_inputs", "offers_of", "show_of_hints", "with_hints"]

# Tags of Jupyter Book, nbconvert and Voilà; they are written with hyphens and with underscores.
_HIDES_CELL = {"hide-cell", "remove-cell"}
_HIDES_CODE = {"hide-input", "remove-input", "hide-code", "remove-code"}
_HIDES_OUTPUT = {"hide-output", "remove-output"}


def with_hints(notebook: Notebook) -> Notebook:
    """With what viewers get of each cell set as its hints say. A cell whose author said it to us already, and a cell
    without hints, stay as they are."""
    return notebook.map_cells(_with_hints)


def show_of_hints(cell: Cell) -> Show:
    """What viewers of the app get of the cell, as far as Jupyter's metadata and tags say."""
    tags = {tag.lower().replace("_", "-") for tag in cell.tags}
    jupyter = cell.metadata.get("jupyter")
    jupyter = jupyter if isinstance(jupyter, Mapping) else {}
    show = Show()
    if tags & _HIDES_CELL:
        show = replace(show, cell=False)
    if tags & _HIDES_CODE or jupyter.get("source_hidden") is True or cell.metadata.get("hide_input") is True:
        show = replace(show, code=False)
    if tags & _HIDES_OUTPUT or jupyter.get("outputs_hidden") is True or cell.metadata.get("collapsed") is True:
        show = replace(show, output=False)
    return show


def _with_hints(cell: Cell) -> Cell:
    if "show" in cell.hexlite:
        return cell
    show = show_of_hints(cell)
    return cell if show == Show() else cell.with_show(show)
