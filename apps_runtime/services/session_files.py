"""Files that people hand to *file* inputs: each session has a folder of its own for them, which goes with it.

The kernels of the project see all of these folders, read-only, as /uploads. An input's value is a path below that
folder: `<session>/<input>/<word>/<name>`; another upload has another word, so that cells see a change.
"""

import logging
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings

from apps_runtime.models import Session
from apps_runtime.readers import AUTHOR, VIEWER, Reader
from apps_runtime.services import sessions
from apps_runtime.session.operations import SetValues
from projects import files
from projects.filenames import FileProblem, NoSuchFile, clean, new_path
from projects.models import Project
from projects.notebook.inputs import InputSpec
from projects.services import file_rooms

logger = logging.getLogger(__name__)

ROOM = ".sessions"
# The file that is shown, and the one before, which a cell may be reading.
KEPT_OF_AN_INPUT = 2


class TooLarge(FileProblem):
    """More than an input may be handed."""

    def __init__(self) -> None:
        most = file_rooms.in_words(settings.HEXLITE_INPUT_FILE_BYTES)
        super().__init__(f"This file is too large: {most} is the most here.")


class NoSuchInput(FileProblem):
    """The session's notebook has no such file input."""

    def __init__(self) -> None:
        super().__init__("There is no such input any more. Reload the page.")


def folder_of(project: Project) -> Path:
    """The folder of all uploads of a project's sessions; made when it is needed."""
    folder = _room() / str(project.pk)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


def keep(*, session: Session, input_name: str, name: str, content: Iterable[bytes], reader: Reader = VIEWER) -> str:
    """Write an upload and return the input's value for it. Raises NoSuchInput, BadName, TooLarge, NoRoom."""
    if input_name not in {spec.name for spec in _file_inputs(session, reader)}:
        raise NoSuchInput()
    path = new_path(PurePosixPath(str(session.pk), input_name, secrets.token_hex(4)), name)
    _check_room(session.project)
    top = folder_of(session.project)
    place = top / path
    place.parent.mkdir(mode=0o755, parents=True)
    try:
        with place.open("xb") as file:
            size = 0
            for piece in content:
                size += len(piece)
                if size > settings.HEXLITE_INPUT_FILE_BYTES:
                    raise TooLarge()
                file_rooms.check_disk(len(piece))
                file.write(piece)
        place.chmod(0o644)
    except BaseException:
        shutil.rmtree(place.parent, ignore_errors=True)
        raise
    _forget_older(place.parent.parent)
    return str(path)


def holds(session: Session, value: str) -> bool:
    """Whether this value of a file input is an upload of this session."""
    try:
        path = clean(value)
        if path.parts[0] != str(session.pk):
            return False
        found = files.open_file(folder_of(session.project), path, largest=settings.HEXLITE_INPUT_FILE_BYTES)
    except NoSuchFile:
        return False
    os.close(found.descriptor)
    return True


def any_of(session: Session, values: Mapping[str, Any]) -> bool:
    """Whether some input has an upload of this session."""
    return any(isinstance(value, str) and value.startswith(f"{session.pk}/") for value in values.values())


def sweep(*, now: datetime) -> int:
    """Remove the uploads of sessions that nobody can come back to; their inputs are empty from then on."""
    oldest = now - timedelta(seconds=settings.HEXLITE_SESSION_RESUME_SECONDS)
    removed = 0
    for folder in _room().glob("*/*"):
        session = _session(folder.name)
        if session is not None:
            if session.seen_at >= oldest or session.lease_until is not None:
                continue
            empty = {spec.name: None for spec in _file_inputs(session, AUTHOR)}
            sessions.submit(session.pk, SetValues(empty, play=False))
        shutil.rmtree(folder, ignore_errors=True)
        removed += 1
    return removed


def _check_room(project: Project) -> None:
    taken = sum(status.st_size for _, status in files.walk(folder_of(project)) if files.is_plain(status))
    if taken + settings.HEXLITE_INPUT_FILE_BYTES > settings.HEXLITE_PROJECT_BYTES:
        raise file_rooms.NoRoom("So many files were handed in here that there is no room for more. Try again later.")


def _forget_older(folder: Path) -> None:
    newest_first = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
    for old in newest_first[KEPT_OF_AN_INPUT:]:
        shutil.rmtree(old, ignore_errors=True)


def _file_inputs(session: Session, reader: Reader) -> list[InputSpec]:
    return [spec for spec in reader.inputs(session.notebook) if spec.kind.takes_upload]


def _session(name: str) -> Session | None:
    try:
        identity = UUID(name)
    except ValueError:
        return None
    return Session.objects.select_related("version", "draft").filter(pk=identity).first()


def _room() -> Path:
    return Path(settings.PROJECT_FILES_DIR) / ROOM
