"""Reading calls: what they may change, and what their result may share.

The rule (specs/sessions): a bare expression statement that calls a method on a name, or passes it to a call, may
change it. Beyond it: a method that is not known to observe may change its receiver anywhere; a function that the
notebook defines changes what its body changes; a function of a library leaves its arguments alone where its result is
used, unless `manners` says otherwise. What remains is observed at run time.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from projects.notebook.analysis import known_callables
from projects.notebook.analysis.facts import (
    FRESH,
    IMMUTABLE,
    NAMES,
    NOTHING,
    Carried,
    ClassFacts,
    FunctionFacts,
    Opacity,
    Opaque,
    Value,
    either,
    holding,
)
from projects.notebook.analysis.functions import FunctionReader
from projects.notebook.analysis.magics import MARKER, TIMED, MagicEffect

_AT_NAME = re.compile(r"@([A-Za-z_]\w*)")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, where it goes, and what it may be."""

    place: int | str  # position, keyword, or "*" for what is unpacked
    node: ast.expr
    value: Value


class CallReader(FunctionReader):
    """Adds calls to the reading of expressions."""

    def value_Call(self, node: ast.Call) -> Value:
        """Evaluate the callee and the arguments in order, then say what the call does."""
        if isinstance(node.func, ast.Name) and node.func.id == MARKER:
            return self._ipython(node)
        if isinstance(node.func, ast.Name) and node.func.id == TIMED:
            self.absorb(self.sink.carried.get(TIMED, NOTHING))
            return FRESH
        callee = node.func
        receiver = self.value(callee.value) if isinstance(callee, ast.Attribute) else None
        called = FRESH if receiver is not None else self.value(callee)
        arguments = self._arguments(node)
        for argument in arguments:
            self.absorb_now(argument.value)
        if isinstance(callee, ast.Attribute) and receiver is not None:
            return self._method(callee, receiver, arguments)
        if isinstance(callee, ast.Name):
            return self._named(callee.id, called, arguments)
        return self._object(called, arguments)

    def _arguments(self, node: ast.Call) -> list[Argument]:
        found = []
        starred = False
        for position, argument in enumerate(node.args):
            starred = starred or isinstance(argument, ast.Starred)
            found.append(Argument("*" if starred else position, argument, self.value(argument)))
        for keyword in node.keywords:
            value = self.value(keyword.value)
            found.append(Argument(keyword.arg or "*", keyword.value, value if keyword.arg else value.part()))
        return found

    # -- by a name ----------------------------------------------------------------------------------------------

    def _named(self, name: str, called: Value, arguments: list[Argument]) -> Value:
        if self.frame_of(name) is not None:
            return self._object(called, arguments)
        functions, classes, path = self._meanings(name)
        known = bool(functions or classes or path)
        if (
            name in known_callables.BUILTINS
            and not known
            and name not in self.context.bound
            and name not in self._bound_here()
        ):
            return self._builtin(name, arguments)
        results = [self._function(one, arguments, name=name) for one in functions]
        results.extend(self._instance(one, name, arguments) for one in classes)
        if path:
            results.append(self._library(path, arguments))
        if name in self.context.assigned or name in self._assigned_here() or not known:
            results.append(self._object(called, arguments))
        return either(results)

    def _bound_here(self) -> set[str]:
        return set(self.sinks[0].writes)

    def _assigned_here(self) -> set[str]:
        cell = self.sinks[0]
        return cell.assigned - set(cell.functions) - set(cell.classes)

    def _meanings(self, name: str) -> tuple[tuple[FunctionFacts, ...], tuple[ClassFacts, ...], str | None]:
        cell = self.sinks[0]
        functions = dict.fromkeys((*self.context.functions.get(name, ()), *cell.functions.get(name, ())))
        classes = dict.fromkeys((*self.context.classes.get(name, ()), *cell.classes.get(name, ())))
        paths = set(self.context.imports.get(name, ())) | ({cell.imports[name]} if name in cell.imports else set())
        return tuple(functions), tuple(classes), min(paths) if paths else None

    def _builtin(self, name: str, arguments: list[Argument]) -> Value:
        if name in known_callables.NAMESPACE_BUILTINS:
            self.sink.cannot_know(Opaque(Opacity.ANYTHING, f"{name}()"))
            return FRESH
        if name in known_callables.BARE_NAMESPACE_BUILTINS and not arguments:
            if self.in_cell:
                self.sink.cannot_know(Opaque(Opacity.ANYTHING, f"{name}()"))
            return FRESH
        if name in known_callables.CHANGING_BUILTINS and arguments:
            changed = arguments[min(known_callables.CHANGING_BUILTINS[name], len(arguments) - 1)].value
            self.change(changed, deep=False)
            if name == "setattr":
                for argument in arguments[2:]:
                    self.keep(changed, argument.value)
        if name in known_callables.IMMUTABLE_BUILTINS:
            return IMMUTABLE
        if name in known_callables.HOLDING_BUILTINS:
            value = holding([replace(one.value, functions=()) for one in arguments if one.place != "key"])
            if name in ("getattr", "next", "max", "min"):
                kept = arguments if name in ("max", "min") else arguments[1:]
                value = either(
                    [*(one.value.part() for one in arguments), *(one.value for one in kept if one.place != "key")]
                )
            return replace(value, immutable=None, iterator=name in known_callables.ITERATOR_BUILTINS)
        if name in known_callables.ITERATOR_BUILTINS:
            return Value(iterator=True)
        return FRESH

    def _function(
        self, facts: FunctionFacts, arguments: list[Argument], *, name: str | None = None, bound: bool = False
    ) -> Value:
        """A call of a function whose body the notebook holds."""
        carried, returned = facts.inner, [FRESH]
        if facts.lazy:
            carried = carried.merged(facts.carried)
        for argument in arguments:
            parameter = facts.parameter_at(argument.place, bound=bound) if argument.place != "*" else None
            touched = facts.changes if parameter is None else facts.changes & {parameter}
            if touched:
                self.change(argument.value)
            if facts.lazy or (facts.returns if parameter is None else parameter in facts.returns):
                returned.append(replace(argument.value, functions=()))
                returned.append(argument.value.held())
                returned.append(argument.value.part())
        if facts.returned_names:
            returned.append(Value(facts.returned_names, facts.returned_names, facts.returned_names))
        if facts.carried.changes_itself and name is not None:
            self.change(Value(same=frozenset({name})), deep=False)
        value = either(returned)
        return replace(
            value,
            immutable=NAMES if facts.immutable else None,
            carried=value.carried.merged(carried),
            iterator=facts.lazy,
        )

    def _instance(self, facts: ClassFacts, name: str, arguments: list[Argument]) -> Value:
        initialiser = facts.method("__init__") or facts.method("__new__") or facts.method("__post_init__")
        if initialiser is not None:
            self._function(initialiser, arguments, bound=True)
        elif self.bare:
            for argument in arguments:
                self.change(argument.value)
        held = holding([one.value for one in arguments])
        shared = frozenset({name}) if facts.keeps_state else NAMES
        # Methods and attributes are looked up in the class whenever the instance is used.
        carried = facts.carried.merged(held.carried).merged(Carried(reads=frozenset({name})))
        return Value(holds=held.holds | shared, carried=carried)

    def _library(self, path: str, arguments: list[Argument]) -> Value:
        """A call of something imported, by its dotted path."""
        last = path.rpartition(".")[2]
        self._strings_read_in_frame(last, arguments)
        observing = known_callables.called_package(path) in known_callables.OBSERVING_PACKAGES
        if (
            path in known_callables.CHANGING_FUNCTIONS
            or f"{known_callables.called_package(path)}.{last}" in known_callables.CHANGING_FUNCTIONS
        ):
            position = known_callables.CHANGING_FUNCTIONS.get(path, 0)
            for argument in arguments[position : position + 1]:
                self.change(argument.value)
                for other in arguments:
                    if other is not argument:
                        self.keep(argument.value, other.value)
        elif self.bare and not observing:
            for argument in arguments:
                self.change(argument.value)
        for argument in arguments:
            if argument.place == "out":
                self.change(argument.value)
        if path in known_callables.IMMUTABLE_FUNCTIONS:
            return IMMUTABLE
        if path in known_callables.HOLDING_FUNCTIONS or (last[:1].isupper() and not observing):
            value = replace(holding([one.value for one in arguments]), immutable=None)
            return replace(value, iterator=known_callables.called_package(path) in known_callables.ITERATOR_PACKAGES)
        if last[:1].isupper() or last in ("vectorize", "jit", "njit", "delayed", "make_pipeline"):
            carried = holding([one.value for one in arguments]).carried
            functions = [name for one in arguments for name in one.value.same if self._meanings(name)[0]]
            return Value(holds=frozenset(functions), carried=carried)
        return Value(iterator=known_callables.called_package(path) in known_callables.ITERATOR_PACKAGES)

    # -- by an attribute ----------------------------------------------------------------------------------------

    def _method(self, callee: ast.Attribute, receiver: Value, arguments: list[Argument]) -> Value:
        method = callee.attr
        path = self._import_path(callee)
        if path is not None and self._is_module_function(callee, path):
            return self._module_function(callee, path, arguments)
        self._strings_read_in_frame(method, arguments)
        defined = self._methods(method)
        accessor = callee.value.attr if isinstance(callee.value, ast.Attribute) else None
        in_place = any(one.place in ("inplace", "out") and not _is_false(one.node) for one in arguments)
        results = [self._defined_method(one, receiver, arguments) for one in defined]
        if in_place:
            self.change(receiver)
            for argument in arguments:
                if argument.place == "out":
                    self.change(argument.value)
        elif method in known_callables.OBSERVING_METHODS or accessor in known_callables.OBSERVING_ACCESSORS:
            pass
        elif method in known_callables.KEEPING_METHODS:
            self.change(receiver, deep=bool(defined) or bool(receiver.carried))
            for argument in arguments:
                self.keep(
                    receiver,
                    argument.value if method not in ("extend", "update", "extendleft") else argument.value.part(),
                )
        elif method in known_callables.CHANGING_METHODS:
            self.change(receiver)
        elif not defined:
            self.change(receiver)
            if self.bare:
                for argument in arguments:
                    self.change(argument.value)
        if receiver.carried:
            self.absorb(receiver.carried)
        results.append(self._method_result(method, receiver, arguments))
        return either(results)

    def _methods(self, name: str) -> tuple[FunctionFacts, ...]:
        own = (one.method(name) for classes in self.sinks[0].classes.values() for one in classes)
        return tuple(dict.fromkeys((*self.context.methods(name), *(one for one in own if one is not None))))

    def _defined_method(self, facts: FunctionFacts, receiver: Value, arguments: list[Argument]) -> Value:
        """A method of that name that a class of the notebook defines."""
        itself = facts.parameters[:1]
        if set(itself) & facts.changes:
            self.change(receiver)
            for argument in arguments:
                self.keep(receiver, argument.value)
        value = self._function(facts, arguments, bound=True)
        if set(itself) & facts.returns:
            value = value.merged(receiver).merged(receiver.part()).merged(receiver.held())
        return replace(value, immutable=NAMES if facts.immutable else None)

    def _method_result(self, method: str, receiver: Value, arguments: list[Argument]) -> Value:
        if method in known_callables.GETTING_METHODS:
            value = receiver.part().merged(replace(receiver.held(), immutable=None))
            return either([value, *(one.value for one in arguments if method in ("get", "pop", "setdefault"))])
        if method in ("format", "join", "strftime", "isoformat", "upper", "lower", "strip", "title", "capitalize"):
            return IMMUTABLE
        functions = [name for one in arguments for name in one.value.same if self._meanings(name)[0]]
        if method in ("submit", "delayed", "register", "partial"):
            return Value(holds=frozenset(functions))
        return FRESH

    def _import_path(self, callee: ast.Attribute) -> str | None:
        """The dotted path of `np.random.seed` when its root is a name that only imports bind."""
        parts: list[str] = []
        node: ast.expr = callee
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or self.frame_of(node.id) is not None:
            return None
        _, _, path = self._meanings(node.id)
        if path is None or node.id in self.context.assigned or node.id in self._assigned_here():
            return None
        return ".".join([path, *reversed(parts)])

    def _is_module_function(self, callee: ast.Attribute, path: str) -> bool:
        """`import m` surely gives a module; `from m import x` may give any object, but for known packages."""
        if known_callables.called_package(path) in known_callables.OBSERVING_PACKAGES:
            return True
        root = next(one for one in ast.walk(callee) if isinstance(one, ast.Name))
        _, _, imported = self._meanings(root.id)
        return (
            imported is not None
            and root.id not in self.sinks[0].from_imports
            and root.id not in self.context.from_imports
        )

    def _module_function(self, callee: ast.Attribute, path: str, arguments: list[Argument]) -> Value:
        root = next(one.id for one in ast.walk(callee) if isinstance(one, ast.Name))
        if callee.attr in known_callables.SETTING_FUNCTIONS:
            self.sink.settings.add(root)
        elif (
            self.bare
            and callee.attr in known_callables.KEEPING_METHODS | known_callables.CHANGING_METHODS
            and "." in path.partition(".")[2]
            and path.rpartition(".")[0] not in known_callables.DRAWING_MODULES
        ):
            self.sink.settings.add(root)  # sys.path.append, os.environ.update
        return self._library(path, arguments)

    # -- by anything else ---------------------------------------------------------------------------------------

    def _object(self, called: Value, arguments: list[Argument]) -> Value:
        """A call of an object that is not known to be a plain function."""
        self.absorb(called.carried)
        if called.functions:
            return either([self._function(one, arguments) for one in called.functions])
        self.change(called)
        if self.bare:
            for argument in arguments:
                self.change(argument.value)
        local = frozenset(root for root in called.same if root.startswith("^"))
        if local and not self.in_cell:
            # A parameter or local variable is called: what it does with its arguments is not known here.
            return replace(holding([one.value for one in arguments]), immutable=None)
        return Value(carried=called.carried)

    def _ipython(self, node: ast.Call) -> Value:
        texts = [str(one.value) for one in node.args if isinstance(one, ast.Constant)]
        effect = MagicEffect(texts[0])
        if effect in (MagicEffect.OUTSIDE, MagicEffect.ANYTHING):
            opacity = Opacity.OUTSIDE if effect is MagicEffect.OUTSIDE else Opacity.ANYTHING
            self.sink.cannot_know(Opaque(opacity, str(texts[1])))
        return FRESH

    def _strings_read_in_frame(self, method: str, arguments: list[Argument]) -> None:
        """`df.query("x > @n")`, `duckdb.sql("select * from df")`, `ols("y ~ f(x)")` look names up in the caller."""
        at, plain = method in known_callables.FRAME_READERS_AT, method in known_callables.FRAME_READERS_PLAIN
        if not at and not plain:
            return
        for argument in arguments:
            texts = [
                one.value
                for one in ast.walk(argument.node)
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            literal = isinstance(argument.node, ast.Constant | ast.JoinedStr)
            for text in texts:
                self._note_templates(_AT_NAME.findall(text))
                if plain or re.search(r"\b(from|join)\b", text, re.IGNORECASE):
                    self._note_templates(_IDENTIFIER.findall(text))
            if not literal and isinstance(argument.node, ast.Name):
                self.sink.templates.add("@" + ("*" if plain else ""))

    def _note_templates(self, names: list[str]) -> None:
        for name in names:
            if self.frame_of(name) is None:
                self.sink.templates.add(name)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is False or node.value is None)
