"""The project's folder: what is in it, and changing it. Cells read and write it as their working directory.

Anything in the folder may change under our hands, because the kernels write it as well: names are looked up by the
descriptor of their folder, and nothing is decided twice.
"""

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath

from django.conf import settings

from projects import files
from projects.filenames import (
    BadName,
    FileProblem,
    KeptBack,
    NoSuchFile,
    kept_back,
    new_path,
)
from projects.models import Project, User
from projects.services import audit, file_staging

# A cell can make a million files; a page that lists or counts them says "more than" from here on.
MOST_LISTED = 1_000
MOST_COUNTED = 20_000


TOP = PurePosixPath()  # The project's folder itself.


class NameTaken(FileProblem):
    """There is something of that name already."""

    def __init__(self, path: PurePosixPath) -> None:
        self.path = path
        super().__init__(f"There is a “{path.name}” already.")


class FileTooLarge(FileProblem):
    """A file is larger than files may be."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"{file_staging.in_words(size)}, and a file may have {file_staging.in_words(settings.HEXLITE_FILE_BYTES)}"
        )


class EntryKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"  # A link, a pipe, a second name: shown so that it can be deleted, never opened.


@dataclass(frozen=True)
class FileEntry:
    """One name in the folder. `size` in bytes; `files` is how many names a folder holds."""

    path: PurePosixPath
    kind: EntryKind
    size: int
    changed: datetime
    files: int | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def kept_back(self) -> KeptBack | None:
        return kept_back(self.path)


@dataclass(frozen=True)
class Contents:
    """Everything below the folder: plain files, how many of them the app's viewers can download, bytes."""

    files: int
    reachable: int
    more: bool


def entries(project: Project, folder: PurePosixPath = TOP) -> list[FileEntry]:
    """What is in `folder`: folders first, then files, by name; at most MOST_LISTED. Raises NoSuchFile.

    A project without a folder yet has an empty one.
    """
    if not folder.parts and not project.files_dir.exists():
        return []
    found = []
    with files.scan(project.files_dir, folder) as scanned:
        for item in scanned:
            entry = _entry(project, folder, item)
            if entry is not None:
                found.append(entry)
            if len(found) > MOST_LISTED:
                break
    return sorted(found[:MOST_LISTED], key=lambda entry: (entry.kind is not EntryKind.FOLDER, entry.name.casefold()))


def contents(project: Project) -> Contents:
    """Count the files of the whole project, for the sentence that says what the app's viewers can download."""
    count = reachable = 0
    for path, status in files.walk(project.files_dir):
        if not files.is_plain(status):
            continue
        if count == MOST_COUNTED:
            return Contents(count, reachable, more=True)
        count += 1
        reachable += kept_back(path) is None
    return Contents(count, reachable, more=False)


def read(project: Project, path: PurePosixPath, *, largest: int) -> files.OpenFile:
    """Open a plain file for reading. Raises NoSuchFile, whatever else is there."""
    return files.open_file(project.files_dir, path, largest=largest)


def save(
    *,
    project: Project,
    folder: PurePosixPath,
    name: str,
    content: Iterable[bytes],
    by: User,
    replace: bool = False,
) -> PurePosixPath:
    """Write a file from its pieces: beside the folder first, then moved into place in one step.

    Raises BadName, NameTaken, NoSuchFile (the folder), TooLarge or NoRoom; then nothing has changed.
    """
    path = new_path(folder, name)
    check_free(project, path, replace=replace)
    size = 0
    with file_staging.staging(project) as staged:
        with staged.open("xb") as file:
            for piece in content:
                size += len(piece)
                if size > settings.HEXLITE_FILE_BYTES:
                    raise FileTooLarge(size)
                file.write(piece)
                file_staging.check_disk(len(piece))
            file.flush()
            os.fsync(file.fileno())
        file_staging.check_room(project)
        put_in_place(project=project, staged=staged, path=path, by=by, replace=replace)
    return path


def put_in_place(*, project: Project, staged: Path, path: PurePosixPath, by: User, replace: bool) -> None:
    """Move a finished upload to its name. Raises NoSuchFile when its folder is gone, NameTaken."""
    staged.chmod(0o664)
    with _folder(project, path.parent) as folder:
        present = _status(path.name, folder)
        if present is not None and (not replace or not stat.S_ISREG(present.st_mode)):
            raise NameTaken(path)
        os.rename(staged, path.name, dst_dir_fd=folder)
    audit.record(project=project, by=by, action="uploaded", path=str(path), replaced=present is not None)


def check_free(project: Project, path: PurePosixPath, *, replace: bool) -> None:
    """Raises NameTaken when `path` is there and may not be replaced, NoSuchFile when its folder is not there."""
    with _folder(project, path.parent) as folder:
        present = _status(path.name, folder)
    if present is not None and (not replace or not stat.S_ISREG(present.st_mode)):
        raise NameTaken(path)


def make_folder(*, project: Project, folder: PurePosixPath, name: str, by: User) -> PurePosixPath:
    """Raises BadName, NameTaken or NoSuchFile."""
    path = new_path(folder, name)
    with _folder(project, folder) as parent:
        try:
            os.mkdir(path.name, 0o775, dir_fd=parent)
        except FileExistsError:
            raise NameTaken(path) from None
    audit.record(project=project, by=by, action="made a folder", path=str(path))
    return path


def rename(*, project: Project, path: PurePosixPath, name: str, by: User) -> PurePosixPath:
    """Give a file or folder another name in its folder. Raises BadName, NameTaken or NoSuchFile."""
    target = new_path(path.parent, name)
    if target == path:
        return path
    with _folder(project, path.parent) as folder:
        if _status(path.name, folder) is None:
            raise NoSuchFile()
        if _status(target.name, folder) is not None:
            raise NameTaken(target)
        os.rename(path.name, target.name, src_dir_fd=folder, dst_dir_fd=folder)
    audit.record(project=project, by=by, action="renamed", path=str(path), to=str(target))
    return target


def delete(*, project: Project, path: PurePosixPath, by: User) -> str:
    """Move a file or folder aside, and return the word with which `restore` brings it back for some minutes."""
    word, aside = file_staging.aside(project)
    with _folder(project, path.parent) as folder:
        try:
            os.rename(path.name, aside / path.name, src_dir_fd=folder)
        except FileNotFoundError:
            shutil.rmtree(aside)
            raise NoSuchFile() from None
    audit.record(project=project, by=by, action="deleted", path=str(path))
    return word


def restore(*, project: Project, path: PurePosixPath, word: str, by: User) -> None:
    """Undo `delete`. Raises NoSuchFile when the time is over, NameTaken, NoRoom."""
    aside = file_staging.find_aside(project, word) / path.name
    if not os.path.lexists(aside):
        raise NoSuchFile()
    check_free(project, path, replace=False)
    with _folder(project, path.parent) as folder:
        os.rename(aside, path.name, dst_dir_fd=folder)
    aside.parent.rmdir()
    audit.record(project=project, by=by, action="restored", path=str(path))


def _folder(project: Project, path: PurePosixPath):
    if not path.parts:
        project.files_dir.mkdir(mode=0o775, parents=True, exist_ok=True)
    return files.open_folder(project.files_dir, path)


def _status(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadName(f"“{name}” can't be a name here: {error.strerror}.") from error


def _entry(project: Project, folder: PurePosixPath, item: os.DirEntry[str]) -> FileEntry | None:
    """None when it went away meanwhile, or when its name is not one that can be asked for."""
    try:
        item.name.encode()
        status = item.stat(follow_symlinks=False)
    except (OSError, UnicodeEncodeError):
        return None
    path, kind = folder / item.name, _kind(status)
    count = None
    if kind is EntryKind.FOLDER:
        with suppress(NoSuchFile), files.scan(project.files_dir, path) as inside:
            count = sum(1 for _, _ in zip(inside, range(MOST_LISTED), strict=False))
    return FileEntry(path, kind, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC), count)


def _kind(status: os.stat_result) -> EntryKind:
    if stat.S_ISDIR(status.st_mode):
        return EntryKind.FOLDER
    return EntryKind.FILE if files.is_plain(status) else EntryKind.OTHER
