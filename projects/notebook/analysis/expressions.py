"""Reading expressions: what is loaded, what may be changed, and what the result may share."""

from __future__ import annotations

import ast
from dataclasses import replace

from projects.notebook.analysis.bindings import NameReader
from projects.notebook.analysis.facts import (
    FRESH,
    IMMUTABLE,
    NAMES,
    Value,
    either,
    holding,
)
from projects.notebook.analysis.known_callables import (
    IMMUTABLE_ATTRIBUTES,
)

_TEMPLATE_STRINGS = tuple(getattr(ast, name) for name in ("TemplateStr",) if hasattr(ast, name))
_INTERPOLATIONS = (ast.FormattedValue, *(getattr(ast, name) for name in ("Interpolation",) if hasattr(ast, name)))


class ExpressionReader(NameReader):
    """Reads expressions in the order in which Python evaluates them; `FunctionReader` adds what has a scope
    of its own, `CallReader` the calls."""

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
