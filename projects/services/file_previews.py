"""What the files page says about files: who changed them, what is inside, which cells read them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings

from projects import confined
from projects.confined import NotDone
from projects.file_previews import snippets
from projects.file_previews.preview import Look, LookKind, bytes_needed
from projects.file_previews.preview import look as look_inside
from projects.filenames import NoSuchFile
from projects.models import Project
from projects.services import files
from projects.services.files import FileEntry

SECONDS = 15.0
MEGABYTES = 768.0

# How much later than its upload a file's own time may be before somebody else must have written it: a cell.
_SAME = timedelta(seconds=2)


@dataclass(frozen=True)
class PreviewRow:
    """An entry, and the name of who uploaded what is there now; nothing when a cell wrote it."""

    entry: FileEntry
    by: str


@dataclass(frozen=True)
class FileLook:
    """Everything beside the list about one file. `cells`: numbers of the cells that name it."""

    path: PurePosixPath
    size: int
    changed: datetime
    by: str
    look: Look
    reading: str
    cells: list[int]


def rows(project: Project, entries: Sequence[FileEntry]) -> list[PreviewRow]:
    uploads = _uploads(project)
    return [PreviewRow(entry, _by(uploads, entry.path, entry.changed)) for entry in entries]


def look(project: Project, path: PurePosixPath) -> FileLook | None:
    """A look inside a plain file; None when there is none of that name."""
    try:
        opened = files.read(project, path, largest=settings.HEXLITE_PROJECT_BYTES)
    except NoSuchFile:
        return None
    with os.fdopen(opened.descriptor, "rb") as file:
        inside = _inside(path, file, opened.size)
    changed = datetime.fromtimestamp(opened.modified, UTC)
    draft = project.app_draft
    return FileLook(
        path=path,
        size=opened.size,
        changed=changed,
        by=_by(_uploads(project), path, changed),
        look=inside,
        reading=snippets.reading(path),
        cells=snippets.cells_that_name(draft.notebook, path) if draft else [],
    )


def _inside(path: PurePosixPath, file: BinaryIO, size: int) -> Look:
    """What a confined process sees of it; it has the bytes, not the file."""
    largest = settings.HEXLITE_LOOK_BYTES
    start = file.read(bytes_needed(path, size, largest=largest))
    try:
        return confined.call(look_inside, path, start, size, largest, seconds=SECONDS, megabytes=MEGABYTES)
    except NotDone:
        return Look(LookKind.TOO_LARGE)


def _uploads(project: Project) -> dict[str, tuple[datetime, str]]:
    """Path → when it was uploaded last, by whom, of the newest few hundred uploads."""
    events = project.audit_events.filter(action="uploaded", by__isnull=False).select_related("by")[:500]
    found: dict[str, tuple[datetime, str]] = {}
    for event in events:
        found.setdefault(event.detail.get("path", ""), (event.at, event.by.name))
    return found


def _by(uploads: dict[str, tuple[datetime, str]], path: PurePosixPath, changed: datetime) -> str:
    at, name = uploads.get(str(path), (None, ""))
    return name if at is not None and changed <= at + _SAME else ""
