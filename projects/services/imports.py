"""Bringing files along: a notebook file becomes a project.

Nothing is half imported: a file that can't be read raises before the first row, and everything else is one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from django.db import transaction

from projects.models import Draft, Project, User, Workspace
from projects.notebook import fileformat
from projects.notebook.fileformat import NotebookFile, UnreadableNotebook
from projects.notebook.hints import with_hints
from projects.services import audit, projects

# What the file dialogue offers; also in templates/projects/new.html by way of the view.
ENDINGS = (".ipynb", ".deepnote")


@dataclass(frozen=True)
class Imported:
    """A new project, and what each of its notebooks brought along: outputs and execution counts by cell id.

    Outputs are kept by the runtime, so this layer hands them on.
    """

    project: Project
    files: Sequence[tuple[Draft, NotebookFile]]


def import_file(*, name: str, content: bytes, workspace: Workspace, by: User) -> Imported:
    """A project made of a `.ipynb` or `.deepnote` file. `name` is the file's. Raises UnreadableNotebook."""
    title, found = read(name, content)
    with transaction.atomic():
        project = projects.create(
            workspace=workspace,
            by=by,
            title=title,
            notebooks=[(notebook_title, with_hints(file.notebook)) for notebook_title, file in found],
        )
        audit.record(project=project, by=by, action="imported a file", file=PurePath(name).name[:200])
        drafts = project.drafts.order_by("position")
        return Imported(project, [(draft, file) for draft, (_, file) in zip(drafts, found, strict=True)])


def read(name: str, content: bytes) -> tuple[str, list[tuple[str, NotebookFile]]]:
    """The title of the project, and its notebooks with theirs. Raises UnreadableNotebook."""
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise UnreadableNotebook(
            f"“{PurePath(name).name[:100]}” is no notebook file: bring a .ipynb or a .deepnote file."
        )
    file = fileformat.read(content, name)
    title = file.notebook.settings.title or title_of(name)
    return title, [(title, file)]


def title_of(name: str) -> str:
    """“seattle-weather_2.ipynb” → “Seattle weather 2”."""
    words = PurePath(name).stem.replace("-", " ").replace("_", " ").split()
    title = " ".join(words)
    return title[:1].upper() + title[1:]
