"""Bringing files along: a notebook file becomes a project.

Nothing is half imported: a file that can't be read raises before the first row, and everything else is one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from django.db import transaction

from projects.models import Draft, Project, User, Workspace
from projects.notebook import deepnote, fileformat
from projects.notebook.fileformat import NotebookFile, UnreadableNotebook
from projects.notebook.hints import with_hints
from projects.notebook.unreadable import MAXIMUM_FILE_BYTES, quoted, size_in_words
from projects.services import audit, projects

# What the file dialogue offers.
ENDINGS = (".ipynb", ".deepnote")


@dataclass(frozen=True)
class Read:
    """What a file holds: the project's title, (title, file) of each notebook, sentences on what is different here."""

    title: str
    notebooks: Sequence[tuple[str, NotebookFile]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Imported:
    """A new project, and what each of its notebooks brought along: outputs and execution counts by cell id.

    Outputs are kept by the runtime, so this layer hands them on.
    """

    project: Project
    files: Sequence[tuple[Draft, NotebookFile]]
    notes: Sequence[str] = ()


def import_file(*, name: str, content: bytes, workspace: Workspace, by: User) -> Imported:
    """A project made of a `.ipynb` or `.deepnote` file. `name` is the file's. Raises UnreadableNotebook."""
    found = read(name, content)
    with transaction.atomic():
        project = projects.create(
            workspace=workspace,
            by=by,
            title=found.title,
            notebooks=[(title, with_hints(file.notebook)) for title, file in found.notebooks],
        )
        audit.record(project=project, by=by, action="imported a file", file=PurePath(name).name[:200])
        drafts = project.drafts.order_by("position")
        files = [(draft, file) for draft, (_, file) in zip(drafts, found.notebooks, strict=True)]
        return Imported(project, files, found.notes)


def read(name: str, content: bytes) -> Read:
    """What a file holds. Raises UnreadableNotebook."""
    match PurePath(name).suffix.lower():
        case ".ipynb":
            file = fileformat.read(content, name)
            title = file.notebook.settings.title or title_of(name)
            return Read(title, [(title, file)])
        case ".deepnote":
            found = deepnote.read(content, name)
            files = [
                (each.title, NotebookFile(each.notebook, each.outputs, each.execution_counts))
                for each in found.notebooks
            ]
            return Read(found.title, files, found.notes)
    raise UnreadableNotebook(f"{_called(name)} is no notebook file: bring a .ipynb or a .deepnote file.")


def check_size(name: str, size: int) -> None:
    """Raises UnreadableNotebook for a file too large to be read at all. `size` in bytes."""
    if size > MAXIMUM_FILE_BYTES:
        raise UnreadableNotebook(
            f"{_called(name)} has {size_in_words(size)}; a notebook can have "
            f"{size_in_words(MAXIMUM_FILE_BYTES)}. Clear its outputs, save it and bring it again."
        )


def title_of(name: str) -> str:
    """“seattle-weather_2.ipynb” → “Seattle weather 2”."""
    words = PurePath(name).stem.replace("-", " ").replace("_", " ").split()
    title = " ".join(words)
    return title[:1].upper() + title[1:]


def _called(name: str) -> str:
    return quoted(PurePath(name).name)


def _as_file(notebook: deepnote.DeepnoteNotebook) -> NotebookFile:
    return NotebookFile(notebook.notebook, notebook.outputs, notebook.execution_counts)
