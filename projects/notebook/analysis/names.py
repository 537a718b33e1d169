"""What a cell's text says about names: read, written, changed, deleted, and carried for later.

    >>> analyse("total = sum(xs) * rate").reads == {"xs", "rate"}
    True

The analysis is scope-aware (comprehensions, functions, classes, `global`, type parameters), follows the order of the
statements (a name bound before it is read is not read from above), and knows IPython's syntax. It never runs anything.
A text that it cannot know is `opaque` and says why; it never guesses on the optimistic side without saying so in
docs/reactivity.md.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from projects.notebook.analysis.budget import MOST_NODES, MOST_NODES_OF_ALL, REASON, AnalysisBudget, AnalysisTooLarge
from projects.notebook.analysis.facts import (
    EMPTY_CONTEXT,
    NAMES,
    Carried,
    Certainty,
    ClassFacts,
    Context,
    FunctionFacts,
    Opacity,
    Opaque,
    Sink,
    Uses,
)
from projects.notebook.analysis.known_callables import BUILTINS
from projects.notebook.analysis.magics import MARKER, TIMED, MagicEffect, to_python
from projects.notebook.analysis.statements import StatementReader

__all__ = ["NOT_FOLLOWED", "Carried", "CellNames", "Opacity", "Opaque", "analyse", "analyse_all"]

# Rounds in which what functions of different cells say about one another settles. A chain of helper functions longer
# than this, each changing an argument only by the next, is left to the observation at run time.
_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class CellNames:
    """The names of one cell.

    `writes` are the names it binds or deletes; of these it surely binds or deletes `kills` when it runs to its end, and
    `loops` unless a loop runs zero times. `mutates` maps a name whose object it may change in place to whether the
    change may be deep inside. `shares` are pairs (part, whole): afterwards the object of `part` may be, or be inside,
    the object of `whole`; those in `taken` were taken out of it, so that they may be any other of its parts. `uses`
    maps every name loaded to the names surely bound at each of its uses. `carried` says what happens when one of the
    names it binds is used later.
    """

    reads: frozenset[str] = NAMES
    writes: frozenset[str] = NAMES
    mutates: Mapping[str, bool] = field(default_factory=dict)
    deletes: frozenset[str] = NAMES
    carried: Mapping[str, Carried] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    opaque: Opaque | None = None
    parse_error: str | None = None
    kills: frozenset[str] = NAMES
    loops: frozenset[str] = NAMES
    fleeting: frozenset[str] = NAMES
    uses: Uses = field(default_factory=Uses)
    shares: frozenset[tuple[str, str]] = frozenset()
    taken: frozenset[tuple[str, str]] = frozenset()
    immutable: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    iterators: frozenset[str] = NAMES
    settings: frozenset[str] = NAMES
    templates: frozenset[str] = NAMES
    strings: frozenset[str] = NAMES


def analyse(source: str, context: Context = EMPTY_CONTEXT) -> CellNames:
    """The names of one cell. `context` tells what the notebook's other cells bind its names to.

    Never raises: a text that does not parse comes back with `parse_error` and `opaque`.
    """
    return _read(source, context)[0]


def analyse_all(sources: Sequence[str]) -> list[CellNames]:
    """The names of every cell, each read with what the others say about functions, classes and imports."""
    texts = []
    budget = AnalysisBudget(MOST_NODES_OF_ALL)
    for source in sources:
        texts.append(text := _Text(source))
        try:
            budget.spend(text.nodes)
        except AnalysisTooLarge:
            return [NOT_FOLLOWED for _ in sources]
    context = EMPTY_CONTEXT
    for _ in range(_ROUNDS):
        readings = [_read_text(text, context) for text in texts]
        settled = _context(sink for _, sink in readings)
        if settled == context:
            break
        context = settled
    return [names for names, _ in readings]


class _Text:
    """A cell's text, parsed once."""

    def __init__(self, source: str) -> None:
        self.tree: ast.Module | None = None
        self.error: str | None = None
        self.effect = MagicEffect.CODE
        self.reason: str | None = None
        self.strings = NAMES
        self.nodes = 0
        try:
            text = to_python(source)
            self.effect, self.reason = text.effect, text.reason
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                tree = ast.parse(text.text)
            self.nodes = sum(1 for _ in islice(ast.walk(tree), MOST_NODES + 1))
            if self.nodes > MOST_NODES:
                self.nodes = 0  # It is not read, and costs the others nothing.
                return
            self.tree = tree
            self.strings = _at_names(self.tree) if "@" in text.text else NAMES
        except SyntaxError as error:
            self.error = f"line {error.lineno}: {error.msg}" if error.lineno else str(error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            self.error = str(error) or type(error).__name__


def _read(source: str, context: Context) -> tuple[CellNames, Sink]:
    return _read_text(_Text(source), context)


def _read_text(text: _Text, context: Context) -> tuple[CellNames, Sink]:
    if text.tree is None:
        return (_unknown("a text that is not Python", text.error) if text.error else NOT_FOLLOWED), Sink()
    if text.effect in (MagicEffect.OUTSIDE, MagicEffect.ANYTHING):
        opacity = Opacity.OUTSIDE if text.effect is MagicEffect.OUTSIDE else Opacity.ANYTHING
        return CellNames(opaque=Opaque(opacity, text.reason or "a magic")), Sink()
    reader = StatementReader(context)
    try:
        reader.run(text.tree.body)
    except RecursionError:
        return _unknown("a text nested too deeply", None), Sink()
    except AnalysisTooLarge:
        return NOT_FOLLOWED, Sink()
    sink = reader.sinks[0]
    bound = reader.bound
    bound_at_end = [name for name in sink.writes if bound is None or bound & reader.bit(name)]
    return _names(sink, frozenset(bound_at_end), reader.places, text.strings, context), sink


def _unknown(reason: str, error: str | None) -> CellNames:
    return CellNames(opaque=Opaque(Opacity.ANYTHING, reason), parse_error=error)


NOT_FOLLOWED = _unknown(REASON, None)


def _names(
    sink: Sink, kills: frozenset[str], places: Mapping[str, int], strings: frozenset[str], context: Context
) -> CellNames:
    writes = frozenset(sink.writes)
    loops = frozenset(name for name, how in sink.writes.items() if Certainty.MAYBE not in how) - kills
    known = context.bound | writes
    invisible = (BUILTINS - known) | {MARKER, TIMED}
    fleeting = frozenset(sink.fleeting) - writes
    return CellNames(
        reads=frozenset(sink.reads) - invisible,
        writes=writes - invisible,
        mutates={name: deep for name, deep in sink.mutates.items() if name not in invisible},
        deletes=frozenset(sink.deletes),
        carried={name: carried for name, carried in sink.carried.items() if carried and name != TIMED},
        imports=dict(sink.imports),
        opaque=sink.opaque,
        kills=kills - invisible,
        loops=loops - invisible,
        fleeting=fleeting,
        uses=Uses(places, {name: bound for name, bound in sink.uses.items() if name not in invisible}),
        shares=frozenset(pair for pair in sink.shares if not invisible.intersection(pair)),
        taken=frozenset(pair for pair in sink.taken if not invisible.intersection(pair)),
        immutable=dict(sink.immutable),
        iterators=frozenset(sink.iterators),
        settings=frozenset(sink.settings),
        templates=frozenset(sink.templates),
        strings=strings,
    )


def _at_names(tree: ast.Module) -> frozenset[str]:
    """Names after `@` in the cell's strings: a query that is built here may be used in another cell."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "@" in node.value:
            found.update(
                word.partition("@")[2] for word in node.value.replace("(", " ").split() if word.startswith("@")
            )
    return frozenset(name for name in found if name.isidentifier())


def _context(sinks: Iterable[Sink]) -> Context:
    imports: dict[str, set[str]] = {}
    functions: dict[str, dict[FunctionFacts, None]] = {}
    classes: dict[str, dict[ClassFacts, None]] = {}
    assigned: set[str] = set()
    from_imports: set[str] = set()
    bound: set[str] = set()
    for sink in sinks:
        for name, path in sink.imports.items():
            imports.setdefault(name, set()).add(path)
        for name, found in sink.functions.items():
            functions.setdefault(name, {}).update(dict.fromkeys(found))
        for name, made in sink.classes.items():
            classes.setdefault(name, {}).update(dict.fromkeys(made))
        assigned |= sink.assigned
        from_imports |= sink.from_imports
        bound |= set(sink.writes)
    return Context(
        imports={name: frozenset(paths) for name, paths in imports.items()},
        from_imports=frozenset(from_imports),
        functions={name: tuple(found) for name, found in functions.items()},
        classes={name: tuple(found) for name, found in classes.items()},
        assigned=frozenset(assigned),
        bound=frozenset(bound),
    )
