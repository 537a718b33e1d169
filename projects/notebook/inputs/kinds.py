"""The closed sets: kinds of inputs, and what a run button does."""

from enum import StrEnum


class InputKind(StrEnum):
    """Which widget an input is, and so which values it takes."""

    CHECKBOX = "checkbox"
    BUTTON = "button"
    DROPDOWN = "dropdown"
    MULTISELECT = "multiselect"
    SLIDER = "slider"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    FILE = "file"

    @property
    def has_options(self) -> bool:
        return self in (InputKind.DROPDOWN, InputKind.MULTISELECT)

    @property
    def has_range(self) -> bool:
        return self in (InputKind.SLIDER, InputKind.NUMBER)

    @property
    def settable_by_link(self) -> bool:
        """Row 29 of url-parameters."""
        return self is not InputKind.FILE

    @property
    def part_of_links(self) -> bool:
        """Whether a generated link carries it (url-parameters, rows 10 and 29)."""
        return self not in (InputKind.BUTTON, InputKind.FILE)


class Behaviour(StrEnum):
    """What pressing a run button does."""

    SET_VARIABLE = "set_variable"
    RUN_NOTEBOOK = "run_notebook"
