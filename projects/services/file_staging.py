"""The rooms beside a project's folder: uploads on their way in, deleted things on their way out; and how much fits.

Both are beside the projects' folders, on the same file system, so that moving is one step; and outside of them, so
that code in a kernel can neither see nor touch what is not yet, or no longer, a file of the project.
"""

import logging
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from projects.disk import measure
from projects.filenames import FileProblem, NoSuchFile
from projects.models import Project

logger = logging.getLogger(__name__)

UPLOADS, DELETED = ".uploads", ".deleted"
FREE_DISK = 512 * 2**20  # specs/faults: nothing new below 512 MB
UPLOAD_SECONDS = 24 * 3600


class NoRoom(FileProblem):
    """The project's folder, or the disk, is full."""


def in_words(size: int) -> str:
    """Bytes as people say them: 900 B, 48 KB, 1.5 MB, 1 GB (1 KB is 1024 B)."""
    number, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if number < 999.5:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f}".removesuffix(".0") + f" {unit}" if number < 9.95 else f"{number:.0f} {unit}"


def used(project: Project) -> int:
    """Bytes the project takes on disk: its folder, uploads that are under way, and what can still be undone."""
    rooms = (project.files_dir, _room(project, UPLOADS), _room(project, DELETED))
    return sum(measure(folder).bytes for folder in rooms)


def check_room(project: Project, more: int = 0) -> None:
    """Raises NoRoom when `more` bytes don't fit. What was deleted is gone for good before an upload is refused."""
    limit = settings.HEXLITE_PROJECT_BYTES
    if used(project) + more <= limit:
        return
    empty(project)
    present = used(project)
    if present + more > limit:
        raise NoRoom(
            f"The files of this project would take {in_words(present + more)}, and {in_words(limit)} is the most. "
            "Delete some first."
        )


def check_disk(more: int) -> None:
    """Raises NoRoom when the disk would be nearly full: runs need room too."""
    if shutil.disk_usage(_base()).free - more < FREE_DISK:
        raise NoRoom("The disk of this installation is nearly full. Tell its administrator.")


@contextmanager
def staging(project: Project) -> Iterator[Path]:
    """A place for a file that is being made; what is left there at the end is removed."""
    place = upload(project, secrets.token_hex(16))
    try:
        yield place
    finally:
        place.unlink(missing_ok=True)


def upload(project: Project, word: str) -> Path:
    """Where an upload waits for its next piece."""
    room = _room(project, UPLOADS)
    room.mkdir(mode=0o700, parents=True, exist_ok=True)
    return room / _checked(word)


def aside(project: Project) -> tuple[str, Path]:
    """A new place for something deleted, and the word by which it is found again."""
    sweep(project)
    word = secrets.token_hex(16)
    place = _room(project, DELETED) / word
    place.mkdir(mode=0o700, parents=True)
    return word, place


def find_aside(project: Project, word: str) -> Path:
    """Raises NoSuchFile when it was not deleted just now."""
    place = _room(project, DELETED) / _checked(word)
    if not place.is_dir() or _age(place) > settings.HEXLITE_FILE_UNDO_SECONDS:
        raise NoSuchFile()
    return place


def empty(project: Project) -> None:
    """Let go of everything that was deleted."""
    with suppress(FileNotFoundError):
        for place in _room(project, DELETED).iterdir():
            _remove(place)


def sweep(project: Project) -> None:
    """Remove what can't be undone any more, and uploads that nobody went on with."""
    for room, oldest in ((DELETED, settings.HEXLITE_FILE_UNDO_SECONDS), (UPLOADS, UPLOAD_SECONDS)):
        with suppress(FileNotFoundError):
            for place in _room(project, room).iterdir():
                if _age(place) > oldest:
                    _remove(place)


def _checked(word: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", word):
        raise NoSuchFile()
    return word


def _room(project: Project, name: str) -> Path:
    return _base() / name / str(project.pk)


def _base() -> Path:
    base = Path(settings.PROJECT_FILES_DIR)
    base.mkdir(parents=True, exist_ok=True)
    return base


def _age(place: Path) -> float:
    return time.time() - place.stat(follow_symlinks=False).st_mtime


def _remove(place: Path) -> None:
    """Remove a file or a tree. A tree too deep for rmtree is left to the administrator."""
    if not place.is_dir():
        place.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(place)
    except (OSError, RecursionError):
        logger.warning("%s could not be removed", place, exc_info=True)
