"""A slider (row 15)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from projects.notebook.inputs.json_values import Number, Scalar, Value
from projects.notebook.inputs.kind import Settings
from projects.notebook.inputs.ranges import RangeKind, number_within


class Slider(RangeKind, name="slider"):
    """A number between two others, whole where both and the step are. It can't be empty: it stands at its minimum."""

    words = "Slider"
    place = 5
    can_be_empty = False
    needs_limits = True
    first_settings: ClassVar[Mapping[str, Any]] = {"min": 0, "max": 100, "step": 1}

    def limits_of(self, data: Mapping[str, Any]) -> tuple[Number | None, Number | None]:
        minimum, maximum = super().limits_of(data)
        minimum = min(0, maximum or 0) if minimum is None else minimum
        return minimum, max(100, minimum) if maximum is None else maximum

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        return self._whole(settings, number_within(settings, value))

    def empty(self, settings: Settings) -> Value:
        return self._whole(settings, number_within(settings, settings.minimum))

    def takes_integers(self, settings: Settings) -> bool:
        bounds = (settings.minimum, settings.maximum, 1 if settings.step is None else settings.step)
        return all(isinstance(bound, int) for bound in bounds)

    def _whole(self, settings: Settings, number: Number) -> Number:
        if not self.takes_integers(settings):
            return float(number)
        return int(number) if isinstance(number, float) and number.is_integer() else number
