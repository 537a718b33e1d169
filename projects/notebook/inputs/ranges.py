"""Numbers between limits: what sliders and number fields share."""

from collections.abc import Iterator, Mapping
from typing import Any

from projects.notebook.inputs.json_values import Number, finite_number
from projects.notebook.inputs.kind import InputKind, Settings
from projects.notebook.inputs.refusals import NotAllowed, Problem


class RangeKind(InputKind):
    """A kind with a least and a most value and a step."""

    has_range = True
    family = "number"
    default_template = "inputs/defaults/number.html"
    needs_limits = False

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        minimum, maximum = self.limits_of(data)
        if minimum is not None and maximum is not None and minimum > maximum:
            minimum, maximum = maximum, minimum
        step = finite_number(data.get("step"))
        return {"minimum": minimum, "maximum": maximum, "step": step if step is not None and step > 0 else None}

    def limits_of(self, data: Mapping[str, Any]) -> tuple[Number | None, Number | None]:
        return finite_number(data.get("min")), finite_number(data.get("max"))

    def write(self, settings: Settings) -> dict[str, Any]:
        given = {"min": settings.minimum, "max": settings.maximum, "step": settings.step}
        return {key: value for key, value in given.items() if value is not None}

    def problems(self, settings: Settings, data: Mapping[str, Any]) -> Iterator[Problem]:
        for name in ("min", "max", "step"):
            value = data.get(name)
            if value is None:
                if self.needs_limits and name != "step":
                    yield Problem(name, f"A {self.words.lower()} needs a least and a most value.")
            elif finite_number(value) is None:
                yield Problem(name, "This must be a number.")
            elif name == "step" and value <= 0:
                yield Problem(name, "The step must be more than 0.")
        minimum, maximum = finite_number(data.get("min")), finite_number(data.get("max"))
        if minimum is None or maximum is None:
            return
        if minimum > maximum or (minimum == maximum and self.needs_limits):
            yield Problem("max", f"“Most” must be above “Least”, which is {minimum}.")


def limits(settings: Settings) -> str:
    """`from 1 to 60`, `at least 1`, `at most 60`, or "" for a number without limits."""
    match settings.minimum, settings.maximum:
        case None, None:
            return ""
        case minimum, None:
            return f"{minimum} or more"
        case None, maximum:
            return f"{maximum} or less"
        case minimum, maximum:
            return f"from {minimum} to {maximum}"


def number_within(settings: Settings, value: Any) -> Number:
    """The value as a number between the limits. Raises NotAllowed."""
    number = finite_number(value)
    if number is None:
        raise NotAllowed(f"must be a number {limits(settings)}".rstrip())
    below = settings.minimum is not None and number < settings.minimum
    above = settings.maximum is not None and number > settings.maximum
    if below or above:
        raise NotAllowed(f"must be {limits(settings)}")
    return number
