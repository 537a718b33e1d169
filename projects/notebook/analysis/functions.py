"""Reading what has a scope of its own: lambdas, the bodies of functions, comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from projects.notebook.analysis.expressions import ExpressionReader
from projects.notebook.analysis.facts import (
    IMMUTABLE,
    NAMES,
    Certainty,
    FunctionFacts,
    Sink,
    Value,
    holding,
)
from projects.notebook.analysis.frames import (
    ComprehensionNode,
    NameFrame,
    NameFrameKind,
    contains_yield,
    local_names,
    parameter_names,
)


class FunctionReader(ExpressionReader):
    """Adds lambdas and comprehensions to the reading of expressions."""

    def value_Lambda(self, node: ast.Lambda) -> Value:
        return self.function(node.args, [node.body], is_expression=True)

    def function(
        self, arguments: ast.arguments, body: list[ast.AST], *, is_expression: bool, lazy: bool = False
    ) -> Value:
        """Read a function's defaults now, and its body as something that happens later."""
        defaults = [self.value(one) for one in (*arguments.defaults, *arguments.kw_defaults) if one is not None]
        plain, parameters = parameter_names(arguments)
        names, global_names = local_names(body)
        frame = NameFrame(NameFrameKind.FUNCTION, self.frames_made, names | parameters, global_names, parameters)
        self.frames_made += 1
        held = holding(defaults)
        with self.later(frame) as sink:
            for name in parameters:
                frame.origins[name] = Value(carried=held.carried)
            # Twice: a loop may use a variable before the line that makes it share something. (Functions in functions
            # in functions are read once, or the time would double with every level.)
            for _ in range(2 if len(self.sinks) < 4 else 1):
                if is_expression:
                    self._give_back(self.value(body[0]))
                else:
                    self.run(body)
        facts = self._facts_of(sink, frame, plain, lazy=lazy or (not is_expression and contains_yield(body)))
        carried = facts.carried.merged(held.carried)
        # A mutable default that the body changes is state of the function.
        if sink.changes and any(one.immutable != NAMES for one in defaults):
            carried = replace(carried, changes_itself=True)
        return Value(holds=held.holds, carried=carried, functions=(replace(facts, carried=carried),))

    def run(self, body: Sequence[ast.AST]) -> None:
        """Read statements. `StatementReader` knows how."""
        raise NotImplementedError

    @contextmanager
    def later(self, frame: NameFrame) -> Iterator[Sink]:
        """What is read inside runs when a function is called, in a scope of its own."""
        outside = (self.bound, self.conditions, self.bare)
        self.bound, self.conditions, self.bare = 0, [], False
        self.frames.append(frame)
        self.sinks.append(Sink())
        try:
            yield self.sinks[-1]
        finally:
            self.sinks.pop()
            self.frames.pop()
            self.bound, self.conditions, self.bare = outside

    def _facts_of(self, sink: Sink, frame: NameFrame, plain: tuple[str, ...], *, lazy: bool) -> FunctionFacts:
        result = sink.result or IMMUTABLE
        roots = result.roots
        returned = {root.partition(":")[2] for root in roots if root.startswith(frame.root(""))} & frame.parameters
        inner = result.carried.merged(sink.escaped)
        return FunctionFacts(
            parameters=plain,
            carried=sink.as_carried(),
            changes=frozenset(one if one in plain else "*" for one in sink.changes),
            returns=frozenset(one if one in plain else "*" for one in returned),
            returned_names=frozenset(root for root in roots if not root.startswith("^")),
            inner=inner,
            lazy=lazy,
            immutable=result.immutable == NAMES and not lazy,
        )

    # -- comprehensions ------------------------------------------------------------------------------------------

    def value_ListComp(self, node: ast.ListComp) -> Value:
        return replace(self._comprehension(node, [node.elt]), immutable=None)

    def value_SetComp(self, node: ast.SetComp) -> Value:
        return replace(self._comprehension(node, [node.elt]), immutable=None)

    def value_DictComp(self, node: ast.DictComp) -> Value:
        return replace(self._comprehension(node, [node.key, node.value]), immutable=None)

    def value_GeneratorExp(self, node: ast.GeneratorExp) -> Value:
        """Lazy: only the first iterable is evaluated now, the rest when the generator is consumed."""
        first = self.value(node.generators[0].iter)
        frame = NameFrame(NameFrameKind.FUNCTION, self.frames_made)
        self.frames_made += 1
        with self.later(frame) as sink:
            value = self._comprehension(node, [node.elt], first=first)
        for name, certainties in sink.writes.items():
            if self.in_cell:  # a walrus inside binds here, when the generator runs
                self.sink.writes.setdefault(name, set()).update({Certainty.MAYBE} | certainties)
                self.sink.assigned.add(name)
        return Value(holds=value.holds | first.roots, carried=sink.as_carried().merged(value.carried), iterator=True)

    def _comprehension(self, node: ComprehensionNode, elements: list[ast.expr], first: Value | None = None) -> Value:
        frame = NameFrame(NameFrameKind.COMPREHENSION, self.frames_made)
        self.frames_made += 1
        before = self.bound
        self.conditions.append(Certainty.LOOP)
        for number, generator in enumerate(node.generators):
            if number == 0:
                iterated = first if first is not None else self.value(generator.iter)
                names, _ = local_names([one.target for one in node.generators])
                frame.names |= names
                self.frames.append(frame)
            else:
                iterated = self.value(generator.iter)
            self.absorb_now(iterated)
            self.bind(generator.target, self.element_of(generator.iter, iterated))
            for condition in generator.ifs:
                self.value(condition)
        values = [self.value(element) for element in elements]
        self.frames.pop()
        self.conditions.pop()
        self.bound = before
        return holding(values)
