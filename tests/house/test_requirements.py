"""The requirement files: exact, reasoned, and all that is imported."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.running import ROOT

FILES = ["requirements.txt", "requirements-dev.txt", "requirements-kernel.txt", "requirements-s3.txt"]
OURS = {"hexlite", "projects", "apps_runtime", "sharing", "tests", "bench", "scripts"}
# Played by the kernels' Python, which has requirements of its own.
IN_THE_KERNEL = {ROOT / "apps_runtime" / "kernels" / "inside", ROOT / "scripts" / "chart_fonts.py"}
# The same for apps of others' products, each in an environment of its own.
ELSEWHERE = IN_THE_KERNEL | {ROOT / "bench" / "peers" / "apps"}


def lines(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if line.strip()]


def distributions(name: str) -> set[str]:
    """Names of the packages in a file, as the registry compares them."""
    wanted = (re.split(r"[\[=]", line)[0] for line in lines(name) if not line.startswith(("#", "-r")))
    return {_normal(one) for one in wanted}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", FILES)
def test_every_version_is_exact_and_has_a_reason(name):
    reasoned = False
    for line in lines(name):
        if line.startswith("#"):
            assert len(line) > 5, f"an empty reason in {name}"
            reasoned = True
        elif not line.startswith("-r"):
            assert re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+", line), f"not exact: {line}"
            assert reasoned, f"no reason: {line}"


@pytest.mark.parametrize(
    ("folders", "files"),
    [
        (["hexlite", "projects", "apps_runtime", "sharing"], ["requirements.txt"]),
        (["tests", "bench", "scripts"], ["requirements.txt", "requirements-dev.txt", "requirements-s3.txt"]),
    ],
)
def test_what_is_imported_is_required(folders, files):
    """Not only by luck, because something else requires it."""
    required = set().union(*(distributions(name) for name in files))
    known = packages_distributions()
    missing = {
        (module, str(path.relative_to(ROOT)))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not ELSEWHERE & {path, *path.parents}
        for module in imported(path.read_text())
        if not {_normal(one) for one in known.get(module, [])} & required
    }
    assert not missing


def imported(source: str) -> set[str]:
    """Top-level names of others' modules."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - OURS - sys.stdlib_module_names
