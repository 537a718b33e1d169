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
from apps_runtime.services.limits import visitors
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import SetValues
from projects import files
from projects.filenames import FileProblem, NoSuchFile, clean, new_path
from projects.models import Project
from projects.notebook.inputs import InputSpec
from projects.services import file_staging

logger = logging.getLogger(__name__)

ROOM = ".sessions"
# The file that is shown, and the one before, which a cell may be reading.
KEPT_OF_AN_INPUT = 2


class UploadTooLarge(FileProblem):
    """More than an input may be handed."""

    def __init__(self, most: int) -> None:
        super().__init__(f"This file is too large: {file_staging.in_words(most)} is the most here.")


class NoSuchInput(FileProblem):
    """The session's notebook has no such file input."""

    def __init__(self) -> None:
        super().__init__("There is no such input any more. Reload the page.")


def folder_of(project: Project) -> Path:
    """The folder of all uploads of a project's sessions; made when it is needed."""
    folder = _room() / str(project.pk)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


def keep(
    *,
    session: Session,
    input_name: str,
    name: str,
    content: Iterable[bytes],
    reader: Reader = VIEWER,
    stranger: str | None = None,
) -> str:
    """Write an upload and return the input's value for it. Raises NoSuchInput, BadName, TooLarge, NoRoom.

    `stranger` is the network address of a visitor without an account; None: somebody who signed in.
    """
    if input_name not in {spec.name for spec in _file_inputs(session, reader)}:
        raise NoSuchInput()
    path = new_path(PurePosixPath(str(session.pk), input_name, secrets.token_hex(4)), name)
    largest = most(stranger=stranger is not None)
    if stranger is not None:
        check_strangers_room(address=stranger)
    _check_room(session.project, largest)
    top = folder_of(session.project)
    place = top / path
    place.parent.mkdir(mode=0o755, parents=True)
    try:
        with place.open("xb") as file:
            size = 0
            for piece in content:
                size += len(piece)
                if size > largest:
                    raise UploadTooLarge(largest)
                file_staging.check_disk(len(piece))
                file.write(piece)
        place.chmod(0o644)
    except BaseException:
        shutil.rmtree(place.parent, ignore_errors=True)
        raise
    _forget_older(place.parent.parent)
    return str(path)


def most(*, stranger: bool) -> int:
    """Bytes of one upload."""
    everybody = settings.HEXLITE_INPUT_FILE_BYTES
    return min(everybody, settings.HEXLITE_STRANGER_FILE_BYTES) if stranger else everybody


def check_strangers_room(*, address: str) -> None:
    """Raises NoRoom when visitors without an account, all or those at this network address, have handed in enough.

    What they handed in goes with their sessions (`sweep`).
    """
    one = most(stranger=True)
    if _size_of(None) + one > settings.HEXLITE_STRANGERS_BYTES:
        raise file_staging.NoRoom(
            "Visitors have handed in so many files that there is no room for more now. Try again later, or sign in."
        )
    if _size_of(visitors.digest_of(address)) + one > settings.HEXLITE_STRANGERS_ADDRESS_BYTES:
        raise file_staging.NoRoom(
            "Visitors at your network address have handed in so many files that there is no room for more now. "
            "Try again later, or sign in."
        )


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


def _check_room(project: Project, more: int) -> None:
    if _size(folder_of(project)) + more > settings.HEXLITE_PROJECT_BYTES:
        raise file_staging.NoRoom("So many files were handed in here that there is no room for more. Try again later.")


def _size_of(digest: str | None) -> int:
    """Bytes in the folders of strangers' sessions, all of them or those begun at one network address."""
    theirs = Session.objects.filter(owner=None, draft=None)
    if digest is not None:
        theirs = theirs.filter(from_address=digest)
    folders = {folder.name: folder for folder in _room().glob("*/*")}
    found = theirs.filter(pk__in=[name for name in folders if _is_id(name)]).values_list("pk", flat=True)
    return sum(_size(folders[str(pk)]) for pk in found)


def _size(folder: Path) -> int:
    return sum(status.st_size for _, status in files.walk(folder) if files.is_plain(status))


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


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
