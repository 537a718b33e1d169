"""A notebook with an input of every kind, each read by a cell of its own that says what Python sees."""

import json
from pathlib import Path
from typing import Any

from projects.notebook.inputs import InputSpec, source

CITIES = ["Amsterdam", "Bergen", "Copenhagen", "Dublin", "Edinburgh", "Florence", "Ghent", "Hamburg"]
INPUTS: list[dict[str, Any]] = [
    {"kind": "slider", "name": "days", "label": "Days", "default": 30, "min": 1, "max": 60, "step": 1},
    {"kind": "number", "name": "price", "label": "Price", "default": 9.5, "min": 0, "max": 100},
    {"kind": "text", "name": "name", "label": "Name", "default": "Ann"},
    {"kind": "text", "name": "story", "label": "Story", "default": "", "multiline": True, "help": "A line or two"},
    {"kind": "checkbox", "name": "agree", "label": "Agree", "default": False},
    {"kind": "dropdown", "name": "city", "label": "City", "default": "Bergen", "options": CITIES},
    {"kind": "multiselect", "name": "cities", "label": "Cities", "default": ["Bergen"], "options": CITIES},
    {"kind": "date", "name": "since", "label": "Since", "default": "2021-07-13"},
    {"kind": "datetime", "name": "at", "label": "At", "default": "2021-07-13 13:45:22 America/Chicago"},
    {"kind": "datetime", "name": "when", "label": "When", "default": "2021-07-13 06:00:00"},
    {"kind": "button", "name": "go", "label": "Go", "behaviour": "set_variable"},
    {"kind": "button", "name": "whole", "label": "Run it all", "behaviour": "run_notebook"},
    {"kind": "file", "name": "table", "label": "Table", "help": "A CSV file"},
    {"kind": "dropdown", "name": "fruit", "label": "Fruit", "default": "apple", "options_from": "fruits"},
]


def notebook(
    inputs: list[dict[str, Any]] = INPUTS, settings: dict[str, Any] | None = None, more: list[dict[str, Any]] = ()
) -> dict[str, Any]:
    """As a file holds it: inputs, then for each a cell `saw-NAME` that prints `NAME is …`, then `more` cells."""
    cells = [
        _cell("head", "# Every kind", markdown=True),
        _cell("fruits", "import pandas as pd\nfruits = pd.Series(['apple', 'pear', 'plum', 'pear'])"),
        *[_cell(f"in-{one['name']}", source(InputSpec.from_json(one)), {"hexlite": {"input": one}}) for one in inputs],
        *[_cell(f"saw-{one['name']}", _says(one)) for one in inputs],
        *more,
    ]
    metadata = {"hexlite": {"app": settings}} if settings else {}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def write(folder: Path, **options: Any) -> Path:
    path = folder / "every-kind.ipynb"
    path.write_text(json.dumps(notebook(**options)))
    return path


def _says(one: dict[str, Any]) -> str:
    name = one["name"]
    if one["kind"] == "file":
        return f"print('{name} is', pd.read_csv({name})['x'].sum() if {name} else None)"
    return f"print('{name} is', repr({name}))"


def _cell(identity: str, source: str, metadata: dict | None = None, *, markdown: bool = False) -> dict[str, Any]:
    cell = {
        "cell_type": "markdown" if markdown else "code",
        "id": identity,
        "metadata": metadata or {},
        "source": source,
    }
    return cell if markdown else {**cell, "outputs": [], "execution_count": None}
