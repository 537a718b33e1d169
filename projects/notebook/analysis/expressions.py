"""Reading expressions: what is loaded, what may be changed, and what the result may share."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from projects.notebook.analysis.facts import (
    FRESH,
    IMMUTABLE,
    NAMES,
    NOTHING,
    Carried,
    Certainty,
    Context,
    FunctionFacts,
    Sink,
    Value,
    either,
    holding,
)
from projects.notebook.analysis.frames import (
    ComprehensionNode,
    Frame,
    FrameKind,
    contains_yield,
    local_names,
    parameter_names,
)
from projects.notebook.analysis.manners import (
    IMMUTABLE_ATTRIBUTES,
    IMMUTABLE_BUILTINS,
    OBSERVING_PACKAGES,
    called_package,
)

_TEMPLATE_STRINGS = tuple(getattr(ast, name) for name in ("TemplateStr",) if hasattr(ast, name))
_INTERPOLATIONS = (ast.FormattedValue, *(getattr(ast, name) for name in ("Interpolation",) if hasattr(ast, name)))


class ExpressionReader:
    """Reads expressions in the order in which Python evaluates them; `CallReader` adds the calls."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.frames: list[Frame] = [Frame(FrameKind.CELL, 0)]
        self.frames_made = 1
        self.sinks: list[Sink] = [Sink()]
        self.bound: set[str] | None = set()  # names surely bound by now; None: this point is not reached
        self.conditions: list[Certainty] = []
        self.bare = False  # inside a bare expression statement

    # -- names --------------------------------------------------------------------------------------------------

    @property
    def sink(self) -> Sink:
        """Where findings go now."""
        return self.sinks[-1]

    @property
    def in_cell(self) -> bool:
        """Whether the code being read runs when its cell runs, rather than when a function is called."""
        return len(self.sinks) == 1

    def frame_of(self, name: str) -> Frame | None:
        """The scope that a name belongs to here; None for a name of the notebook."""
        innermost = self.frames[-1]
        for frame in reversed(self.frames):
            if frame.kind is FrameKind.CELL or name in frame.globals:
                return None
            if frame.kind is FrameKind.CLASS and frame is not innermost:
                continue
            if name in frame.names:
                if frame.kind is FrameKind.CLASS and name not in frame.origins:
                    # Not bound yet in the class body: Python looks in the notebook's names.
                    self.read(name)
                return frame
        return None

    def read(self, name: str) -> None:
        """Note that the notebook's name is loaded."""
        sink = self.sink
        if not self.in_cell:
            sink.reads.add(name)
            return
        if self.bound is None:
            return
        bound = frozenset(self.bound)
        sink.uses[name] = sink.uses[name] & bound if name in sink.uses else bound
        if name not in bound:
            sink.reads.add(name)

    def write(self, name: str, *, assigned: bool = True) -> None:
        """Note that the notebook's name is bound."""
        certainty = Certainty.CERTAIN
        if self.conditions:
            certainty = Certainty.MAYBE if Certainty.MAYBE in self.conditions else Certainty.LOOP
        self.sink.writes.setdefault(name, set()).add(certainty)
        if assigned:
            self.sink.assigned.add(name)
        if self.in_cell and self.bound is not None:
            self.bound.add(name)

    def load(self, name: str) -> Value:
        """The value of a name, loaded here."""
        frame = self.frame_of(name)
        if frame is None:
            self.read(name)
            immutable = NAMES if name in IMMUTABLE_BUILTINS and name not in self.context.bound else frozenset({name})
            return Value(same=frozenset({name}), immutable=immutable, functions=self.plain_functions(name))
        value = frame.origins.get(name, FRESH)
        if frame.kind is FrameKind.FUNCTION:
            value = replace(value, same=value.same | {frame.root(name)})
            if value.carried and not self.in_cell:
                # A local function is used: what it does may happen when this function is called.
                self.absorb(value.carried)
        return value

    def absorb(self, carried: Carried) -> None:
        """What a function does happens here."""
        if not carried:
            return
        for name in carried.reads:
            self.read(name)
        sink = self.sink
        for name in carried.writes:
            sink.writes.setdefault(name, set()).add(Certainty.MAYBE)
            sink.assigned.add(name)
        for name in carried.mutates:
            sink.mutates[name] = True
        if carried.changes_itself and not self.in_cell:
            sink.changes_itself = True
        sink.cannot_know(carried.opaque)

    # -- changes ------------------------------------------------------------------------------------------------

    def plain_functions(self, name: str) -> tuple[FunctionFacts, ...]:
        """What is known of a name that the notebook binds to functions only."""
        cell = self.sinks[0]
        if name in self.context.assigned or name in cell.assigned:
            return ()
        return tuple(dict.fromkeys((*self.context.functions.get(name, ()), *cell.functions.get(name, ()))))

    def change(self, value: Value, *, deep: bool = True, stored: bool = False) -> None:
        """The object may be changed: itself, or (`deep`) anything inside it; `stored`: by an assignment into it."""
        for root in value.same:
            self._change_root(root, deep=deep, stored=stored)
        for root in value.whole:
            self._change_root(root, deep=True, stored=stored)
        if deep:
            for root in value.holds:
                self._change_root(root, deep=True, stored=stored)

    def _change_root(self, root: str, *, deep: bool, stored: bool) -> None:
        sink = self.sink
        if not root.startswith("^"):
            if self._is_module(root):
                if stored:
                    sink.settings.add(root)  # plt.rcParams["figure.dpi"] = 100
                return
            functions = self.plain_functions(root)
            if not stored and deep and functions and not any(one.carried.changes_itself for one in functions):
                return  # handing a plain function on does not change it
            sink.mutates[root] = sink.mutates.get(root, False) or deep
            return
        frame = next((one for one in self.frames if one.root("") == root.partition(":")[0] + ":"), None)
        name = root.partition(":")[2]
        if frame is None:
            return
        inner = [one for one in self.frames if one.kind is FrameKind.FUNCTION]
        if inner and frame is inner[-1]:
            if name in frame.parameters:
                sink.changes.add(name)
            return
        # A variable of an enclosing function: state that the inner function keeps between its calls.
        sink.changes_itself = True
        if name in frame.parameters:
            for outer in self.sinks[1:]:
                outer.changes.add(name)

    def _is_module(self, name: str) -> bool:
        """Whether only import statements bind the name, and to a module or to something of a known package."""
        cell = self.sinks[0]
        paths = set(self.context.imports.get(name, ())) | ({cell.imports[name]} if name in cell.imports else set())
        if not paths or name in self.context.assigned or name in cell.assigned:
            return False
        if name not in self.context.from_imports and name not in cell.from_imports:
            return True
        return all(called_package(path) in OBSERVING_PACKAGES for path in paths)

    def keep(self, holder: Value, kept: Value) -> None:
        """Afterwards `holder` holds `kept`: an element was stored, an attribute set."""
        wholes = holder.same | holder.whole | holder.holds
        for whole in wholes:
            for part in kept.roots:
                self.share(part, whole)
            if not whole.startswith("^") and kept.carried:
                carried = self.sink.carried
                carried[whole] = carried.get(whole, NOTHING).merged(kept.carried)
        if kept.carried:
            self.sink.escaped = self.sink.escaped.merged(kept.carried)
        for frame in self.frames:
            for whole in wholes:
                if whole.startswith(frame.root("")):
                    name = whole.partition(":")[2]
                    frame.origins[name] = frame.origins.get(name, FRESH).merged(kept.held())

    def share(self, part: str, whole: str) -> None:
        """Two names of the notebook share an object; or one name does with what it was bound to before."""
        if not part.startswith("^") and not whole.startswith("^"):
            self.sink.shares.add((part, whole))

    # -- expressions --------------------------------------------------------------------------------------------

    def value(self, node: ast.AST | None) -> Value:
        """Read an expression; what it evaluates to."""
        if node is None:
            return IMMUTABLE
        method = getattr(self, f"value_{type(node).__name__}", None)
        if method is not None:
            found: Value = method(node)
            return found
        values = [self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return holding(values)

    def value_Constant(self, node: ast.Constant) -> Value:
        return IMMUTABLE

    def value_Name(self, node: ast.Name) -> Value:
        return self.load(node.id)

    def value_Attribute(self, node: ast.Attribute) -> Value:
        value = self.value(node.value)
        if node.attr in IMMUTABLE_ATTRIBUTES:
            return IMMUTABLE
        return value.part()

    def value_Subscript(self, node: ast.Subscript) -> Value:
        value = self.value(node.value)
        self.value(node.slice)
        return FRESH if _selects_a_copy(node) else value.part()

    def value_Slice(self, node: ast.Slice) -> Value:
        for bound in (node.lower, node.upper, node.step):
            self.value(bound)
        return IMMUTABLE

    def value_Starred(self, node: ast.Starred) -> Value:
        return self.value(node.value).part()

    def value_List(self, node: ast.List) -> Value:
        return replace(holding([self.value(element) for element in node.elts]), immutable=None)

    value_Set = value_List

    def value_Tuple(self, node: ast.Tuple) -> Value:
        return holding([self.value(element) for element in node.elts]) if node.elts else IMMUTABLE

    def value_Dict(self, node: ast.Dict) -> Value:
        values = []
        for key, value in zip(node.keys, node.values, strict=True):
            values.append(self.value(key))
            values.append(self.value(value) if key is not None else self.value(value).part())
        return replace(holding(values), immutable=None)

    def value_JoinedStr(self, node: ast.AST) -> Value:
        values = self._interpolated(node)
        return IMMUTABLE if isinstance(node, ast.JoinedStr) else holding(values)

    value_TemplateStr = value_JoinedStr

    def _interpolated(self, node: ast.AST) -> list[Value]:
        values = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _INTERPOLATIONS):
                values.append(self.value(child.value))
                specification = getattr(child, "format_spec", None)
                if specification is not None:
                    self._interpolated(specification)
        return values

    def value_BinOp(self, node: ast.BinOp) -> Value:
        return self._computed([self.value(node.left), self.value(node.right)])

    def value_UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        return IMMUTABLE if isinstance(node.op, ast.Not) else self._computed([value])

    def value_Compare(self, node: ast.Compare) -> Value:
        values = [self.value(node.left)]
        values.extend(self.value(comparator) for comparator in node.comparators)
        if all(isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn) for operator in node.ops):
            return IMMUTABLE
        return self._computed(values)

    def _computed(self, values: list[Value]) -> Value:
        """The result of an operator: a new object, immutable when all operands are."""
        immutable: frozenset[str] | None = NAMES
        for one in values:
            immutable = immutable | one.immutable if immutable is not None and one.immutable is not None else None
        return Value(immutable=immutable)

    def value_BoolOp(self, node: ast.BoolOp) -> Value:
        values = [self.value(node.values[0])]
        with self.perhaps():
            values.extend(self.value(one) for one in node.values[1:])
        return either(values)

    def value_IfExp(self, node: ast.IfExp) -> Value:
        self.value(node.test)
        with self.perhaps():
            body = self.value(node.body)
        with self.perhaps():
            return body.merged(self.value(node.orelse))

    def value_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.bind_name(node.target.id, value, walrus=True)
        return value

    def value_Await(self, node: ast.Await) -> Value:
        value = self.value(node.value)
        self.absorb_now(value)
        return value

    def value_Yield(self, node: ast.Yield) -> Value:
        self._give_back(self.value(node.value))
        return FRESH

    def value_YieldFrom(self, node: ast.YieldFrom) -> Value:
        self._give_back(self.value(node.value).part())
        return FRESH

    def _give_back(self, value: Value) -> None:
        sink = self.sink
        sink.result = value if sink.result is None else sink.result.merged(value)

    def absorb_now(self, value: Value) -> None:
        """A callable or coroutine is handed on: it may run at once."""
        self.absorb(value.carried)

    @contextmanager
    def perhaps(self, certainty: Certainty = Certainty.MAYBE) -> Iterator[None]:
        """What is read inside may not run; names bound inside are not surely bound afterwards."""
        before = None if self.bound is None else set(self.bound)
        self.conditions.append(certainty)
        try:
            yield
        finally:
            self.conditions.pop()
            self.bound = before

    # -- functions inside expressions ----------------------------------------------------------------------------

    def value_Lambda(self, node: ast.Lambda) -> Value:
        return self.function(node.args, [node.body], is_expression=True)

    def function(
        self, arguments: ast.arguments, body: list[ast.AST], *, is_expression: bool, lazy: bool = False
    ) -> Value:
        """Read a function's defaults now, and its body as something that happens later."""
        defaults = [self.value(one) for one in (*arguments.defaults, *arguments.kw_defaults) if one is not None]
        plain, parameters = parameter_names(arguments)
        names, global_names = local_names(body)
        frame = Frame(FrameKind.FUNCTION, self.frames_made, names | parameters, global_names, parameters)
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

    def run(self, body: list[ast.AST]) -> None:
        """Read statements. `StatementReader` knows how."""
        raise NotImplementedError

    @contextmanager
    def later(self, frame: Frame) -> Iterator[Sink]:
        """What is read inside runs when a function is called, in a scope of its own."""
        outside = (self.bound, self.conditions, self.bare)
        self.bound, self.conditions, self.bare = set(), [], False
        self.frames.append(frame)
        self.sinks.append(Sink())
        try:
            yield self.sinks[-1]
        finally:
            self.sinks.pop()
            self.frames.pop()
            self.bound, self.conditions, self.bare = outside

    def _facts_of(self, sink: Sink, frame: Frame, plain: tuple[str, ...], *, lazy: bool) -> FunctionFacts:
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
        frame = Frame(FrameKind.FUNCTION, self.frames_made)
        self.frames_made += 1
        with self.later(frame) as sink:
            value = self._comprehension(node, [node.elt], first=first)
        for name, certainties in sink.writes.items():
            if self.in_cell:  # a walrus inside binds here, when the generator runs
                self.sink.writes.setdefault(name, set()).update({Certainty.MAYBE} | certainties)
                self.sink.assigned.add(name)
        return Value(holds=value.holds | first.roots, carried=sink.as_carried().merged(value.carried), iterator=True)

    def _comprehension(self, node: ComprehensionNode, elements: list[ast.expr], first: Value | None = None) -> Value:
        frame = Frame(FrameKind.COMPREHENSION, self.frames_made)
        self.frames_made += 1
        before = None if self.bound is None else set(self.bound)
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

    def element_of(self, iterable: ast.AST, iterated: Value) -> Value:
        """What a loop over it binds; numbers of a `range`, characters of a string are immutable."""
        match iterable:
            case ast.Call(func=ast.Name(id="range")) if "range" not in self.context.bound:
                return IMMUTABLE
            case ast.Constant():
                return IMMUTABLE
            case ast.List() | ast.Tuple() | ast.Set() if iterable.elts and all(
                isinstance(one, ast.Constant) for one in iterable.elts
            ):
                return IMMUTABLE
        return replace(iterated.part(), immutable=None)

    # -- binding -------------------------------------------------------------------------------------------------

    def bind(self, target: ast.AST, value: Value, source: ast.AST | None = None) -> None:
        """Assign to a target."""
        match target:
            case ast.Name():
                self.bind_name(target.id, value)
            case ast.Starred():
                self.bind(target.value, value.held())
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, source)
            case ast.Subscript():
                holder = self.value(target.value)
                self.value(target.slice)
                is_column = isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str)
                self.change(holder, deep=not is_column, stored=True)
                self.keep(holder, value)
            case ast.Attribute():
                holder = self.value(target.value)
                self.change(holder, deep=False, stored=True)
                self.keep(holder, value)

    def _unpack(self, targets: list[ast.expr], value: Value, source: ast.AST | None) -> None:
        starred = any(isinstance(one, ast.Starred) for one in targets)
        if isinstance(source, ast.Tuple | ast.List) and len(source.elts) == len(targets) and not starred:
            # Element by element. The right side was read already; reading it again finds the same.
            values = [self.value(one) for one in source.elts]
            for target, one, node in zip(targets, values, source.elts, strict=True):
                self.bind(target, one, node)
            return
        for target in targets:
            self.bind(target, value.part())

    def bind_name(self, name: str, value: Value, *, walrus: bool = False) -> None:
        """Bind one name to a value."""
        frame = self._binding_frame(name, walrus=walrus)
        if frame is not None:
            frame.origins[name] = frame.origins[name].merged(value) if name in frame.origins else value
            if frame.kind is FrameKind.FUNCTION and not self.in_cell:
                functions = [one for one in self.frames if one.kind is FrameKind.FUNCTION]
                if frame is not functions[-1]:
                    self.sink.changes_itself = True  # nonlocal: state of the enclosing call
            return
        sink = self.sink
        is_function = bool(value.functions) and not value.whole
        if self.in_cell:
            self.write(name, assigned=not is_function)
        else:
            self.write(name)
        for root in value.same:
            self.share(name, root)
            self.share(root, name)
        for root in value.whole:
            self.share(name, root)
            if not root.startswith("^"):
                sink.taken.add((name, root))
        for root in value.holds:
            self.share(root, name)
        if value.carried:
            sink.carried[name] = sink.carried.get(name, NOTHING).merged(value.carried)
        for facts in value.functions:
            if facts not in sink.functions.setdefault(name, []):
                sink.functions[name].append(facts)
        if name in sink.immutable:
            known = sink.immutable[name]
            sink.immutable[name] = (
                known | value.immutable if known is not None and value.immutable is not None else None
            )
        else:
            sink.immutable[name] = value.immutable
        if value.iterator:
            sink.iterators.add(name)

    def _binding_frame(self, name: str, *, walrus: bool) -> Frame | None:
        for frame in reversed(self.frames):
            if frame.kind is FrameKind.CELL or name in frame.globals:
                return None
            if frame.kind is FrameKind.COMPREHENSION and walrus:
                continue
            if frame.kind is FrameKind.CLASS and frame is not self.frames[-1]:
                continue
            if name in frame.names:
                return frame
        return None


def _selects_a_copy(node: ast.Subscript) -> bool:
    """`df[["a", "b"]]`, `df[df.x > 1]`: only arrays and frames take these, and give a copy of what they select."""
    if isinstance(node.slice, ast.List):
        return True
    if not isinstance(node.slice, ast.Compare | ast.BinOp | ast.UnaryOp):
        return False
    held = {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}
    masked = {
        one.value.id
        for one in ast.walk(node.slice)
        if isinstance(one, ast.Attribute | ast.Subscript) and isinstance(one.value, ast.Name)
    }
    return bool(held & masked)
