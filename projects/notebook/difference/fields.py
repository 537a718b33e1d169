"""Settings compared field by field, in the words that pages use for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from projects.notebook.document import Cell, CellKind, Show
from projects.notebook.inputs import InputKind, InputSpec
from projects.notebook.settings import AppSettings

NOTHING = ""


@dataclass(frozen=True)
class FieldChange:
    """One setting with its old and new value in words ("" where there is none). `field` is its JSON name.

    For lists `added` and `removed` name the members that differ.
    """

    field: str
    label: str
    before: str
    after: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


INPUT_LABELS = {
    "name": "Variable",
    "label": "Label",
    "kind": "Kind",
    "min": "Least",
    "max": "Most",
    "step": "Step",
    "options": "Options",
    "options_from": "Options from",
    "default": "Default",
    "help": "Help text",
    "multiline": "Lines",
    "behaviour": "When pressed",
    "aliases": "Earlier names",
}
CELL_KIND_WORDS = {
    CellKind.CODE: "Code",
    CellKind.MARKDOWN: "Text",
    CellKind.RAW: "Raw",
    CellKind.INPUT: "Input",
}
APP_LABELS = {
    "title": "Title",
    "description": "Description",
    "picture": "Picture",
    "hide_code": "All code",
    "full_width": "Width",
    "table_of_contents": "Table of contents",
    "outputs": "When it opens",
    "viewers_run": "Viewers may run",
    "reactive": "Reactivity",
    "apply": "When an input changes",
    "show_errors": "Error details",
    "idle_minutes": "Kernel is kept for",
    "live_updates": "Live updates",
    "embed": "Embedding",
    "tabs": "Tabs",
    "layout": "Layout",
}
_APP_WORDS: Mapping[str, Mapping[Any, str]] = {
    "hide_code": {True: "Hidden", False: "As each cell says"},
    "full_width": {True: "Whole window", False: "Usual"},
    "table_of_contents": {True: "Shown", False: "Hidden"},
    "outputs": {"published": "Notebook outputs", "clean": "Clean slate", "run": "Run on open"},
    "viewers_run": {True: "Yes", False: "No"},
    "apply": {"change": "Run at once", "apply": "Wait for Apply"},
    "show_errors": {True: "Shown to everyone", False: "For people with Can Edit"},
}
_INPUT_WORDS: Mapping[str, Mapping[Any, str]] = {
    "multiline": {True: "Several", False: "One"},
    "behaviour": {"set_variable": "Sets its variable", "run_notebook": "Runs the notebook"},
    "kind": {str(kind): kind.words for kind in InputKind},
}


def input_changes(before: InputSpec, after: InputSpec) -> tuple[FieldChange, ...]:
    """In the order of a form: variable, label, kind, limits, options, default, the rest."""
    old, new = before.to_json(), after.to_json()
    return tuple(_changes(INPUT_LABELS, old, new, _INPUT_WORDS))


def app_changes(before: AppSettings, after: AppSettings) -> tuple[FieldChange, ...]:
    """The app's settings that differ."""
    old, new = before.to_json(), after.to_json()
    return tuple(_changes(APP_LABELS, old, new, _APP_WORDS))


def cell_changes(before: Cell, after: Cell) -> tuple[FieldChange, ...]:
    """What differs beside the source: kind, input settings, what viewers get, tags."""
    found: list[FieldChange] = []
    if before.kind is not after.kind:
        found.append(FieldChange("kind", "Kind", CELL_KIND_WORDS[before.kind], CELL_KIND_WORDS[after.kind]))
    if before.input and after.input:
        found += input_changes(before.input, after.input)
    if before.show != after.show:
        found.append(FieldChange("show", "In the app", show_in_words(before), show_in_words(after)))
    if set(before.tags) != set(after.tags):
        found.append(_list_change("tags", "Tags", before.tags, after.tags))
    if before.attachments != after.attachments:
        found.append(_list_change("attachments", "Attachments", list(before.attachments), list(after.attachments)))
    return tuple(found)


def show_in_words(cell: Cell) -> str:
    """`Output only`, `Code and output`, `Code only`, `Hidden`; `Shown` where a cell has one part."""
    if not cell.show.cell:
        return "Hidden"
    if cell.kind is not CellKind.CODE:
        return "Shown"
    match cell.show:
        case Show(code=True, output=True):
            return "Code and output"
        case Show(code=True):
            return "Code only"
        case Show(output=True):
            return "Output only"
        case _:
            return "Hidden"


def _changes(
    labels: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any], words: Mapping[str, Mapping[Any, str]]
) -> Iterator[FieldChange]:
    for name, label in labels.items():
        was, now = old.get(name), new.get(name)
        if was == now and type(was) is type(now):
            continue
        if name in ("options", "aliases"):
            yield _list_change(name, label, was or (), now or ())
        elif name == "tabs":
            yield _list_change(name, label, [tab["title"] for tab in was or ()], [tab["title"] for tab in now or ()])
        elif name == "layout":
            yield _layout_change(was or [], now or [])
        else:
            yield FieldChange(name, label, _in_words(name, was, words), _in_words(name, now, words))


def _in_words(name: str, value: Any, words: Mapping[str, Mapping[Any, str]]) -> str:
    if name in words and isinstance(value, str | bool):
        return words[name].get(value, str(value))
    match value:
        case str() if name == "picture":
            return "A chosen block" if value else "The first chart"
        case None:
            return NOTHING
        case bool():
            return "On" if value else "Off"
        case int() if name == "idle_minutes":
            return f"{value} minute{'' if value == 1 else 's'}"
        case dict():
            return ", ".join(value["sites"]) or "Any site" if value["enabled"] else "Off"
        case list():
            return ", ".join(map(str, value)) or "None"
        case _:
            return str(value)


def _list_change(name: str, label: str, was: Sequence[Any], now: Sequence[Any]) -> FieldChange:
    old, new = [str(member) for member in was], [str(member) for member in now]
    return FieldChange(
        name,
        label,
        ", ".join(old),
        ", ".join(new),
        added=tuple(member for member in new if member not in old),
        removed=tuple(member for member in old if member not in new),
    )


def _layout_change(was: list[Any], now: list[Any]) -> FieldChange:
    before, after = (
        f"{len(rows)} row{'' if len(rows) == 1 else 's'}" if rows else "As the notebook" for rows in (was, now)
    )
    return FieldChange(
        "layout", APP_LABELS["layout"], before, f"{after}, arranged otherwise" if after == before else after
    )
