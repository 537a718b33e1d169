"""Deepnote's files (`.deepnote`): a project of notebooks as YAML, read into notebooks and notes about what is lost.

The format is described at github.com/deepnote/deepnote, docs/deepnote-format.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from projects.notebook.deepnote.blocks import ConvertedBlock, convert_blocks
from projects.notebook.deepnote.layout import rows_of
from projects.notebook.deepnote.yaml12 import read_yaml
from projects.notebook.document import Notebook
from projects.notebook.files.unreadable import UnreadableNotebook, check_number_of_cells, quoted
from projects.notebook.settings import MAXIMUM_TITLE, AppSettings

__all__ = ["DeepnoteNotebook", "DeepnoteProject", "UnreadableNotebook", "read"]

MAXIMUM_NOTEBOOKS = 50


@dataclass(frozen=True)
class DeepnoteNotebook:
    """One notebook of the project, with its outputs and execution counts by cell id."""

    title: str
    notebook: Notebook
    outputs: Mapping[str, list[dict[str, Any]]]
    execution_counts: Mapping[str, int]


@dataclass(frozen=True)
class DeepnoteProject:
    """What a file holds. `notes` are sentences about what is different here, each once."""

    title: str
    notebooks: tuple[DeepnoteNotebook, ...]
    notes: tuple[str, ...] = ()


def read(content: bytes, name: str = "") -> DeepnoteProject:
    """The project in the bytes of a `.deepnote` file. The same bytes give the same cells. Raises UnreadableNotebook."""
    called = quoted(name)
    data = read_yaml(content, name)
    project = data.get("project") if isinstance(data, Mapping) else None
    listed = project.get("notebooks") if isinstance(project, Mapping) else None
    if not isinstance(project, Mapping) or not isinstance(listed, list):
        raise UnreadableNotebook(f"{called} is not a Deepnote file: it has no project with notebooks.")
    if not listed:
        raise UnreadableNotebook(f"{called} has no notebook in it.")
    if len(listed) > MAXIMUM_NOTEBOOKS:
        raise UnreadableNotebook(
            f"{called} has {len(listed):,} notebooks; a project can have {MAXIMUM_NOTEBOOKS}. Export them one by one."
        )
    notebooks, notes = [], []
    for position, item in enumerate(listed):
        notebook, found = _notebook(item, position, called)
        notebooks.append(notebook)
        notes += found
    notes += _project_notes(project, notebooks)
    return DeepnoteProject(_title(project, "Untitled"), tuple(notebooks), tuple(dict.fromkeys(notes)))


def _notebook(item: Any, position: int, called: str) -> tuple[DeepnoteNotebook, list[str]]:
    blocks = item.get("blocks", []) if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(blocks, list):
        raise UnreadableNotebook(f"{called} is damaged: notebook {position + 1} has no list of blocks.")
    title = _title(item, f"Notebook {position + 1}")
    check_number_of_cells(len(blocks), f'The notebook "{title}"')
    converted = convert_blocks(blocks)
    check_number_of_cells(len(converted.cells), f'The notebook "{title}"')
    notebook = Notebook(tuple(converted.cells), {}) if converted.cells else Notebook.empty()
    notebook = notebook.set_settings(_settings(notebook, converted, title))
    return DeepnoteNotebook(title, notebook, converted.outputs, converted.execution_counts), converted.notes


def _settings(notebook: Notebook, converted: ConvertedBlock, title: str) -> AppSettings:
    rows = rows_of(notebook.cells, converted.rows, converted.widths)
    return replace(notebook.settings, title=title, layout=rows)


def _project_notes(project: Mapping[str, Any], notebooks: Sequence[DeepnoteNotebook]) -> Iterator[str]:
    if any(item.notebook.inputs for item in notebooks):
        yield (
            "Links to the app in Deepnote that set inputs, as in ?name=value, do not work here: a parameter begins "
            "with an underscore, as in ?_name=value, and text is in double quotes."
        )
    settings = project.get("settings")
    requirements = settings.get("requirements") if isinstance(settings, Mapping) else None
    if isinstance(requirements, list) and requirements:
        listed = ", ".join(str(requirement) for requirement in requirements[:20])
        yield f"The project asks for these packages, which the kernel must have: {listed}."
    integrations = project.get("integrations")
    if isinstance(integrations, list) and integrations:
        yield "Connections to databases are not taken over; connect from code."
    first = project.get("initNotebookId")
    listed_ids = [item.get("id") for item in project["notebooks"]]
    if first and first in listed_ids and len(notebooks) > 1:
        title = notebooks[listed_ids.index(first)].title
        yield f'Deepnote ran the notebook "{title}" before the others; here each notebook runs alone.'


def _title(data: Mapping[str, Any], otherwise: str) -> str:
    name = data.get("name")
    return name.strip()[:MAXIMUM_TITLE] or otherwise if isinstance(name, str) else otherwise
