"""A file that is handed over (row 29)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from projects.notebook.inputs.json_values import Scalar, Value, is_clean_text
from projects.notebook.inputs.kind import InputKind, Settings
from projects.notebook.inputs.limits import MAXIMUM_PATH
from projects.notebook.inputs.refusals import NotAllowed


class File(InputKind, name="file"):
    """Where an upload was put, below the folder of the project; the upload itself is checked by who stores it."""

    words = "File"
    place = 10
    takes_upload = True
    keeps_its_value = True
    settable_by_link = False
    part_of_links = False
    default_template = "inputs/defaults/none.html"

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        if value is None:
            return None
        if not isinstance(value, str) or not is_clean_text(value) or not 0 < len(value) <= MAXIMUM_PATH:
            raise NotAllowed("must be an uploaded file")
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or "\\" in value:
            raise NotAllowed("must be an uploaded file")
        return value
