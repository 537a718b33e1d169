"""The reading of scopes agrees with Python's own `symtable`, on code that nobody wrote for the purpose."""

from __future__ import annotations

import ast
import symtable
import sysconfig
import warnings
from pathlib import Path

import pytest

from projects.notebook.analysis.facts import EMPTY_CONTEXT
from projects.notebook.analysis.statements import StatementReader

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
MODULES = [
    "ast", "calendar", "collections/__init__", "contextlib", "csv", "dataclasses", "difflib", "enum", "fractions",
    "functools", "glob", "json/decoder", "pickle", "pprint", "queue", "re/_parser", "statistics", "string", "tempfile",
    "textwrap", "tokenize", "types", "uuid", "weakref", "zoneinfo/_common",
]  # fmt: skip


@pytest.mark.parametrize("module", [name for name in MODULES if (LIBRARY / f"{name}.py").exists()])
def test_the_names_of_a_library_module_are_those_that_symtable_finds(module: str) -> None:
    source = (LIBRARY / f"{module}.py").read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = symtable.symtable(source, module, "exec")
        reader = StatementReader(EMPTY_CONTEXT)
        reader.run(ast.parse(source).body)
    cell = reader.sinks[0]
    fleeting = {name for name in cell.fleeting if name not in cell.writes}
    assert cell.writes.keys() | fleeting == _bound(table)
    later = {name for carried in cell.carried.values() for name in carried.reads}
    used = cell.uses.keys() | later
    assert _read_in_functions(table) <= used | _unreachable(used, table)


def _bound(table: symtable.SymbolTable) -> set[str]:
    """Names that the module, or a class body run with it, or `global` in a function, binds."""
    own = {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}
    own |= {child.get_name() for child in table.get_children() if child.get_type() in ("function", "class")} - {
        "lambda", "listcomp", "setcomp", "dictcomp", "genexpr",
    }  # fmt: skip
    return own - {"__conditional_annotations__"}


def _read_in_functions(table: symtable.SymbolTable) -> set[str]:
    """Names that functions at the top of the module look up in it."""
    found: set[str] = set()
    for child in table.get_children():
        if child.get_type() == "function":
            found |= _globals(child)
    return found


def _globals(table: symtable.SymbolTable) -> set[str]:
    own = {one.get_name() for one in table.get_symbols() if one.is_global() and one.is_referenced()}
    return own.union(*(_globals(child) for child in table.get_children())) if table.get_children() else own


def _unreachable(used: set[str], table: symtable.SymbolTable) -> set[str]:
    """Names read only after a `return` or `raise`, or in annotations of local variables: never looked up."""
    return {name for name in _read_in_functions(table) - used if name.startswith("__") or name in ("reveal_type",)}
