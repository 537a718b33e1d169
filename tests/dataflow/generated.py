"""Notebooks made at random, for the property: small, typed by name so that most cells work, nasty in how they share.

`s t u` are numbers, `xs ys zs` lists of numbers, `nest` a list of lists, `d e` dictionaries, `f g h` functions, `A` a
class, `obj q` its instances, `gen` a generator, `n m` inputs.
"""

# ruff: noqa: E501, ISC004 (cells of notebooks, as they are written)

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

NUMBERS = st.sampled_from(["s", "t", "u"])
LISTS = st.sampled_from(["xs", "ys", "zs"])
DICTS = st.sampled_from(["d", "e"])
OBJECTS = st.sampled_from(["obj", "q"])
INPUTS = st.sampled_from(["n", "n", "m"])
SMALL = st.integers(0, 4).map(str)


def _filled(template: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda **given: template.format(**given), **parts)


ATOMS = st.one_of(NUMBERS, INPUTS, INPUTS, SMALL)
NUMBER_VALUES = st.one_of(
    ATOMS,
    _filled("{a} + {b}", a=ATOMS, b=ATOMS),
    _filled("{a} % 3", a=ATOMS),
    _filled("sum({x})", x=LISTS),
    _filled("len({x})", x=LISTS),
    _filled("({x} or [0])[0]", x=LISTS),
    _filled("{d}.get('k', 0)", d=DICTS),
    _filled("f({a})", a=ATOMS),
    _filled("h({a})", a=ATOMS),
    _filled("{o}.get()", o=OBJECTS),
    _filled("sum(w + {a} for w in {x})", a=ATOMS, x=LISTS),
    _filled("(lambda v: v + {a})(1)", a=ATOMS),
    _filled("max({a}, {b})", a=ATOMS, b=ATOMS),
)

NUMBER_STATEMENTS = st.one_of(
    _filled("{s} = {v}", s=NUMBERS, v=NUMBER_VALUES),
    _filled("{s} = {v}", s=NUMBERS, v=NUMBER_VALUES),
    _filled("{s} += {v}", s=NUMBERS, v=NUMBER_VALUES),
    _filled("{s}, {t} = {v}, {w}", s=NUMBERS, t=NUMBERS, v=NUMBER_VALUES, w=ATOMS),
    _filled("{s} = {t} = {v}", s=NUMBERS, t=NUMBERS, v=NUMBER_VALUES),
    _filled("({s} := {v})", s=NUMBERS, v=NUMBER_VALUES),
    _filled("import math\n{s} = math.floor({v})", s=NUMBERS, v=NUMBER_VALUES),
    _filled("from math import ceil as up\n{s} = up({v})", s=NUMBERS, v=ATOMS),
    _filled("{s} = {x}.pop() if {x} else 0", s=NUMBERS, x=LISTS),
    _filled("{s} = sum(gen)", s=NUMBERS),
    _filled("{s} = fs[0]({v})", s=NUMBERS, v=ATOMS),
    _filled("{s} = count()", s=NUMBERS),
    _filled("{s}, *{x} = {y} or [0]", s=NUMBERS, x=LISTS, y=LISTS),
    _filled("del {s}", s=NUMBERS),
    _filled(
        "match {v}:\n  case 0 | 1:\n    {s} = 1\n  case other if other > 5:\n    {s} = other",
        v=NUMBER_VALUES,
        s=NUMBERS,
    ),
    _filled("match {x}:\n  case [first, *rest]:\n    {s} = first", x=LISTS, s=NUMBERS),
)
LIST_STATEMENTS = st.one_of(
    _filled("{x} = [{v}, {w}]", x=LISTS, v=NUMBER_VALUES, w=ATOMS),
    _filled("{x} = [{v}, {w}]", x=LISTS, v=NUMBER_VALUES, w=ATOMS),
    _filled("{x} = {y}", x=LISTS, y=LISTS),
    _filled("{x} = {y} + [{v}]", x=LISTS, y=LISTS, v=ATOMS),
    _filled("{x} = list({y})", x=LISTS, y=LISTS),
    _filled("{x} = {y}[1:]", x=LISTS, y=LISTS),
    _filled("{x} = {y} if {v} > 2 else {z}", x=LISTS, y=LISTS, z=LISTS, v=ATOMS),
    _filled("{x} = [w + {v} for w in {y}]", x=LISTS, y=LISTS, v=ATOMS),
    _filled("{x}.append({v})", x=LISTS, v=NUMBER_VALUES),
    _filled("{x}.append({v})", x=LISTS, v=NUMBER_VALUES),
    _filled("{x} += [{v}]", x=LISTS, v=NUMBER_VALUES),
    _filled("{x}[:1] = [{v}]", x=LISTS, v=NUMBER_VALUES),
    _filled("{x}[0] = {v}", x=LISTS, v=NUMBER_VALUES),
    _filled("{x}.sort()", x=LISTS),
    _filled("del {x}[:1]", x=LISTS),
    _filled("del {x}\n{x} = [{v}]", x=LISTS, v=ATOMS),
    _filled("[{x}.append(w) for w in {y}[:2]]", x=LISTS, y=LISTS),
    _filled("nest = [{x}, {y}]", x=LISTS, y=LISTS),
    _filled("nest[0].append({v})", v=ATOMS),
    _filled("for row in nest: row.append({v})", v=ATOMS),
    _filled("{x} = nest[0]", x=LISTS),
    _filled("{x} = g({y}, {v})", x=LISTS, y=LISTS, v=ATOMS),
    _filled("g({y}, {v})", y=LISTS, v=ATOMS),
    _filled("gen = (w + {v} for w in {x})", x=LISTS, v=ATOMS),
    _filled("gen = iter({x})", x=LISTS),
    _filled("{x} = [next(gen, {v})]", x=LISTS, v=ATOMS),
)
DICT_STATEMENTS = st.one_of(
    _filled("{d} = {{'k': {v}}}", d=DICTS, v=NUMBER_VALUES),
    _filled("{d}['k'] = {v}", d=DICTS, v=NUMBER_VALUES),
    _filled("{d} = {e}", d=DICTS, e=DICTS),
    _filled("{d} = dict({e})", d=DICTS, e=DICTS),
    _filled("{d}['l'] = {x}", d=DICTS, x=LISTS),
    _filled("{d}.setdefault('l', []).append({v})", d=DICTS, v=ATOMS),
    _filled("{x} = {d}.setdefault('l', [])", x=LISTS, d=DICTS),
    _filled("{d} = dict(l={x}, k={v})", d=DICTS, x=LISTS, v=ATOMS),
    _filled("{d}['f'] = f", d=DICTS),
    _filled("{s} = {d}.get('f', f)({v})", s=NUMBERS, d=DICTS, v=ATOMS),
)
FUNCTION_STATEMENTS = st.one_of(
    _filled("def f(v): return v + {s}", s=ATOMS),
    _filled("def f(v): return v + {s}", s=ATOMS),
    _filled("def f(v, w={s}): return v + w", s=NUMBER_VALUES),
    _filled("def f(v):\n  {x}.append(v)\n  return v", x=LISTS),
    _filled("def f(v, acc=[]):\n  acc.append(v)\n  return len(acc)"),
    _filled("def f(v):\n  global {s}\n  {s} = v\n  return v + {a}", s=NUMBERS, a=ATOMS),
    _filled("f = lambda v: v + {s}", s=ATOMS),
    _filled("import functools\n@functools.lru_cache(None)\ndef f(v): return v + {s}", s=ATOMS),
    _filled("def g(l, v):\n  l.append(v + {s})\n  return l", s=ATOMS),
    _filled("def g(l, v): return l + [v, {s}]", s=ATOMS),
    _filled("def g(l, v):\n  k = l\n  if v > {s}:\n    k.append(v)\n  return sorted(k)", s=ATOMS),
    _filled("def h(v): return f(v) + {s}", s=ATOMS),
    _filled("h = f"),
    _filled("fs = [f, h]"),
    _filled(
        "def make(start):\n  def step():\n    nonlocal start\n    start += {s}\n    return start\n  return step\ncount = make({v})",
        s=ATOMS,
        v=ATOMS,
    ),
    _filled("def pick(): return f\nfs = [pick()]"),
    _filled("def stream():\n  for w in {x}: yield w + {s}\ngen = stream()", x=LISTS, s=ATOMS),
)
CLASS_STATEMENTS = st.one_of(
    _filled(
        "class A:\n  items = []\n  base = {b}\n  def __init__(self, v): self.v, self.l = v, []\n  def get(self): return self.v + {s}\n"
        "  def add(self, w):\n    self.v = self.v + w + self.base\n    return self.v\n  def push(self, w): self.items.append(w)",
        b=ATOMS,
        s=ATOMS,
    ),
    _filled("{o} = A({v})", o=OBJECTS, v=NUMBER_VALUES),
    _filled("{o} = A({v})", o=OBJECTS, v=NUMBER_VALUES),
    _filled("{o}.add({v})", o=OBJECTS, v=ATOMS),
    _filled("{o}.push({v})", o=OBJECTS, v=ATOMS),
    _filled("{s} = {o}.add({v})", s=NUMBERS, o=OBJECTS, v=ATOMS),
    _filled("{o}.v = {v}", o=OBJECTS, v=NUMBER_VALUES),
    _filled("{o} = {q}", o=OBJECTS, q=OBJECTS),
    _filled("{o}.l = {x}", o=OBJECTS, x=LISTS),
    _filled("{o}.l.append({v})", o=OBJECTS, v=ATOMS),
    _filled("{x} = {o}.items", x=LISTS, o=OBJECTS),
    _filled("A.base = {v}", v=ATOMS),
)
SHOWING_STATEMENTS = st.one_of(
    _filled("print({v})", v=NUMBER_VALUES),
    _filled("print({x})", x=LISTS),
    _filled("print(sorted({d}), {d}.get('k'), {d}.get('l'))", d=DICTS),
    _filled("print({x} is {y})", x=LISTS, y=LISTS),
    _filled("print({o}.v, {o}.items, A.base)", o=OBJECTS),
    _filled("print('{s}' in dir())", s=NUMBERS),
    _filled("try:\n  print({s})\nexcept NameError as err:\n  print('none')", s=st.one_of(NUMBERS, LISTS)),
)
FAILING_STATEMENTS = st.one_of(
    _filled("if {v} > 5: raise ValueError", v=ATOMS),
    _filled("assert {v} != 3", v=INPUTS),
    _filled("del {x}", x=st.one_of(LISTS, NUMBERS)),
    _filled("{x}.append(missing)", x=LISTS),
    _filled("{s} = 6 // ({v} % 4)", s=NUMBERS, v=INPUTS),
)
OPAQUE_STATEMENTS = st.one_of(
    _filled("exec('{s} = {v}')", s=NUMBERS, v=ATOMS),
    _filled("globals()['{s}'] = {v}", s=NUMBERS, v=ATOMS),
    _filled("exec('{x}.append({v})')", x=LISTS, v=ATOMS),
)
SIMPLE = st.one_of(
    NUMBER_STATEMENTS,
    LIST_STATEMENTS,
    LIST_STATEMENTS,
    DICT_STATEMENTS,
    FUNCTION_STATEMENTS,
    CLASS_STATEMENTS,
    SHOWING_STATEMENTS,
    SHOWING_STATEMENTS,
)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


COMPOUND = st.one_of(
    st.builds(lambda v, a: f"if {v} > 2:\n{_indented(a)}", NUMBER_VALUES, SIMPLE),
    st.builds(lambda v, a, b: f"if {v} > 2:\n{_indented(a)}\nelse:\n{_indented(b)}", ATOMS, SIMPLE, SIMPLE),
    st.builds(lambda v, a: f"for i in range({v} % 3):\n{_indented(a)}", ATOMS, SIMPLE),
    st.builds(lambda x, a: f"for i in {x}[:2]:\n{_indented(a)}", LISTS, SIMPLE),
    st.builds(lambda a, b: f"try:\n{_indented(a)}\nexcept Exception:\n{_indented(b)}", SIMPLE, SIMPLE),
    st.builds(lambda a, b: f"try:\n{_indented(a)}\nfinally:\n{_indented(b)}", SIMPLE, SHOWING_STATEMENTS),
)
# Cells that make every name exist, so that most of what follows works.
OPENINGS = [
    "s = 1\nt = 2\nu = 3",
    "xs = [1, 2]\nys = [3]\nzs = xs\nnest = [xs, [5]]",
    "d = {'k': 1}\ne = {'k': 2, 'l': ys}",
    "def f(v): return v + n\ndef h(v): return f(v) * 2\nfs = [f]",
    "def g(l, v):\n  l.append(v)\n  return l\ngen = iter([])",
    "def make(start):\n  def step():\n    nonlocal start\n    start += s\n    return start\n  return step\ncount = make(1)",
    "class A:\n  items = []\n  base = 1\n  def __init__(self, v): self.v, self.l = v, [v]\n  def get(self): return self.v + s\n"
    "  def add(self, w):\n    self.v += w\n    return self.v\n  def push(self, w): self.items.append(w)\nobj = A(1)\nq = A(2)",
]
STATEMENTS = st.one_of(SIMPLE, SIMPLE, SIMPLE, COMPOUND)
CELLS = st.lists(STATEMENTS, min_size=1, max_size=3).map("\n".join)
FAILING_CELLS = st.builds(lambda a, b: f"{a}\n{b}", SIMPLE, FAILING_STATEMENTS)
OPAQUE_CELLS = st.builds(lambda a, b: f"{a}\n{b}", OPAQUE_STATEMENTS, SHOWING_STATEMENTS)


@dataclass(frozen=True)
class Change:
    """One thing a person does: new input values, and perhaps Stop while a cell runs."""

    inputs: dict[str, int]
    interrupt_at: int | None = None


@st.composite
def notebooks(draw: st.DrawFn, *, opaque: bool = True, empty_loops: bool = True) -> list[str]:
    """The sources of a notebook's cells; inputs are written `input n = 1`. Without `empty_loops` every loop runs."""
    cells = list(OPENINGS)
    body = draw(st.lists(CELLS, min_size=1, max_size=7))
    if draw(st.integers(0, 3)) == 0:
        body.insert(draw(st.integers(0, len(body))), draw(FAILING_CELLS))
    if opaque and draw(st.integers(0, 5)) == 0:
        body.insert(draw(st.integers(0, len(body))), draw(OPAQUE_CELLS))
    cells += body
    if draw(st.integers(0, 4)) == 0:
        cells = list(draw(st.permutations(cells)))
    for name in ("n", "m"):
        cells.insert(draw(st.integers(0, min(3, len(cells)))), f"input {name} = 1")
    return (
        cells
        if empty_loops
        else [cell.replace("% 3):", "% 3 + 1):").replace("s[:2]:", "s[:0] or [1]:") for cell in cells]
    )


CHANGES = st.lists(
    st.builds(
        Change,
        st.fixed_dictionaries({"n": st.integers(0, 7), "m": st.integers(0, 4)}),
        st.one_of(st.none(), st.none(), st.none(), st.integers(0, 4)),
    ),
    min_size=1,
    max_size=4,
)
