"""The scopes of Python, as far as they decide what a name means."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from projects.notebook.analysis.facts import Value

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ComprehensionNode = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class NameFrameKind(StrEnum):
    """What opens a scope."""

    CELL = "cell"
    FUNCTION = "function"
    CLASS = "class"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type parameters"


@dataclass(slots=True)
class NameFrame:
    """One scope being read: its own names, and what they may share objects with."""

    kind: NameFrameKind
    number: int
    names: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    parameters: frozenset[str] = frozenset()
    origins: dict[str, Value] = field(default_factory=dict)

    def root(self, name: str) -> str:
        """The root that stands for one of its variables."""
        return f"^{self.number}:{name}"


def local_names(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that a function or class body makes its own, and those it declares global."""
    bound: set[str] = set()
    global_names: set[str] = set()
    nonlocal_names: set[str] = set()
    for node in _own_nodes(body):
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                bound.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(node.name)
            case ast.Import() | ast.ImportFrom():
                bound.update(bound_by_alias(alias) for alias in node.names if alias.name != "*")
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                bound.add(name)
            case ast.Global():
                global_names.update(node.names)
            case ast.Nonlocal():
                nonlocal_names.update(node.names)
    return bound - global_names - nonlocal_names, global_names


def bound_by_alias(alias: ast.alias) -> str:
    """The name that `import a.b`, `import a as b` or `from m import a as b` binds."""
    return alias.asname or alias.name.partition(".")[0]


def parameter_names(arguments: ast.arguments) -> tuple[tuple[str, ...], frozenset[str]]:
    """The parameters that take arguments by position or name, in order, and all of them with the starred ones."""
    plain = tuple(one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))
    starred = {one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None}
    return plain, frozenset(plain) | starred


def contains_yield(body: Iterable[ast.AST]) -> bool:
    """Whether a function with this body is a generator."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(body))


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a scope, without those that belong to scopes inside it."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                waiting.extend(node.decorator_list)
                waiting.extend(_defaults(node.args))
            case ast.Lambda():
                waiting.extend(_defaults(node.args))
            case ast.ClassDef():
                waiting.extend(node.decorator_list)
                waiting.extend(node.bases)
                waiting.extend(keyword.value for keyword in node.keywords)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                waiting.extend(_walrus_targets(node))
                waiting.append(node.generators[0].iter)
            case _:
                waiting.extend(ast.iter_child_nodes(node))


def _walrus_targets(comprehension: ast.AST) -> Iterator[ast.AST]:
    """The targets of `:=` inside a comprehension: they belong to the scope around it (PEP 572)."""
    for node in ast.iter_child_nodes(comprehension):
        if isinstance(node, ast.NamedExpr):
            yield node.target
        if not isinstance(node, ast.Lambda):
            yield from _walrus_targets(node)


def _defaults(arguments: ast.arguments) -> list[ast.AST]:
    return [one for one in (*arguments.defaults, *arguments.kw_defaults) if one is not None]
