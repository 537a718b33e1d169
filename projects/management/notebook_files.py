"""What the commands that take a notebook file have in common."""

import os
from pathlib import Path

from django.core.management import CommandError

from projects.notebook.document import Notebook
from projects.notebook.files.unreadable import UnreadableNotebook
from projects.services import imports


def file_content(path: str) -> bytes:
    """The bytes of a file that somebody named. Raises CommandError, for one that is too large without reading it."""
    try:
        with Path(path).open("rb") as file:
            imports.check_size(path, os.fstat(file.fileno()).st_size)
            return file.read()
    except OSError as problem:
        raise CommandError(f"{path} can't be read: {problem.strerror or problem}.") from None
    except UnreadableNotebook as refusal:
        raise CommandError(str(refusal)) from None


def notebook_of(path: str) -> Notebook:
    """The first notebook of a `.ipynb` or `.deepnote` file."""
    try:
        found = imports.read(path, file_content(path))
    except UnreadableNotebook as refusal:
        raise CommandError(str(refusal)) from None
    return found.notebooks[0][1].notebook
