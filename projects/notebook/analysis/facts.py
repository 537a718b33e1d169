"""The values in which the reading of a text is expressed.

Names of the notebook are plain strings. Inside a function, its own variables appear as roots `^<frame>:<name>`, which
no identifier can be; they never leave the function's reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

NAMES: frozenset[str] = frozenset()


class Opacity(StrEnum):
    """How much of a cell cannot be known from its text."""

    OUTSIDE = "outside"  # may read every name and change the world outside (shell, files)
    ANYTHING = "anything"  # may read and change every name


@dataclass(frozen=True, slots=True)
class Opaque:
    """Why a text cannot be analysed: `reason` is a phrase that follows "because it uses"."""

    opacity: Opacity
    reason: str

    def merged(self, other: Opaque | None) -> Opaque:
        """The worse of both."""
        if other is None or self.opacity is Opacity.ANYTHING:
            return self
        return other if other.opacity is Opacity.ANYTHING else self


@dataclass(frozen=True, slots=True)
class Carried:
    """What happens later, when a function, class or generator is used: it belongs to the name that carries it."""

    reads: frozenset[str] = NAMES
    writes: frozenset[str] = NAMES
    mutates: frozenset[str] = NAMES
    changes_itself: bool = False
    opaque: Opaque | None = None

    def __bool__(self) -> bool:
        return bool(self.reads or self.writes or self.mutates or self.changes_itself or self.opaque)

    def merged(self, other: Carried) -> Carried:
        """Both may happen."""
        if not other or self is other:
            return self
        if not self:
            return other
        return Carried(
            self.reads | other.reads,
            self.writes | other.writes,
            self.mutates | other.mutates,
            self.changes_itself or other.changes_itself,
            self.opaque.merged(other.opaque) if self.opaque else other.opaque,
        )


NOTHING = Carried()


def all_of(several: Iterable[Carried]) -> Carried:
    """All may happen. Merged at once, because one after the other makes a set for each."""
    found = [one for one in several if one]
    if len(found) < 2:
        return found[0] if found else NOTHING
    opaque: Opaque | None = None
    for one in found:
        opaque = opaque.merged(one.opaque) if opaque else one.opaque
    return Carried(
        NAMES.union(*(one.reads for one in found)),
        NAMES.union(*(one.writes for one in found)),
        NAMES.union(*(one.mutates for one in found)),
        any(one.changes_itself for one in found),
        opaque,
    )


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """What a function does when it is called."""

    parameters: tuple[str, ...] = ()  # positional order, then keyword-only, without stars
    carried: Carried = NOTHING
    changes: frozenset[str] = NAMES  # parameters whose argument it may change; "*" for the starred ones
    returns: frozenset[str] = NAMES  # parameters that its result may be, hold, or be part of
    returned_names: frozenset[str] = NAMES  # names of the notebook that its result may be, hold, or be part of
    inner: Carried = NOTHING  # carried by its result
    lazy: bool = False  # a generator or coroutine: the body runs when the result is consumed
    immutable: bool = False  # the result is surely immutable

    def parameter_at(self, position: int | str, *, bound: bool) -> str:
        """The parameter that takes an argument; `bound` skips the first (`self`)."""
        if isinstance(position, str):
            return position if position in self.parameters else "*"
        index = position + (1 if bound else 0)
        return self.parameters[index] if index < len(self.parameters) else "*"


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """What using a class, or an instance of it, does."""

    methods: tuple[tuple[str, FunctionFacts], ...] = ()
    carried: Carried = NOTHING
    keeps_state: bool = False  # mutable attributes of the class itself are shared by its instances

    def method(self, name: str) -> FunctionFacts | None:
        """The method of that name that this class itself defines."""
        return dict(self.methods).get(name)


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression may evaluate to, as far as names are concerned."""

    same: frozenset[str] = NAMES  # it may be the very object of these names
    whole: frozenset[str] = NAMES  # it may be part of the objects of these names
    holds: frozenset[str] = NAMES  # it may hold the objects of these names
    immutable: frozenset[str] | None = None  # surely immutable if all these names are; None: not known to be
    carried: Carried = NOTHING
    functions: tuple[FunctionFacts, ...] = ()
    iterator: bool = False

    @property
    def roots(self) -> frozenset[str]:
        """Every name that shares an object with it."""
        return self.same | self.whole | self.holds

    def merged(self, other: Value) -> Value:
        """One or the other."""
        immutable = (
            self.immutable | other.immutable if self.immutable is not None and other.immutable is not None else None
        )
        return Value(
            self.same | other.same,
            self.whole | other.whole,
            self.holds | other.holds,
            immutable,
            self.carried.merged(other.carried),
            self.functions + tuple(one for one in other.functions if one not in self.functions),
            self.iterator or other.iterator,
        )

    def part(self) -> Value:
        """Something inside it: an element, an attribute."""
        return Value(self.holds, self.same | self.whole, self.holds, None, self.carried, self.functions)

    def held(self) -> Value:
        """Something that holds it."""
        return Value(NAMES, NAMES, self.roots, self.immutable, self.carried)


FRESH = Value()
IMMUTABLE = Value(immutable=NAMES)


def either(values: Iterable[Value]) -> Value:
    """One of the values; FRESH when there are none."""
    found = list(values)
    if len(found) < 2:
        return found[0] if found else FRESH
    return Value(
        NAMES.union(*(one.same for one in found)),
        NAMES.union(*(one.whole for one in found)),
        NAMES.union(*(one.holds for one in found)),
        _immutable(found),
        all_of(one.carried for one in found),
        tuple(dict.fromkeys(facts for one in found for facts in one.functions)),
        any(one.iterator for one in found),
    )


def holding(values: Iterable[Value]) -> Value:
    """A new container of the values."""
    found = list(values)
    if not found:
        return FRESH
    holds = NAMES.union(*(part for one in found for part in (one.same, one.whole, one.holds)))
    return Value(NAMES, NAMES, holds, _immutable(found), all_of(one.carried for one in found))


def _immutable(values: Iterable[Value]) -> frozenset[str] | None:
    found: set[str] = set()
    for one in values:
        if one.immutable is None:
            return None
        found |= one.immutable
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Uses(Mapping[str, frozenset[str]]):
    """Every name loaded, with the names surely bound at each use of it.

    A long cell has many of both, so a set is a number: the bit at `places[name]` says that the name is in it.
    """

    places: Mapping[str, int] = field(default_factory=dict)
    sets: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> frozenset[str]:
        bits = self.sets[name]
        return frozenset(one for one, place in self.places.items() if bits >> place & 1)

    def __iter__(self) -> Iterator[str]:
        return iter(self.sets)

    def __len__(self) -> int:
        return len(self.sets)

    def holds(self, bits: int, name: str) -> bool:
        """Whether the name is in the set."""
        place = self.places.get(name)
        return place is not None and bool(bits >> place & 1)


class Certainty(StrEnum):
    """How surely a write happens when its cell runs to the end."""

    CERTAIN = "certain"
    MAYBE = "maybe"
    LOOP = "loop"  # in the body of a loop: it happens unless the loop runs zero times


@dataclass(slots=True)
class Sink:
    """What the reading of one run of code (a cell, or a function's body) has found so far."""

    reads: set[str] = field(default_factory=set)
    uses: dict[str, int] = field(default_factory=dict)  # name -> names surely bound at every use of it (see Uses)
    writes: dict[str, set[Certainty]] = field(default_factory=dict)
    deletes: set[str] = field(default_factory=set)
    mutates: dict[str, bool] = field(default_factory=dict)  # name -> whether deep inside
    shares: set[tuple[str, str]] = field(default_factory=set)  # (part, whole)
    taken: set[tuple[str, str]] = field(default_factory=set)  # of these, where the part was taken out of the whole
    carried: dict[str, Carried] = field(default_factory=dict)
    immutable: dict[str, frozenset[str] | None] = field(default_factory=dict)
    iterators: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    from_imports: set[str] = field(default_factory=set)  # bound by `from m import x`: perhaps no module
    assigned: set[str] = field(default_factory=set)  # written otherwise than by import, def or class
    fleeting: set[str] = field(default_factory=set)  # bound by `except … as`, gone after it
    settings: set[str] = field(default_factory=set)  # modules whose own state is changed
    templates: set[str] = field(default_factory=set)  # identifiers in strings that a library may look up in the frame
    functions: dict[str, list[FunctionFacts]] = field(default_factory=dict)
    classes: dict[str, list[ClassFacts]] = field(default_factory=dict)
    opaque: Opaque | None = None
    # only for functions
    changes: set[str] = field(default_factory=set)
    changes_itself: bool = False
    result: Value | None = None
    escaped: Carried = NOTHING
    lazy: bool = False

    def cannot_know(self, opaque: Opaque | None) -> None:
        """Note something that the text does not tell."""
        if opaque is not None:
            self.opaque = opaque.merged(self.opaque)

    def as_carried(self) -> Carried:
        """What this run of code does, for whoever carries it."""
        return Carried(
            frozenset(self.reads),
            frozenset(self.writes) | self.deletes,
            frozenset(self.mutates),
            self.changes_itself,
            self.opaque,
        )


@dataclass(frozen=True)
class Context:
    """What the other cells of the notebook say about a name, wherever in the notebook they stand."""

    imports: dict[str, frozenset[str]] = field(default_factory=dict)  # names bound by import statements only
    from_imports: frozenset[str] = NAMES
    functions: dict[str, tuple[FunctionFacts, ...]] = field(default_factory=dict)
    classes: dict[str, tuple[ClassFacts, ...]] = field(default_factory=dict)
    assigned: frozenset[str] = NAMES  # names bound otherwise too
    bound: frozenset[str] = NAMES  # every name that some cell binds

    def methods(self, name: str) -> tuple[FunctionFacts, ...]:
        """The methods of that name of all classes of the notebook."""
        return self._methods.get(name, ())

    @cached_property
    def _methods(self) -> dict[str, tuple[FunctionFacts, ...]]:
        found: dict[str, tuple[FunctionFacts, ...]] = {}
        for classes in self.classes.values():
            for one in classes:
                for name, facts in dict(one.methods).items():
                    found[name] = (*found.get(name, ()), facts)
        return found


EMPTY_CONTEXT = Context()
