"""A multi-select (row 14)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs.choices import ChoiceKind, among, known_options
from projects.notebook.inputs.json_values import Scalar, Value, identity, is_scalar
from projects.notebook.inputs.kind import Settings
from projects.notebook.inputs.refusals import NotAllowed, OptionsUnknown


class Multiselect(ChoiceKind, name="multiselect"):
    """Any number of several options: a list in the order of the options."""

    words = "Multi-select"
    place = 4
    default_template = "inputs/defaults/multiselect.html"

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        if not isinstance(value, list | tuple) or not all(is_scalar(member) for member in value):
            raise NotAllowed('must be a list such as ["a", "b"]')
        chosen = {identity(member): member for member in value}
        known = known_options(settings, options)
        if known is None:
            if not chosen:
                return []
            raise OptionsUnknown(list(chosen.values()))
        if chosen.keys() - {identity(option) for option in known}:
            raise NotAllowed(f"must be a list of {among(known, 'some')}")
        return [option for option in known if identity(option) in chosen]

    def empty(self, settings: Settings) -> Value:
        return []
