"""Reading definitions: functions, classes and type aliases, their decorators and type parameters."""

from __future__ import annotations

import ast
from dataclasses import replace

from projects.notebook.analysis import known_callables
from projects.notebook.analysis.calls import CallReader
from projects.notebook.analysis.facts import (
    IMMUTABLE,
    NOTHING,
    Carried,
    Certainty,
    ClassFacts,
    Value,
    holding,
)
from projects.notebook.analysis.frames import NameFrame, NameFrameKind, local_names


class DefinitionReader(CallReader):
    """Adds definitions to the reading of calls; `StatementReader` adds the other statements."""

    def run_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self.value(one) for one in node.decorator_list]
        with _TypeParameters(self, node):
            self._annotations(node.args, node.returns)
            value = self.function(
                node.args, list(node.body), is_expression=False, lazy=isinstance(node, ast.AsyncFunctionDef)
            )
        value = self._decorated(node, value, decorators)
        self._define(node.name, value)

    run_AsyncFunctionDef = run_FunctionDef

    def _decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, value: Value, decorators: list[Value]
    ) -> Value:
        """Decorators that keep results, or that nobody knows, make a callable with a state of its own."""
        for decorator, decorating in zip(node.decorator_list, decorators, strict=True):
            if self._is_plain_decorator(decorator):
                continue
            facts = tuple(replace(one, carried=replace(one.carried, changes_itself=True)) for one in value.functions)
            value = replace(
                value,
                carried=replace(value.carried.merged(decorating.carried), changes_itself=True),
                functions=facts,
                holds=value.holds | decorating.roots,
            )
            if not self._is_deferring(decorator):
                self.absorb(value.carried)  # it may call what it decorates, as `ipywidgets.interact` does
        return value

    def _is_deferring(self, decorator: ast.expr) -> bool:
        """Whether it is known to call what it decorates only when that is called."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        match called:
            case ast.Name(id=name):
                _, _, path = self._meanings(name)
                is_own = name in self.context.assigned or bool(self.plain_functions(name))
                return not is_own and path in known_callables.DEFERRING_DECORATORS
            case ast.Attribute():
                return self._import_path(called) in known_callables.DEFERRING_DECORATORS
        return False

    def _is_plain_decorator(self, decorator: ast.expr) -> bool:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        match called:
            case ast.Name(id=name):
                _, _, path = self._meanings(name)
                if name in self.context.assigned or self.plain_functions(name):
                    return False
                return (path or name) in known_callables.PLAIN_DECORATORS
            case ast.Attribute(attr=name):
                path = self._import_path(called)
                return path in known_callables.PLAIN_DECORATORS or name in ("setter", "getter", "deleter")
        return False

    def _define(self, name: str, value: Value) -> None:
        frame = self._binding_frame(name, walrus=False)
        if frame is None and not self.in_cell:
            self.sink.writes.setdefault(name, set()).add(Certainty.MAYBE)
            self.sink.assigned.add(name)
            return
        self.bind_name(name, replace(value, immutable=None))

    def _annotations(self, arguments: ast.arguments, returns: ast.expr | None) -> None:
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        for one in every:
            if one is not None and one.annotation is not None:
                self.value(one.annotation)
        if returns is not None:
            self.value(returns)

    def run_ClassDef(self, node: ast.ClassDef) -> None:
        decorators = [self.value(one) for one in node.decorator_list]
        names, global_names = local_names(node.body)
        with _TypeParameters(self, node):
            bases = [self.value(one) for one in (*node.bases, *(keyword.value for keyword in node.keywords))]
            frame = NameFrame(NameFrameKind.CLASS, self.frames_made, names, global_names)
            self.frames_made += 1
            self.frames.append(frame)
            self.run(node.body)
            self.frames.pop()
        methods = tuple((name, facts) for name, value in frame.origins.items() for facts in value.functions)
        attributes = [value for value in frame.origins.values() if not value.functions]
        carried = NOTHING
        for value in frame.origins.values():
            carried = carried.merged(value.carried)
        for _, facts in methods:
            carried = carried.merged(facts.inner)
        held = holding([*bases, *attributes])
        keeps_state = any(one.immutable is None for one in attributes) or any(
            node.name in facts.carried.mutates or "cls" in facts.changes or facts.carried.changes_itself
            for _, facts in methods
        )
        value = self._decorated(node, Value(holds=held.holds, carried=carried), decorators)
        base_names = frozenset(root for base in bases for root in base.same if not root.startswith("^"))
        made = ClassFacts(methods, value.carried.merged(Carried(reads=base_names)), keeps_state)
        name_frame = self._binding_frame(node.name, walrus=False)
        if name_frame is None and self.in_cell:
            self.write(node.name, assigned=False)
            sink = self.sink
            sink.classes.setdefault(node.name, [])
            if made not in sink.classes[node.name]:
                sink.classes[node.name].append(made)
            sink.carried[node.name] = sink.carried.get(node.name, NOTHING).merged(made.carried)
            sink.immutable[node.name] = None
            for root in value.holds:
                self.share(root, node.name)
            return
        self._define(node.name, value)

    def run_TypeAlias(self, node: ast.AST) -> None:
        """`type X[T] = …` (Python 3.12): the value is evaluated when somebody asks for it."""
        frame = NameFrame(NameFrameKind.FUNCTION, self.frames_made)
        self.frames_made += 1
        with self.later(frame) as sink, _TypeParameters(self, node):
            self.value(getattr(node, "value"))  # noqa: B009  (ast.TypeAlias is not in Python 3.11)
        target: ast.AST = getattr(node, "name")  # noqa: B009
        self.bind(target, replace(IMMUTABLE, carried=sink.as_carried()))


class _TypeParameters:
    """The scope of `[T: bound]` on functions, classes and aliases (PEP 695)."""

    def __init__(self, reader: DefinitionReader, node: ast.AST) -> None:
        self.reader = reader
        self.parameters = list(getattr(node, "type_params", []))

    def __enter__(self) -> None:
        if not self.parameters:
            return
        frame = NameFrame(NameFrameKind.TYPE_PARAMETERS, self.reader.frames_made, {one.name for one in self.parameters})
        self.reader.frames_made += 1
        self.reader.frames.append(frame)
        for parameter in self.parameters:
            for part in ("bound", "default_value"):
                if getattr(parameter, part, None) is not None:
                    self.reader.value(getattr(parameter, part))

    def __exit__(self, *exception: object) -> None:
        if self.parameters:
            self.reader.frames.pop()
