"""What the commands that take a notebook file have in common."""

from pathlib import Path

from django.core.management import CommandError

from projects.notebook.document import Notebook
from projects.notebook.unreadable import MAXIMUM_FILE_BYTES, UnreadableNotebook
from projects.services import imports


def file_content(path: str) -> bytes:
    """The bytes of a file that somebody named; a little more than a notebook may have, so that it can be refused."""
    try:
        with Path(path).open("rb") as file:
            return file.read(MAXIMUM_FILE_BYTES + 1)
    except OSError as problem:
        raise CommandError(f"{path} can't be read: {problem.strerror or problem}.") from None


def notebook_of(path: str) -> Notebook:
    """The first notebook of a `.ipynb` or `.deepnote` file."""
    try:
        _, found = imports.read(path, file_content(path))
    except UnreadableNotebook as refusal:
        raise CommandError(str(refusal)) from None
    return found[0][1].notebook
