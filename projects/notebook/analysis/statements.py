"""Reading statements: which names a cell surely binds, may bind, loses, and what it reads before it binds it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from projects.notebook.analysis import known_callables
from projects.notebook.analysis.definitions import DefinitionReader
from projects.notebook.analysis.facts import (
    FRESH,
    NAMES,
    Certainty,
    Opacity,
    Opaque,
    Value,
)
from projects.notebook.analysis.frames import NameFrameKind, bound_by_alias

_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class StatementReader(DefinitionReader):
    """Reads the statements of a cell, or of a function in it."""

    def run(self, body: Sequence[ast.AST]) -> None:
        """Read statements in order."""
        for statement in body:
            method = getattr(self, f"run_{type(statement).__name__}", None)
            if method is not None:
                method(statement)
            if isinstance(statement, _LEAVING):
                self.bound = None

    # -- simple statements ---------------------------------------------------------------------------------------

    def run_Expr(self, node: ast.Expr) -> None:
        bare, self.bare = self.bare, True
        value = self.value(node.value)
        self.bare = bare
        if isinstance(node.value, ast.Await | ast.GeneratorExp):
            self.absorb_now(value)

    def run_Assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value, node.value)
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if len(names) > 1 and value.immutable != NAMES:
            for one in names:
                for other in names:
                    self.share(one, other)

    def run_AnnAssign(self, node: ast.AnnAssign) -> None:
        # Up to Python 3.13 the annotation of a name of the notebook is evaluated; in a function it is not.
        if self.frames[-1].kind is not NameFrameKind.FUNCTION:
            self.value(node.annotation)
        if node.value is not None:
            self.bind(node.target, self.value(node.value), node.value)
        elif isinstance(node.target, ast.Attribute | ast.Subscript):
            self.value(node.target.value)

    def run_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            current = self.load(node.target.id)
            value = self.value(node.value)
            self.change(current, deep=False)
            self.keep(current, replace(value.part(), carried=value.carried))
            self.bind_name(node.target.id, replace(self._computed([current, value]), functions=()))
            return
        self.value(node.target)
        self.bind(node.target, self.value(node.value))
        if isinstance(node.target, ast.Attribute | ast.Subscript):
            self.change(self.value(node.target.value), stored=True)  # the element itself may be changed in place

    def run_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name():
                frame = self.frame_of(target.id)
                if frame is None:
                    self.read(target.id)
                    self.write(target.id, assigned=False)
                    self.sink.deletes.add(target.id)
            case ast.Tuple() | ast.List():
                for element in target.elts:
                    self._delete(element)
            case ast.Attribute():
                self.change(self.value(target.value), deep=False, stored=True)
            case ast.Subscript():
                holder = self.value(target.value)
                self.value(target.slice)
                self.change(holder, deep=not isinstance(target.slice, ast.Constant), stored=True)

    def run_Return(self, node: ast.Return) -> None:
        self._give_back(self.value(node.value))

    def run_Raise(self, node: ast.Raise) -> None:
        for part in (node.exc, node.cause):
            self.value(part)

    def run_Assert(self, node: ast.Assert) -> None:
        self.value(node.test)
        with self.perhaps():
            self.value(node.msg)

    def run_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = bound_by_alias(alias)
            self._import(name, alias.name if alias.asname else name)

    def run_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.sink.cannot_know(Opaque(Opacity.ANYTHING, f"from {node.module or '.'} import *"))
                continue
            name = bound_by_alias(alias)
            if self._binding_frame(name, walrus=False) is None and self.in_cell:
                self.sink.from_imports.add(name)
            self._import(name, f"{node.module or ''}.{alias.name}")

    def _import(self, name: str, path: str) -> None:
        frame = self._binding_frame(name, walrus=False)
        if frame is not None:
            frame.origins[name] = FRESH
            return
        self.write(name, assigned=False)
        self.sink.imports[name] = path
        self.sink.immutable[name] = None

    # -- branches and loops --------------------------------------------------------------------------------------

    def run_If(self, node: ast.If) -> None:
        self.value(node.test)
        if _always_true(node.test):
            self.run(node.body)
            return
        self._branches([node.body, node.orelse])

    def _branches(self, bodies: list[list[ast.stmt]], *, exhaustive: bool = True) -> None:
        """One of the bodies runs; without `exhaustive` perhaps none."""
        before = self.bound
        after: int | None = None if exhaustive else before
        for number, body in enumerate(bodies):
            self.bound = before
            self.conditions.append(Certainty.MAYBE)
            self.run(body)
            self.conditions.pop()
            after = self.bound if number == 0 and exhaustive else _both(after, self.bound)
        self.bound = after

    def run_For(self, node: ast.For) -> None:
        iterated = self.value(node.iter)
        self.absorb_now(iterated)
        element = self.element_of(node.iter, iterated)
        if _surely_runs(node.iter):
            # The first pass binds the target, and whatever the body binds before it can leave.
            self.bind(node.target, element)
            with self.perhaps(Certainty.LOOP):
                self.run(node.body)
        else:
            with self.perhaps(Certainty.LOOP):
                self.bind(node.target, element)
                self.run(node.body)
        if not self.in_cell or node.orelse:
            with self.perhaps():
                self.run(node.orelse)

    run_AsyncFor = run_For

    def run_While(self, node: ast.While) -> None:
        self.value(node.test)
        with self.perhaps(Certainty.LOOP):
            self.run(node.body)
        with self.perhaps():
            self.run(node.orelse)

    def run_Try(self, node: ast.Try) -> None:
        before = self.bound
        self.conditions.append(Certainty.MAYBE)
        self.run(node.body)
        self.run(node.orelse)
        after = self.bound
        for handler in node.handlers:
            self.bound = before
            self.value(handler.type)
            if handler.name:
                self._bind_exception(handler.name)
            self.run(handler.body)
            after = _both(after, self.bound)
        self.conditions.pop()
        self.bound = before
        self.run(node.finalbody)
        self.bound = after if self.bound is None or after is None else after | self.bound

    run_TryStar = run_Try

    def _bind_exception(self, name: str) -> None:
        """`except E as name`: bound for the handler, deleted after it."""
        frame = self._binding_frame(name, walrus=False)
        if frame is not None:
            frame.origins[name] = FRESH
            return
        if self.in_cell:
            self.sink.fleeting.add(name)
            if self.bound is not None:
                self.bound |= self.bit(name)
            return
        self.write(name)

    def run_With(self, node: ast.With) -> None:
        swallowing = False
        for item in node.items:
            value = self.value(item.context_expr)
            self.absorb_now(value)
            swallowing = swallowing or self._may_swallow(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value.merged(value.part()))
        if swallowing:
            with self.perhaps():
                self.run(node.body)
        else:
            self.run(node.body)

    run_AsyncWith = run_With

    def _may_swallow(self, node: ast.expr) -> bool:
        callee = node.func if isinstance(node, ast.Call) else node
        last = callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""
        if last in known_callables.SWALLOWING_CONTEXTS:
            return True
        root = callee
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return True
        functions, classes, path = self._meanings(root.id)
        return bool(functions or classes or not (path or last == "open"))

    def run_Match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        before = self.bound
        after: int | None = before
        exhaustive = any(_irrefutable(case) for case in node.cases)
        ends: list[int | None] = []
        for case in node.cases:
            self.bound = before
            self.conditions.append(Certainty.MAYBE)
            self._pattern(case.pattern, subject)
            self.value(case.guard)
            self.run(case.body)
            self.conditions.pop()
            ends.append(self.bound)
        if exhaustive and ends:
            after = ends[0]
        for end in ends:
            after = _both(after, end)
        self.bound = after

    def _pattern(self, pattern: ast.pattern, subject: Value) -> None:
        part = replace(subject.part().merged(subject), functions=())
        match pattern:
            case ast.MatchValue():
                self.value(pattern.value)
            case ast.MatchSequence() | ast.MatchOr():
                for one in pattern.patterns:
                    self._pattern(one, part)
            case ast.MatchMapping():
                for key in pattern.keys:
                    self.value(key)
                for one in pattern.patterns:
                    self._pattern(one, part)
                if pattern.rest:
                    self.bind_name(pattern.rest, part.held())
            case ast.MatchClass():
                self.value(pattern.cls)
                for one in (*pattern.patterns, *pattern.kwd_patterns):
                    self._pattern(one, part)
            case ast.MatchStar(name=str(name)):
                self.bind_name(name, part.held())
            case ast.MatchAs():
                if pattern.pattern is not None:
                    self._pattern(pattern.pattern, subject)
                if pattern.name is not None:
                    self.bind_name(pattern.name, part)


def _both(one: int | None, other: int | None) -> int | None:
    """Surely bound on both ways; None is a way that is not taken to here."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _always_true(test: ast.expr) -> bool:
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
    return False


def _surely_runs(iterable: ast.expr) -> bool:
    """Whether a loop over it surely runs at least once."""
    match iterable:
        case ast.List() | ast.Tuple() | ast.Set():
            return any(not isinstance(one, ast.Starred) for one in iterable.elts)
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(stop))], keywords=[]):
            return stop > 0
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return _surely_runs(inner)
    return False


def _irrefutable(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
