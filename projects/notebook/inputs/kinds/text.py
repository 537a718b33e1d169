"""A text field (row 17)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs.json_values import Scalar, Value, is_clean_text, write
from projects.notebook.inputs.kind import InputKind, Settings
from projects.notebook.inputs.limits import MAXIMUM_VALUE_BYTES
from projects.notebook.inputs.refusals import NotAllowed


class TextField(InputKind, name="text"):
    """Text of one line or several."""

    words = "Text"
    place = 7
    default_template = "inputs/defaults/text.html"

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"multiline": data.get("multiline") is True}

    def write(self, settings: Settings) -> dict[str, Any]:
        return {"multiline": settings.multiline}

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        if not isinstance(value, str):
            raise NotAllowed("must be text in double quotes")
        if not is_clean_text(value):
            raise NotAllowed("holds a character that text can't have")
        if len(write(value).encode()) > MAXIMUM_VALUE_BYTES:
            raise NotAllowed("is longer than 8 KB")
        return value

    def empty(self, settings: Settings) -> Value:
        return ""
