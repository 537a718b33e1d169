"""A class name means one thing in the whole tree."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRAMEWORK = {"Command", "Migration"}  # Django finds these by their name


def test_each_class_name_stands_for_one_thing():
    found: defaultdict[str, list[str]] = defaultdict(list)
    for package in ("apps_runtime", "projects", "sharing", "hexlite"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and node.name not in FRAMEWORK:
                    found[node.name].append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in found.items() if len(where) > 1} == {}
