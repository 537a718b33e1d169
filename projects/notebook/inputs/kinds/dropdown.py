"""A dropdown (rows 11 to 13)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from projects.notebook.inputs.choices import ChoiceKind, among, known_options
from projects.notebook.inputs.json_values import Scalar, Value, identity, is_scalar
from projects.notebook.inputs.kind import Settings
from projects.notebook.inputs.refusals import NotAllowed, OptionsUnknown


class Dropdown(ChoiceKind, name="dropdown"):
    """One of several options, matched by its type in JSON; None where nothing is chosen."""

    words = "Dropdown"
    place = 3
    default_template = "inputs/defaults/dropdown.html"

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        if value is None:
            return None
        if not is_scalar(value):
            raise NotAllowed("must be one text in double quotes, one number, true or false")
        known = known_options(settings, options)
        if known is None:
            raise OptionsUnknown(value)
        for option in known:
            if identity(option) == identity(value):
                return option
        raise NotAllowed(f"must be {among(known, 'one')}")
