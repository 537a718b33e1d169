"""Bringing files along: a notebook file becomes a project.

Nothing is half imported: a file that can't be read raises before the first row, and everything else is one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from django.db import transaction

from projects import confined
from projects.confined import Busy, Failed, OutOfBudget
from projects.models import Draft, Project, User, Workspace
from projects.notebook import reading
from projects.notebook.files.ipynb import NotebookFile, UnreadableNotebook
from projects.notebook.files.jupyter_tags import with_hints
from projects.notebook.files.unreadable import MAXIMUM_FILE_BYTES, quoted, size_in_words
from projects.notebook.reading import Read
from projects.services import audit, projects

SECONDS = 20.0
MEGABYTES = 1024.0

# What the file dialogue offers.
ENDINGS = (".ipynb", ".deepnote")


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
    return make(found=read(name, content), name=name, workspace=workspace, by=by)


def make(*, found: Read, name: str, workspace: Workspace, by: User) -> Imported:
    """A project made of what a file called `name` holds. Reading it takes its time, so that is done before: nobody else
    writes while this goes on."""
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
    check_size(name, len(content))
    try:
        return confined.call(reading.read, name, content, seconds=SECONDS, megabytes=MEGABYTES)
    except OutOfBudget:
        raise UnreadableNotebook(
            f"{_called(name)} takes too long to read. Clear its outputs, save it and bring it again."
        ) from None
    except Busy:
        raise UnreadableNotebook(
            f"There is too much to do to read {_called(name)} at the moment. Bring it again in a minute."
        ) from None
    except Failed as error:
        raise UnreadableNotebook(f"{_called(name)} can't be read as a notebook.") from error


def check_size(name: str, size: int) -> None:
    """Raises UnreadableNotebook for a file too large to be read at all. `size` in bytes."""
    if size > MAXIMUM_FILE_BYTES:
        raise UnreadableNotebook(
            f"{_called(name)} has {size_in_words(size)}; a notebook can have "
            f"{size_in_words(MAXIMUM_FILE_BYTES)}. Clear its outputs, save it and bring it again."
        )


def _called(name: str) -> str:
    return quoted(PurePath(name).name)
