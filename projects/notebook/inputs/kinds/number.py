"""A number field (row 16)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs.json_values import Scalar, Value
from projects.notebook.inputs.kind import Settings
from projects.notebook.inputs.ranges import RangeKind, number_within


class NumberField(RangeKind, name="number"):
    """A number that is typed, between limits where there are some; None where nothing is."""

    words = "Number"
    place = 6

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        return None if value is None else number_within(settings, value)
