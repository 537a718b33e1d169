"""Uploads in pieces, so that a large file is never in memory and a dropped connection costs one piece.

What an upload is (where to, how large, whose) is in its signed name, which only its uploader has; how far it came is
the size of its staged file. There is nothing else to keep, so nothing to lose when the web process restarts.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core import signing

from projects.filenames import FileProblem, NoSuchFile, new_path
from projects.models import Project, User
from projects.services import file_staging, files

SALT = "hexlite.upload"


class OutOfStep(FileProblem):
    """A piece does not begin where the upload stands; `offset` says where that is."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"This upload stands at byte {offset}.")


class BadPiece(FileProblem):
    """A piece is larger than pieces may be, or than what is left of the file."""

    def __init__(self) -> None:
        super().__init__(
            f"A piece of an upload has {file_staging.in_words(settings.HEXLITE_UPLOAD_CHUNK_BYTES)} at most, and the "
            "pieces together what was said at the beginning."
        )


@dataclass(frozen=True)
class Upload:
    """A file on its way in: `path` in the project's folder, `size` in bytes, `word` names its staged bytes."""

    project: str
    by: int
    path: str
    size: int
    replace: bool
    word: str

    @property
    def name(self) -> str:
        """What the browser calls it in addresses."""
        return signing.dumps(asdict(self), salt=SALT, compress=True)


def begin(*, project: Project, folder: PurePosixPath, name: str, size: int, replace: bool, by: User) -> Upload:
    """Raises, before a byte is sent: BadName, NameTaken, NoSuchFile (the folder), TooLarge, NoRoom."""
    path = new_path(folder, name)
    if size > settings.HEXLITE_FILE_BYTES:
        raise files.FileTooLarge(size)
    files.check_free(project, path, replace=replace)
    file_staging.check_room(project, size)
    file_staging.check_disk(size)
    file_staging.sweep(project)
    upload = Upload(str(project.pk), by.pk, str(path), size, replace, secrets.token_hex(16))
    _staged(project, upload).touch(mode=0o600)
    return upload


def find(*, project: Project, name: str, by: User) -> Upload:
    """The upload that `begin` gave to this person for this project, until a day later. Raises NoSuchFile for others."""
    try:
        upload = Upload(**signing.loads(name, salt=SALT, max_age=file_staging.UPLOAD_SECONDS))
    except signing.BadSignature:
        raise NoSuchFile() from None
    if upload.project != str(project.pk) or upload.by != by.pk:
        raise NoSuchFile()
    return upload


def offset(*, project: Project, upload: Upload) -> int:
    """How many bytes have arrived. Raises NoSuchFile when it was finished, cancelled or forgotten."""
    try:
        return _staged(project, upload).stat().st_size
    except FileNotFoundError:
        raise NoSuchFile() from None


def append(*, project: Project, upload: Upload, at: int, content: Iterable[bytes]) -> int:
    """Add a piece that begins at byte `at`, and return how far the upload came.

    Raises OutOfStep when it stands elsewhere, BadPiece when more comes than was said, NoRoom when the disk is full.
    A piece that breaks off half way is kept as far as it came: the next one begins there.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_staged(project, upload).open("r+b"))
        except FileNotFoundError:
            raise NoSuchFile() from None
        fcntl.flock(file, fcntl.LOCK_EX)  # Two windows, or a retry while the first attempt is still being written.
        end = file.seek(0, os.SEEK_END)
        if end != at:
            raise OutOfStep(end)
        for piece in content:
            if end + len(piece) > min(upload.size, at + settings.HEXLITE_UPLOAD_CHUNK_BYTES):
                raise BadPiece()
            file_staging.check_disk(len(piece))
            file.write(piece)
            end += len(piece)
    return end


def finish(*, project: Project, upload: Upload, by: User) -> PurePosixPath:
    """Move a complete upload into the folder.

    Raises OutOfStep while bytes are missing, NameTaken, NoSuchFile (the folder is gone), NoRoom.
    """
    staged = _staged(project, upload)
    arrived = offset(project=project, upload=upload)
    if arrived != upload.size:
        raise OutOfStep(arrived)
    file_staging.check_room(project)
    with staged.open("rb") as file:
        os.fsync(file.fileno())
    path = PurePosixPath(upload.path)
    files.put_in_place(project=project, staged=staged, path=path, by=by, replace=upload.replace)
    return path


def cancel(*, project: Project, upload: Upload) -> None:
    _staged(project, upload).unlink(missing_ok=True)


def _staged(project: Project, upload: Upload) -> Path:
    return file_staging.upload(project, upload.word)
