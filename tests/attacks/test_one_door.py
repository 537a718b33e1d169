"""One door out: nothing but `apps_runtime.readers` decides what App Only may see (specs/security T2).

Found in the text of the modules, so that a new page, consumer or endpoint that decides for itself is red at once.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
DOOR = "apps_runtime/readers.py"

# What is asked of a cell, a run or a person about being shown, and who else may ask it, with the reason.
ALONE = {
    "VIEW_TRACEBACK": {"projects/permissions.py": "the table"},
    "OutputContext": {
        "apps_runtime/outputs/": "it is defined there",
        "apps_runtime/pages/run.py": "names it as the type of what it is given",
    },
    "InFile": {"apps_runtime/outputs/": "it is defined there", "apps_runtime/views/runs.py": "asks the door for one"},
    "show_errors": {
        "apps_runtime/outputs/": "draws as it is told",
        "apps_runtime/views/app_settings.py": "the setting's switch",
        "projects/notebook/settings.py": "the setting",
        "projects/notebook/difference/fields.py": "the setting in words",
    },
    "hide_code": {
        "apps_runtime/views/app_settings.py": "the setting's switch",
        "projects/notebook/settings.py": "the setting",
        "projects/notebook/difference/fields.py": "the setting in words",
        "projects/notebook/layout/layout.py": "where cells stand, which the page then draws by the door",
        "sharing/services/reach.py": "counts for people with Full Access",
    },
}  # fmt: skip
# Modules whose words reach people without the notebook: they ask a Reader for inputs, not the notebook.
TOLD_TO_VIEWERS = [
    "apps_runtime/api/",
    "apps_runtime/consumers/",
    "apps_runtime/views/app.py",
    "apps_runtime/views/links.py",
    "apps_runtime/views/session_files.py",
    "apps_runtime/pages/app.py",
    "apps_runtime/pages/fragments.py",
    "apps_runtime/services/links/links.py",
    "apps_runtime/services/sessions/input_values.py",
    "apps_runtime/services/sessions/uploads.py",
]
# Who takes outputs out of the store: `load` gives all of them, whoever looks.
LOADING = {
    "apps_runtime/outputs/": "the store",
    "apps_runtime/services/runs/facts.py": "what broke, for mails and pages of those who may read the run log",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("apps_runtime", "projects", "sharing", "hexlite"):
        for path in sorted((TOP / folder).rglob("*.py")):
            name = path.relative_to(TOP).as_posix()
            if "/migrations/" not in name:
                yield name, ast.parse(path.read_text())


def is_in(name: str, places) -> bool:
    return any(name == place or (place.endswith("/") and name.startswith(place)) for place in places)


@pytest.mark.parametrize("word", ALONE)
def test_only_the_door_asks(word):
    asking = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if word in (getattr(node, "attr", None), getattr(node, "id", None), getattr(node, "arg", None))
    }
    assert DOOR in asking or word == "InFile"
    assert {name for name in asking if not is_in(name, [DOOR, *ALONE[word]])} == set()


def test_no_module_that_viewers_hear_from_asks_the_notebook_for_its_inputs():
    found = {
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if is_in(name, TOLD_TO_VIEWERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "inputs"
        and ast.unparse(node.value).split(".")[-1] == "notebook"
    }
    # A page's values are all there; its controls are those of shown cells (`appearance.cell_block`).
    assert {place for place in found if not _is_default(place)} == set()


def _is_default(place: str) -> bool:
    name, line = place.split(":")
    return "inputs.defaults(notebook.inputs)" in (TOP / name).read_text().splitlines()[int(line) - 1]


def test_nobody_else_takes_outputs_out_of_the_store():
    loading = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "store.load"
    }
    assert DOOR in loading
    assert {name for name in loading if not is_in(name, [DOOR, *LOADING])} == set()
