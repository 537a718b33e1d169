"""Reading options off the kernel, once a cell has set the variable that gives them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps_runtime.playing.player import AssignmentFailed, Player
from projects.notebook import inputs
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec, NotAllowed, OptionsFromValue


def read(player: Player, spec: InputSpec) -> OptionsFromValue:
    """What the variable offers now; a sentence for the author where it offers nothing."""
    try:
        return inputs.options_from_value(spec, player.options(spec.options_from))
    except AssignmentFailed as failure:
        return OptionsFromValue((), _problem(spec.options_from, str(failure)))


def _problem(variable: str, failure: str) -> str:
    kind, _, words = failure.partition(": ")
    match kind:
        case "NameError":
            return f'There is no variable "{variable}" yet: a cell above sets it.'
        case "TypeError":
            return f'"{variable}" can\'t be chosen from: {words}. Use a list, a Series, an Index or an array.'
        case _:
            return f'"{variable}" could not be read: {failure}'


@dataclass
class RunOptions:
    """The options of one run, gathered on its way from the top: an input is judged when its turn comes."""

    notebook: Notebook
    values: dict[str, Any]
    now: datetime
    found: dict[str, OptionsFromValue] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def judge(self, player: Player, spec: InputSpec) -> None:
        """Before the input's cell: its options are what the cells above made of the variable."""
        self.found[spec.name] = found = read(player, spec)
        try:
            self.values[spec.name] = inputs.settle(spec, self.values.get(spec.name), found.options, self.now)
        except NotAllowed as refusal:
            if self.values.get(spec.name) != spec.default:
                self.notes.append(str(refusal))
            self.values[spec.name] = inputs.value_among(spec, None, found.options)

    def to_json(self) -> dict[str, Any]:
        """As a run's row keeps it: options, the author's problem, and the value that was used."""
        return {
            name: {"options": list(found.options), "problem": found.problem, "value": self.values.get(name)}
            for name, found in self.found.items()
        }
