"""True or false: what checkboxes and run buttons share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs.json_values import Scalar, Value
from projects.notebook.inputs.kind import InputKind, Settings
from projects.notebook.inputs.refusals import NotAllowed


class BooleanKind(InputKind):
    """A kind whose value is True or False."""

    family = "boolean"

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        if not isinstance(value, bool):
            raise NotAllowed("must be true or false")
        return value

    def empty(self, settings: Settings) -> Value:
        return False
