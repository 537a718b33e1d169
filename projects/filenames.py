"""Names and paths of project files: which may be asked for, which may be made, which are kept back from the app."""

import unicodedata
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from django.conf import settings

LONGEST_NAME = 255  # bytes, as Linux file systems have it
LONGEST_PATH = 1024  # bytes; well below PATH_MAX, so that every file can be reached from the kernel as well
DEEPEST = 32

# Characters that turn the reading direction round: "annual‮fdp.exe" reads as "annualexe.pdf".
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class FileProblem(Exception):
    """What was asked of the project's folder can't be done; the text is a sentence for the person."""


class NoSuchFile(FileProblem):
    """There is no such plain file or folder. Every refusal to read says this, so that none tells what is there."""

    def __init__(self) -> None:
        super().__init__("There is no such file in this project.")


class BadName(FileProblem):
    """A name that may not be given to a file."""


class KeptBack(StrEnum):
    """Why whoever has only the app can't download a file."""

    HIDDEN_NAME = "hidden name"
    SOURCE = "source"


def clean(path: str) -> PurePosixPath:
    """A path that was asked for, relative to the project's folder. `/work/…`, what cells call the folder, is accepted.

    Raises NoSuchFile for everything that is not plainly the name of something inside: absolute paths elsewhere,
    `..`, `.`, empty parts, backslashes, control characters, names no file system has.
    """
    path = path.removeprefix("/work/")
    if not path or len(path.encode("utf-8", "surrogatepass")) > LONGEST_PATH:
        raise NoSuchFile()
    parts = path.split("/")
    if len(parts) > DEEPEST or not all(_is_name(part) for part in parts):
        raise NoSuchFile()
    return PurePosixPath(*parts)


def clean_folder(path: str) -> PurePosixPath:
    """As `clean`; nothing, or `.`, is the project's folder itself."""
    return PurePosixPath() if path in {"", "."} else clean(path)


def new_path(folder: PurePosixPath, name: str) -> PurePosixPath:
    """Where something called `name` goes in `folder`. Raises BadName with a sentence."""
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise BadName("Give the file a name.")
    if len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        raise BadName(f"“{name[:40]}…” is too long for a name; {LONGEST_NAME} bytes are the most.")
    if "/" in name or not _is_name(name):
        raise BadName(f"“{_printable(name)}” can't be a name: no slashes, control characters, or a lone “.” or “..”.")
    if _TURNING & set(name):
        raise BadName(f"“{_printable(name)}” has characters that turn the reading direction round.")
    path = folder / name
    if len(str(path).encode()) > LONGEST_PATH or len(path.parts) > DEEPEST:
        raise BadName("These folders are too deep.")
    return path


def kept_back(path: PurePosixPath) -> KeptBack | None:
    """Why the app's viewers can't download this file, or None when they can (specs/permissions, note 4).

    The patterns of HEXLITE_FILE_DENY_FOR_APP are held against every part of the path, in lower case.
    """
    for part in path.parts:
        if any(fnmatchcase(part.casefold(), pattern) for pattern in settings.HEXLITE_FILE_DENY_FOR_APP):
            return KeptBack.HIDDEN_NAME if part.startswith(".") else KeptBack.SOURCE
    return None


def _is_name(part: str) -> bool:
    if part in {"", ".", ".."} or "\\" in part or len(part.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        return False
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in part)


def _printable(name: str) -> str:
    return "".join(
        character if character.isprintable() and character not in _TURNING else "\N{REPLACEMENT CHARACTER}"
        for character in name[:60]
    )
