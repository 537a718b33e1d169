"""What is wrong with a value or a setting, as words for people."""

from dataclasses import dataclass

from projects.notebook.inputs.json_values import Value


class NotAllowed(ValueError):
    """A value that this input does not take. The text continues a sentence about it: `must be from 1 to 60`."""


class OptionsUnknown(Exception):
    """The value may be right, but the options come from a variable that has no value yet. Carries the value."""

    def __init__(self, value: Value) -> None:
        self.value = value
        super().__init__("the options are not known yet")


@dataclass(frozen=True)
class Problem:
    """A setting that cannot stay as it is: the field's JSON name and a sentence for the author."""

    field: str
    sentence: str
