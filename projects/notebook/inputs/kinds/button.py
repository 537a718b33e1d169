"""A run button (rows 9 and 10)."""

from collections.abc import Iterator, Mapping
from typing import Any

from projects.notebook.inputs.booleans import BooleanKind
from projects.notebook.inputs.kind import Behaviour, Settings
from projects.notebook.inputs.refusals import Problem


class Button(BooleanKind, name="button"):
    """A button whose variable is True for the one run that pressing it starts."""

    words = "Run button"
    place = 2
    is_pressed = True
    part_of_links = False
    default_template = "inputs/defaults/button.html"

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        runs = data.get("behaviour") == Behaviour.RUN_NOTEBOOK
        return {"behaviour": Behaviour.RUN_NOTEBOOK if runs else Behaviour.SET_VARIABLE}

    def write(self, settings: Settings) -> dict[str, Any]:
        return {"behaviour": str(settings.behaviour)}

    def problems(self, settings: Settings, data: Mapping[str, Any]) -> Iterator[Problem]:
        if data.get("behaviour", Behaviour.SET_VARIABLE) not in list(Behaviour):
            yield Problem("behaviour", "A run button sets its variable or runs the notebook.")

    def default(self, settings: Settings, value: Any) -> Any:
        return False
