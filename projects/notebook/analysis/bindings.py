"""Names: where one is looked up, what a cell reads, binds and changes by it, and what shares its object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from projects.notebook.analysis.budget import MOST_SHARES, AnalysisTooLarge
from projects.notebook.analysis.facts import (
    FRESH,
    NAMES,
    NOTHING,
    Carried,
    Certainty,
    Context,
    FunctionFacts,
    Sink,
    Value,
)
from projects.notebook.analysis.frames import (
    NameFrame,
    NameFrameKind,
)
from projects.notebook.analysis.known_callables import (
    IMMUTABLE_BUILTINS,
    OBSERVING_PACKAGES,
    called_package,
)


class NameReader:
    """Keeps the scopes and what was found; the readers of expressions and statements are built on it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.frames: list[NameFrame] = [NameFrame(NameFrameKind.CELL, 0)]
        self.frames_made = 1
        self.sinks: list[Sink] = [Sink()]
        self.places: dict[str, int] = {}  # name -> its bit in sets of bound names
        self.bound: int | None = 0  # the set of names surely bound by now; None: this point is not reached
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

    def frame_of(self, name: str) -> NameFrame | None:
        """The scope that a name belongs to here; None for a name of the notebook."""
        innermost = self.frames[-1]
        for frame in reversed(self.frames):
            if frame.kind is NameFrameKind.CELL or name in frame.globals:
                return None
            if frame.kind is NameFrameKind.CLASS and frame is not innermost:
                continue
            if name in frame.names:
                if frame.kind is NameFrameKind.CLASS and name not in frame.origins:
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
        sink.uses[name] = sink.uses.get(name, -1) & self.bound
        if not self.bound & self.bit(name):
            sink.reads.add(name)

    def bit(self, name: str) -> int:
        """The set of this name alone."""
        return 1 << self.places.setdefault(name, len(self.places))

    def write(self, name: str, *, assigned: bool = True) -> None:
        """Note that the notebook's name is bound."""
        certainty = Certainty.CERTAIN
        if self.conditions:
            certainty = Certainty.MAYBE if Certainty.MAYBE in self.conditions else Certainty.LOOP
        self.sink.writes.setdefault(name, set()).add(certainty)
        if assigned:
            self.sink.assigned.add(name)
        if self.in_cell and self.bound is not None:
            self.bound |= self.bit(name)

    def load(self, name: str) -> Value:
        """The value of a name, loaded here."""
        frame = self.frame_of(name)
        if frame is None:
            self.read(name)
            immutable = NAMES if name in IMMUTABLE_BUILTINS and name not in self.context.bound else frozenset({name})
            return Value(same=frozenset({name}), immutable=immutable, functions=self.plain_functions(name))
        value = frame.origins.get(name, FRESH)
        if frame.kind is NameFrameKind.FUNCTION:
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
        inner = [one for one in self.frames if one.kind is NameFrameKind.FUNCTION]
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
        """Two names of the notebook share an object; or one name does with what it was bound to before.

        Raises TooMuch.
        """
        if not part.startswith("^") and not whole.startswith("^"):
            shares = self.sink.shares
            shares.add((part, whole))
            if len(shares) > MOST_SHARES:
                raise AnalysisTooLarge

    def bind_name(self, name: str, value: Value, *, walrus: bool = False) -> None:
        """Bind one name to a value."""
        frame = self._binding_frame(name, walrus=walrus)
        if frame is not None:
            frame.origins[name] = frame.origins[name].merged(value) if name in frame.origins else value
            if frame.kind is NameFrameKind.FUNCTION and not self.in_cell:
                functions = [one for one in self.frames if one.kind is NameFrameKind.FUNCTION]
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

    def _binding_frame(self, name: str, *, walrus: bool) -> NameFrame | None:
        for frame in reversed(self.frames):
            if frame.kind is NameFrameKind.CELL or name in frame.globals:
                return None
            if frame.kind is NameFrameKind.COMPREHENSION and walrus:
                continue
            if frame.kind is NameFrameKind.CLASS and frame is not self.frames[-1]:
                continue
            if name in frame.names:
                return frame
        return None

    def absorb_now(self, value: Value) -> None:
        """A callable or coroutine is handed on: it may run at once."""
        self.absorb(value.carried)

    @contextmanager
    def perhaps(self, certainty: Certainty = Certainty.MAYBE) -> Iterator[None]:
        """What is read inside may not run; names bound inside are not surely bound afterwards."""
        before = self.bound
        self.conditions.append(certainty)
        try:
            yield
        finally:
            self.conditions.pop()
            self.bound = before
