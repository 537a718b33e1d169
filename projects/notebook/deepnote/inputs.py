"""Deepnote's input blocks as inputs. A date range becomes two dates, and a cell that puts them together again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.notebook.inputs import InputKind, InputSpec
from projects.notebook.inputs.json_values import finite_number
from projects.notebook.inputs.naming import name_problem

_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d+)?Z?)?", re.ASCII)
_CUSTOM_DAYS = re.compile(r"customDays(\d{1,6})", re.ASCII)
_RANGES = {
    "past7days": "7 days ago",
    "past14days": "14 days ago",
    "pastMonth": "1 month ago",
    "past3months": "3 months ago",
    "past6months": "6 months ago",
    "pastYear": "1 year ago",
}
_KINDS = {
    "input-text": InputKind.TEXT,
    "input-textarea": InputKind.TEXT,
    "input-checkbox": InputKind.CHECKBOX,
    "input-slider": InputKind.SLIDER,
    "input-date": InputKind.DATE,
    "input-file": InputKind.FILE,
    "button": InputKind.BUTTON,
}


@dataclass
class Names:
    """The variables that inputs of one notebook have so far."""

    taken: set[str] = field(default_factory=set)

    def take(self, wanted: object, fallback: str) -> str:
        """A free name as near as possible to the one wanted."""
        name = re.sub(r"\s+", "_", str(wanted)) if isinstance(wanted, str) else ""
        name = re.sub(r"[^0-9a-zA-Z_]", "", name)
        name = re.sub(r"^[^a-zA-Z]+", "", name) or fallback
        if name_problem(name):
            name = f"{name}_"
        free, number = name, 2
        while free in self.taken:
            free, number = f"{name}_{number}", number + 1
        self.taken.add(free)
        return free


@dataclass(frozen=True)
class ConvertedInput:
    """What a block became: inputs, the code that follows them ("" for none), and sentences for the author."""

    specs: tuple[InputSpec, ...]
    code: str = ""
    notes: tuple[str, ...] = ()


def is_input(kind: str) -> bool:
    return kind in _KINDS or kind in ("input-select", "input-date-range")


def convert(kind: str, metadata: Mapping[str, Any], names: Names) -> ConvertedInput:
    """The inputs for a block of a kind that `is_input` knows."""
    wanted = metadata.get("deepnote_variable_name")
    if kind == "input-date-range":
        return _date_range(metadata, names)
    name = names.take(wanted, "button" if kind == "button" else "input_1")
    notes = _renamed(wanted, name)
    settings: dict[str, Any] = {"name": name, "label": _label(metadata), "default": _value(metadata)}
    match kind:
        case "input-select":
            settings |= _select(metadata)
        case "input-slider":
            settings |= _slider(metadata)
        case "input-date":
            settings |= _date(metadata)
            if settings["kind"] is InputKind.DATETIME:
                notes = (*notes, f'"{name}" was a time without a zone in Deepnote, and is one in UTC here.')
        case "input-file":
            settings |= {"kind": InputKind.FILE, "default": None, "help": _extensions(metadata)}
        case "button":
            runs = metadata.get("deepnote_button_behavior") != "set_variable"
            settings |= {"kind": InputKind.BUTTON, "behaviour": "run_notebook" if runs else "set_variable"}
            # A button that runs everything sets no variable in Deepnote, so no cell can miss its name.
            notes = () if runs else notes
        case _:
            settings |= {"kind": _KINDS[kind], "multiline": kind == "input-textarea"}
    spec = InputSpec.from_json({**settings, "kind": str(settings["kind"])})
    assert spec is not None  # The kind is one of ours, the name was made to be one.
    return ConvertedInput((spec,), notes=notes)


def _label(metadata: Mapping[str, Any]) -> str:
    for key in ("deepnote_input_label", "deepnote_input_checkbox_label", "deepnote_button_title"):
        label = metadata.get(key)
        if isinstance(label, str) and label.strip():
            return label.strip()
    return ""


def _value(metadata: Mapping[str, Any]) -> Any:
    """The default where the author set one, otherwise what the notebook held."""
    default = metadata.get("deepnote_variable_default_value", metadata.get("deepnote_input_default"))
    return metadata.get("deepnote_variable_value") if default is None else default


# Where the choices of a select are; the last is what files made by Deepnote's tools for language models have.
OPTIONS = ("deepnote_variable_custom_options", "deepnote_variable_options", "deepnote_input_options")


def _select(metadata: Mapping[str, Any]) -> dict[str, Any]:
    value = _value(metadata)
    many = metadata.get("deepnote_allow_multiple_values") is True or isinstance(value, list)
    settings: dict[str, Any] = {"kind": InputKind.MULTISELECT if many else InputKind.DROPDOWN}
    if metadata.get("deepnote_variable_select_type") == "from-variable":
        settings["options_from"] = metadata.get("deepnote_variable_selected_variable")
    else:
        options = next((found for key in OPTIONS if isinstance(found := metadata.get(key), list) and found), [])
        settings["options"] = [option for option in options if option != ""]
    if many:
        chosen = value if isinstance(value, list) else [value]
        settings["default"] = [member for member in chosen if member not in ("", None)]
    else:
        settings["default"] = value or None
    return settings


def _slider(metadata: Mapping[str, Any]) -> dict[str, Any]:
    limits = {
        ours: _number(metadata.get(f"deepnote_slider_{theirs}"))
        for ours, theirs in (("min", "min_value"), ("max", "max_value"), ("step", "step"))
    }
    return {"kind": InputKind.SLIDER, **limits, "default": _number(_value(metadata))}


def _date(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Version 2 of the block gives a date to Python, earlier ones a time."""
    found = _DAY.fullmatch(str(_value(metadata) or ""))
    if metadata.get("deepnote_input_date_version") == 2 or (found and not found[2]):
        return {"kind": InputKind.DATE, "default": found[1] if found else None}
    return {"kind": InputKind.DATETIME, "default": f"{found[1]} {found[2]}" if found else None}


def _extensions(metadata: Mapping[str, Any]) -> str:
    allowed = metadata.get("deepnote_allowed_file_extensions")
    return f"Allowed: {allowed}" if isinstance(allowed, str) and allowed else ""


def _date_range(metadata: Mapping[str, Any], names: Names) -> ConvertedInput:
    wanted = metadata.get("deepnote_variable_name")
    # The range itself keeps its name: the cells below read it.
    name = names.take(wanted, "date_range")
    first, last = (names.take(f"{name}_{side}", side) for side in ("start", "end"))
    label = _label(metadata) or name
    specs = [
        InputSpec.from_json({"kind": "date", "name": variable, "label": f"{label}, {side}", "default": default})
        for variable, side, default in zip((first, last), ("from", "to"), _range_days(_value(metadata)), strict=True)
    ]
    return ConvertedInput(
        tuple(spec for spec in specs if spec is not None),
        code=f"{name} = [{first}, {last}]",
        notes=(*_renamed(wanted, name), f'The date range "{name}" became two dates, {first} and {last}.'),
    )


def _range_days(value: object) -> tuple[str | None, str | None]:
    if isinstance(value, str):
        if value in _RANGES:
            return _RANGES[value], "0 days ago"
        if found := _CUSTOM_DAYS.fullmatch(value):
            return f"{int(found[1])} days ago", "0 days ago"
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        first, last = (_DAY.fullmatch(str(side)) for side in value)
        return (first[1] if first else None), (last[1] if last else None)
    return None, None


def _number(value: object) -> int | float | None:
    """Sliders hold their values as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    number = finite_number(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _renamed(wanted: object, name: str) -> tuple[str, ...]:
    if wanted == name or not wanted:
        return ()
    return (f'The input "{wanted}" is called {name} here; cells that use it need the new name.',)
