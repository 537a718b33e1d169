"""How names flow through the cells of a notebook from top to bottom: one `Flow` per cell.

`names` says what each cell's text does on its own. Here the cells are put in order: what a function reads belongs to
the cells that use it, a change through one name reaches every name that shares the object, and what was learned at run
time (`Facts`) is added. Nothing is taken away by what was learned: it only makes the next prediction wider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from projects.notebook.analysis.budget import MOST_PAIRS, MOST_READS, MOST_STEPS, AnalysisBudget
from projects.notebook.analysis.facts import NAMES, NOTHING, Carried, Opacity
from projects.notebook.analysis.names import CellNames
from projects.notebook.reactivity.kinds_of_names import bound_names, immutable_names, imported_names
from projects.notebook.reactivity.used import Used

EVERYTHING = "*"  # stands for whatever an opaque cell did outside the notebook's names


class CellEffect(StrEnum):
    """What running a cell does to a name."""

    BINDS = "binds"  # surely binds or deletes it: the old value plays no part
    CHANGES = "changes"  # may change the object in place: the old value is part of the new one
    MAYBE = "maybe"  # may bind it, or leave the old value
    LOOP = "loop"  # binds it unless a loop runs zero times, and no other cell reads it before it is bound again
    SETS = "sets"  # changes a module's own settings


@dataclass(frozen=True, slots=True)
class Facts:
    """What running a cell has shown beyond its text. `aliases` are groups of names that share mutable objects."""

    aliases: frozenset[frozenset[str]] = frozenset()
    carries: Mapping[str, frozenset[str]] = field(default_factory=dict)
    iterators: frozenset[str] = NAMES
    changes: frozenset[str] = NAMES
    binds: frozenset[str] = NAMES

    def merged(self, other: Facts) -> Facts:
        """Both were seen."""
        carries = {
            name: self.carries.get(name, NAMES) | other.carries.get(name, NAMES)
            for name in {*self.carries, *other.carries}
        }
        return Facts(
            self.aliases | other.aliases,
            carries,
            self.iterators | other.iterators,
            self.changes | other.changes,
            self.binds | other.binds,
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """What one cell takes from above and gives to those below.

    `reads` are the names whose values decide what it does; `effects` what it does to names; `via` says for a name it
    reads only through a function or class which name that is; `sharing` pairs a name it makes with the names that share
    objects with it. `opaque` is the reason, and then `everything` says whether it may also change every name.
    """

    reads: frozenset[str] = NAMES
    effects: Mapping[str, CellEffect] = field(default_factory=dict)
    via: Mapping[str, str] = field(default_factory=dict)
    sharing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    related: Mapping[str, frozenset[str]] = field(default_factory=dict)
    beside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    opaque: str | None = None
    everything: bool = False

    @property
    def writes(self) -> frozenset[str]:
        """Every name it may bind, delete or change."""
        return frozenset(self.effects) - {EVERYTHING}


def flows(cells: Sequence[CellNames], facts: Sequence[Facts | None]) -> tuple[list[Flow], Mapping[str, frozenset[str]]]:
    """The flow of every cell, in the notebook's order, and which names may share objects at the end.

    Raises TooMuch.
    """
    bound = bound_names(cells) | {name for one in facts if one for name in one.binds | one.changes}
    notebook = _Notebook(
        bound=bound,
        immutable=immutable_names(cells),
        modules=imported_names(cells),
        strings=frozenset(name for cell in cells for name in cell.strings),
    )
    walk = _Walk(notebook)
    found = [walk.step(cell, fact) for cell, fact in zip(cells, facts, strict=True)]
    return _with_live_loops(found), walk.related(bound)


@dataclass(frozen=True, slots=True)
class _Notebook:
    bound: frozenset[str]
    immutable: frozenset[str]
    modules: frozenset[str]
    strings: frozenset[str]


class _Walk:
    """The state of names from cell to cell: what they carry, what they share, which are iterators."""

    def __init__(self, notebook: _Notebook) -> None:
        self.notebook = notebook
        self.carries: dict[str, Carried] = {}
        self.wholes: dict[str, set[str]] = {}  # part -> the names it may be inside of
        self.parts: dict[str, set[str]] = {}
        self.taken: dict[str, set[str]] = {}  # part -> the wholes it was taken out of: it may be any other part
        self.iterators: set[str] = set()
        self.ghosts = 0
        self.seen_opaque = False
        self._steps, self._pairs, self._reads = (
            AnalysisBudget(MOST_STEPS),
            AnalysisBudget(MOST_PAIRS),
            AnalysisBudget(MOST_READS),
        )

    def step(self, cell: CellNames, facts: Facts | None) -> Flow:
        """The flow of the next cell."""
        notebook = self.notebook
        used = Used(cell, self.carries)
        mutates = dict(cell.mutates)
        for name in used.mutates:
            mutates[name] = True
        shares = self._shares(cell, facts)
        self._rebind(cell.kills - cell.reads)
        self._share(shares)
        for part, whole in cell.taken & shares:
            self.taken.setdefault(part, set()).add(whole)
        reads = cell.reads | used.reads | self._looked_up(cell)
        changed = self._reached(mutates)
        changed |= self._consumed(reads | frozenset(cell.uses), cell)
        if facts is not None:
            changed |= facts.changes & notebook.bound
        changed = {name for name in changed if name not in cell.fleeting}
        effects = self._effects(cell, used, changed, facts)
        reads |= {name for name, effect in effects.items() if effect is CellEffect.CHANGES}
        opaque = used.opaque
        everything = opaque is not None and opaque.opacity is Opacity.ANYTHING
        reads_all = opaque is not None or "@*" in cell.templates
        if self.seen_opaque:
            reads |= {EVERYTHING}
        if reads_all:
            reads |= notebook.bound
        if opaque is not None:
            self.seen_opaque = True
            effects[EVERYTHING] = CellEffect.BINDS
            if everything:
                for name in notebook.bound - set(effects):
                    effects[name] = CellEffect.CHANGES
        self._reads.spend(len(reads) + len(effects))
        sharing = self._sharing(cell, shares, facts)
        self._carry_on(cell, shares, facts)
        related = self.related(reads | frozenset(effects)) if self.parts else {}
        ghosts = self._rebind(cell.kills & cell.reads)
        self._share(shares, ghosts)
        for part, whole in cell.taken & shares:
            self.taken.setdefault(part, set()).update({whole, ghosts.get(whole, whole)} - {part})
        beside = self.related(effects, notebook.bound) if self.parts else {}
        via = {name: how for name, how in used.via.items() if name in reads and name not in cell.reads}
        return Flow(
            frozenset(reads), effects, via, sharing, related, beside, opaque.reason if opaque else None, everything
        )

    def _looked_up(self, cell: CellNames) -> frozenset[str]:
        found = cell.templates & self.notebook.bound
        if "@" in cell.templates:
            found |= self.notebook.strings & self.notebook.bound
        return found

    def _shares(self, cell: CellNames, facts: Facts | None) -> set[tuple[str, str]]:
        unshared = self.notebook.immutable | self.notebook.modules
        shares = {pair for pair in cell.shares if not unshared.intersection(pair)}
        for group in facts.aliases if facts else ():
            shares.update((one, other) for one in group for other in group if one != other)
        return shares

    def _rebind(self, names: Iterable[str]) -> dict[str, str]:
        """The names get new objects. The old ones live on where other names hold them, under a ghost's name."""
        ghosts: dict[str, str] = {}
        for name in names:
            wholes, parts = self.wholes.pop(name, set()), self.parts.pop(name, set())
            if not wholes and not parts:
                continue
            self.ghosts += 1
            ghost = ghosts[name] = f"{name}\0{self.ghosts}"
            for whole in wholes:
                self.parts[whole].discard(name)
                self._share_one(ghost, whole)
            for part in parts:
                self.wholes[part].discard(name)
                self._share_one(part, ghost)
                if name in self.taken.get(part, ()):
                    self.taken[part].add(ghost)
            if name in self.taken:
                self.taken[ghost] = self.taken.pop(name)
        return ghosts

    def _share(self, shares: Iterable[tuple[str, str]], ghosts: Mapping[str, str] | None = None) -> None:
        """`ghosts`: names that were rebound in the same cell; a pair may mean their old object or their new one."""
        for part, whole in shares:
            self._share_one(part, whole)
            if ghosts and part in ghosts:
                self._share_one(ghosts[part], whole)
            if ghosts and whole in ghosts:
                self._share_one(part, ghosts[whole])

    def _share_one(self, part: str, whole: str) -> None:
        if part != whole:
            self.wholes.setdefault(part, set()).add(whole)
            self.parts.setdefault(whole, set()).add(part)

    def _reached(self, mutates: Mapping[str, bool]) -> set[str]:
        """Every name that sees the changes: what holds the changed object and, if deep, what is inside it."""
        found: set[str] = set()
        waiting, inside = list(mutates.items()), {name for name, deep in mutates.items() if deep}
        same = set(mutates)
        while waiting:
            name, deep = waiting.pop()
            changed = self._closure({name}, self.parts) if deep else {name}
            reached = self._closure(changed, self.wholes)
            found |= reached
            # What was taken out of something that holds the changed object may be that object.
            holding = reached - changed
            self._steps.spend(sum(map(len, self.taken.values())))
            for part in {part for part, wholes in self.taken.items() if wholes & holding} - same - reached:
                same.add(part)
                waiting.append((part, deep))
            for whole in {whole for one in reached for whole in self.taken.get(one, ())} - inside:
                inside.add(whole)
                waiting.append((whole, True))
        bound, immutable, modules = self.notebook.bound, self.notebook.immutable, self.notebook.modules
        return {
            name
            for name in found
            if name in bound and name not in immutable and (name not in modules or name in mutates)
        }

    def _consumed(self, used: Iterable[str], cell: CellNames) -> set[str]:
        """Whoever reads an iterator may use it up."""
        before = {name for name in used if name in self.iterators and name not in cell.kills - cell.reads}
        return {name for name in self._closure(before, self.parts) if name in self.iterators}

    def _effects(self, cell: CellNames, used: Used, changed: set[str], facts: Facts | None) -> dict[str, CellEffect]:
        effects: dict[str, CellEffect] = {}
        for name in used.writes | (cell.fleeting & self.notebook.bound) | (facts.binds if facts else NAMES):
            effects[name] = CellEffect.MAYBE
        for name in cell.writes:
            effects[name] = (
                CellEffect.BINDS if name in cell.kills else CellEffect.LOOP if name in cell.loops else CellEffect.MAYBE
            )
        for name in changed:
            if effects.get(name) is not CellEffect.BINDS:
                effects[name] = CellEffect.CHANGES
        for name in cell.settings & self.notebook.bound:
            effects.setdefault(name, CellEffect.SETS)
        return effects

    def _sharing(self, cell: CellNames, shares: set[tuple[str, str]], facts: Facts | None) -> dict[str, frozenset[str]]:
        made = cell.writes | {whole for _, whole in shares if whole in cell.mutates}
        found: dict[str, frozenset[str]] = {}
        for name in made.intersection(name for pair in shares for name in pair):
            related = self._closure(self._closure({name}, self.parts), self.wholes)
            others = frozenset(related - cell.writes - {name})
            if others:
                self._pairs.spend(len(others))
                found[name] = others
        return found

    def related(self, names: Iterable[str], among: frozenset[str] | None = None) -> dict[str, frozenset[str]]:
        """For each of the names, those of them (or of `among`) that may share an object with it now."""
        asked = set(names)
        among = frozenset(asked) if among is None else among
        found = {}
        for name in asked & (self.parts.keys() | self.wholes.keys()):
            others = self._closure(self._closure({name}, self.parts), self.wholes) & among - {name}
            if others:
                self._pairs.spend(len(others))
                found[name] = frozenset(others)
        return found

    def _closure(self, start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
        found = set(start)
        waiting = list(found)
        while waiting:
            others = edges.get(waiting.pop(), ())
            self._steps.spend(1 + len(others))
            for other in others:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def _carry_on(self, cell: CellNames, shares: set[tuple[str, str]], facts: Facts | None) -> None:
        """What names carry, and which are iterators, for the cells below."""
        after: dict[str, Carried] = {}
        iterators: set[str] = set(cell.iterators) | (facts.iterators if facts else NAMES)
        # By the text's own pairs: two names that each hold a function still need not share a changeable object.
        for part, whole in cell.shares | shares:
            for name, root in ((whole, part), (part, whole)):
                if name in cell.writes or name in cell.mutates:
                    carried = self.carries.get(root, NOTHING).merged(cell.carried.get(root, NOTHING))
                    after[name] = after.get(name, NOTHING).merged(carried)
            if part in self.iterators and whole in cell.writes and whole not in cell.iterators:
                iterators.add(whole)
        for name, carried in cell.carried.items():
            after[name] = after.get(name, NOTHING).merged(carried)
        for name, reads in (facts.carries if facts else {}).items():
            after[name] = after.get(name, NOTHING).merged(Carried(reads=reads))
        for name in cell.kills:
            self.carries.pop(name, None)
            self.iterators.discard(name)
        for name, carried in after.items():
            merged = self.carries.get(name, NOTHING).merged(carried)
            if merged:
                self.carries[name] = merged
        self.iterators |= iterators


def _with_live_loops(found: list[Flow]) -> list[Flow]:
    """A name bound in a loop and read by a later cell counts as perhaps bound; others are the loop's own."""
    live: set[str] = set()
    out: list[Flow] = []
    for flow in reversed(found):
        effects = dict(flow.effects)
        for name, effect in effects.items():
            if effect is CellEffect.LOOP and (name in live or name in flow.reads):
                effects[name] = CellEffect.MAYBE
        live -= {name for name, effect in effects.items() if effect is CellEffect.BINDS}
        live |= flow.reads
        out.append(replace(flow, effects=effects))
    out.reverse()
    return out
