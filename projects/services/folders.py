"""A project's folder as a whole: copied with the project, deleted with it."""

import os
import shutil
import stat
from contextlib import suppress

from django.conf import settings

from projects import files
from projects.filenames import NoSuchFile
from projects.models import Project
from projects.services import file_staging


def copy(*, source: Project, target: Project) -> None:
    """Copy the folders and plain files of `source` into the folder of `target`, which must not exist yet.

    Links, pipes and second names are left behind, and so is what cells remove while we copy. Raises NoRoom and
    OSError; then nothing is left of the copy.
    """
    if not source.files_dir.is_dir():
        return
    settings.PROJECT_FILES_DIR.mkdir(parents=True, exist_ok=True)
    target.files_dir.mkdir()
    try:
        for path, status in files.walk(source.files_dir):
            if stat.S_ISDIR(status.st_mode):
                (target.files_dir / path).mkdir(parents=True, exist_ok=True)
            elif files.is_plain(status):
                with suppress(NoSuchFile):
                    _copy_file(source, target, path)
    except Exception:
        delete(target)
        raise


def delete(project: Project) -> None:
    """The folder, and what could have been undone in it."""
    shutil.rmtree(project.files_dir, ignore_errors=True)
    file_staging.empty(project)


def _copy_file(source: Project, target: Project, path: os.PathLike[str]) -> None:
    opened = files.open_file(source.files_dir, path, largest=settings.HEXLITE_PROJECT_BYTES)
    with os.fdopen(opened.descriptor, "rb") as reading:
        file_staging.check_disk(opened.size)
        place = target.files_dir / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as writing:
            shutil.copyfileobj(reading, writing)
