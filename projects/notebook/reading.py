"""Files of any kind that we know, read as notebooks. Services do that in confined processes: somebody brought them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from projects.notebook import deepnote
from projects.notebook.files import ipynb
from projects.notebook.files.ipynb import NotebookFile
from projects.notebook.files.unreadable import UnreadableNotebook, quoted


@dataclass(frozen=True)
class Read:
    """What a file holds: the project's title, (title, file) of each notebook, sentences on what is different here."""

    title: str
    notebooks: Sequence[tuple[str, NotebookFile]]
    notes: Sequence[str] = ()


def read(name: str, content: bytes) -> Read:
    """What a file holds. Raises UnreadableNotebook."""
    match PurePath(name).suffix.lower():
        case ".ipynb":
            file = ipynb.read(content, name)
            title = file.notebook.settings.title or title_of(name)
            return Read(title, [(title, file)])
        case ".deepnote":
            found = deepnote.read(content, name)
            files = [
                (each.title, NotebookFile(each.notebook, each.outputs, each.execution_counts))
                for each in found.notebooks
            ]
            return Read(found.title, files, found.notes)
    raise UnreadableNotebook(f"{quoted(PurePath(name).name)} is no notebook file: bring a .ipynb or a .deepnote file.")


def title_of(name: str) -> str:
    """“seattle-weather_2.ipynb” → “Seattle weather 2”."""
    words = PurePath(name).stem.replace("-", " ").replace("_", " ").split()
    title = " ".join(words)
    return title[:1].upper() + title[1:]
