"""What a cell binds and reads: every binding form of the language reference, one line each."""

from __future__ import annotations

import sys

import pytest

from projects.notebook.analysis.names import Opacity, analyse

BINDING = [
    # assignment
    ("a = 1", "", "a"),
    ("a = b = c", "c", "a b"),
    ("a, (b, [c, *d]) = x", "x", "a b c d"),
    ("[a, b] = b, a", "a b", "a b"),
    ("a.b = c", "a c", ""),
    ("a[b] = c", "a b c", ""),
    ("a[b:c, ...] = d", "a b c d", ""),
    ("a += b", "a b", "a"),
    ("a.b += c", "a c", ""),
    ("a: int = b", "b", "a"),
    ("a: T", "T", ""),
    ("a: T = b", "T b", "a"),
    ("(a): T = b", "T b", "a"),
    ("(a := b)", "b", "a"),
    ("f(a := b, a)", "f b", "a"),
    ("del a", "a", "a"),
    ("del (a, b[c])", "a b c", "a"),
    ("del a.b", "a", ""),
    # imports
    ("import a", "", "a"),
    ("import a.b.c", "", "a"),
    ("import a.b as c, d", "", "c d"),
    ("from a.b import c as d, e", "", "d e"),
    ("from . import a", "", "a"),
    ("from __future__ import annotations", "", "annotations"),
    # loops
    ("for a in b: c = a", "b", "a c"),
    ("for a, *b in c: pass\nelse: d = 1", "c", "a b d"),
    ("for a[b] in c: pass", "a b c", ""),
    ("while a: b = a", "a", "b"),
    ("async for a in b: c = a", "b", "a c"),
    ("for a in b:\n    pass\nprint(a)", "a b", "a"),
    ("for a in range(3): pass\nprint(a)", "", "a"),
    ("for a in [x]: b = a\nprint(a)", "x", "a b"),
    # context managers
    ("with a as b: c = b", "a", "b c"),
    ("with a as (b, c), d(b) as e.f: pass", "a d e", "b c"),
    ("with (a as b, c as d): pass", "a c", "b d"),
    ("async with a as b: pass", "a", "b"),
    # exceptions
    ("try: a = 1\nexcept E: b = 2\nelse: c = 3\nfinally: d = 4", "E", "a b c d"),
    ("try: pass\nexcept E as e: print(e)", "E", ""),
    ("try: a\nexcept* E as e: b = e", "E a", "b"),
    ("try: a = 1\nexcept E: pass\nprint(a)", "E a", "a"),
    ("try: a = 1\nexcept E: a = 2\nprint(a)", "E", "a"),
    ("try: a = f()\nfinally: print(a)", "a f", "a"),
    ("try: import a\nexcept ImportError: a = None\na", "", "a"),
    ("raise a from b", "a b", ""),
    ("assert a, b", "a b", ""),
    # branches
    ("if a: b = 1", "a", "b"),
    ("if a: b = 1\nb", "a b", "b"),
    ("if a: b = 1\nelse: b = 2\nb", "a", "b"),
    ("if a: b = 1\nelse: raise E\nb", "E a", "b"),
    ("if __name__ == '__main__': a = 1\na", "", "a"),
    ("a = b if c else d", "b c d", "a"),
    ("c and (a := 1)\na", "a c", "a"),
    # functions
    ("def f(): pass", "", "f"),
    ("async def f(a, /, b, *c, d, **e): return a, b, c, d, e", "", "f"),
    ("def f(a=b, *, c=d): pass", "b d", "f"),
    ("def f(a: T, *b: U) -> V: pass", "T U V", "f"),
    ("@a(b)\n@c.d\ndef f(): pass", "a b c", "f"),
    ("def f():\n    a = 1\n    return a", "", "f"),
    ("def f(): return a", "", "f"),
    ("def f():\n    for a in b: pass", "", "f"),
    ("def f():\n    global a\n    a = 1", "", "f"),
    ("def f():\n    def g():\n        nonlocal a\n        a = 1\n    a = 0\n    return g", "", "f"),
    ("lambda a, *b, c=d, **e: (a, b, c, e)", "d", ""),
    ("f = lambda: a", "", "f"),
    ("sorted(xs, key=lambda x: x[k])", "k xs", ""),
    ("(lambda x: x + a)(1)", "a", ""),
    # comprehensions
    ("[a for a in b]", "b", ""),
    ("{a: c for a, c in b if a if d}", "b d", ""),
    ("{a for b in c for a in b}", "c", ""),
    ("[[a for a in b] for b in c]", "c", ""),
    ("[(d := a) for a in b]", "b", "d"),
    ("any((hit := a) > c for a in b)", "b c", "hit"),
    ("[a async for a in b]", "b", ""),
    ("a = [a for a in a]", "a", "a"),
    ("x = 1\n[x for y in ys]", "ys", "x"),
    ("[f() for f in [lambda: a]]", "a", ""),
    # classes
    ("class A: pass", "", "A"),
    ("class A(B, metaclass=C, k=d): pass", "B C d", "A"),
    ("class A: b = a", "a", "A"),
    ("class A:\n    a = 1\n    b = a", "", "A"),
    ("class A:\n    a = a", "a", "A"),
    ("class A:\n    a = 1\n    b = [a for _ in c]", "a c", "A"),
    ("class A:\n    def f(self, x=d): return a", "d", "A"),
    ("class A:\n    x: T = 1", "T", "A"),
    ("class A:\n    global b\n    b = 1", "", "A b"),
    ("@dec(a)\nclass A: pass", "a dec", "A"),
    # match
    ("match a:\n    case 1: b = 1", "a", "b"),
    ("match a:\n    case [b, *c]: pass", "a", "b c"),
    ("match a:\n    case {'k': b, **c}: pass", "a", "b c"),
    ("match a:\n    case P(b, x=c): pass", "P a", "b c"),
    ("match a:\n    case N.B: pass", "N a", ""),
    ("match a:\n    case (1 | 2) as b: pass", "a", "b"),
    ("match a:\n    case [b, 1] | [1, b]: pass", "a", "b"),
    ("match a:\n    case b if b > c: pass", "a c", "b"),
    ("match a:\n    case 1: b = 1\n    case _: b = 2\nb", "a", "b"),
    ("match a:\n    case 1: b = 1\nb", "a b", "b"),
    # strings
    ("f'{a!r:>{b}} {c=}'", "a b c", ""),
    ("f'{(d := a)}'", "a", "d"),
    ("f'{[x for x in a]}'", "a", ""),
    # order
    ("a = 1\nb = a", "", "a b"),
    ("b = a\na = 1", "a", "a b"),
    ("a = a + 1", "a", "a"),
    ("del a\na = 1", "a", "a"),
    ("a = 1\ndel a\na", "", "a"),
    ("await a", "a", ""),
    ("yield_ = a[b](c, *d, **e)", "a b c d e", "yield_"),
    ("print(len(a))", "a", ""),
    ("", "", ""),
    ("# a = 1", "", ""),
    ("'a = b'", "", ""),
]
if sys.version_info >= (3, 12):
    BINDING += [
        ("type A = B", "", "A"),
        ("type A[T: U] = list[T]", "", "A"),
        ("def f[T: U](a: T) -> T: pass", "U", "f"),
        ("class A[T](B[T]): pass", "B", "A"),
        ("f'{f'{a}'}'", "a", ""),
        ("class A[*Ts, **P]:\n    x: Ts", "", "A"),
    ]
if sys.version_info >= (3, 13):
    BINDING += [("class A[T = D]: pass", "D", "A")]
if sys.version_info >= (3, 14):
    BINDING += [("t'{a:{b}} {c!r}'", "a b c", ""), ("try: pass\nexcept A, B: pass", "A B", "")]


@pytest.mark.parametrize(("source", "reads", "writes"), BINDING, ids=[case[0] for case in BINDING])
def test_a_cell_reads_and_binds(source: str, reads: str, writes: str) -> None:
    names = analyse(source)
    assert (sorted(names.reads), sorted(names.writes)) == (sorted(reads.split()), sorted(writes.split()))
    assert names.opaque is None


SURELY = [
    ("a = 1\nif x: b = 1", "a"),
    ("for i in xs: a = 1", ""),
    ("for i in [1, 2]: a = 1", "i"),
    ("try: a = 1\nexcept E: pass", ""),
    ("try: a = 1\nexcept E: raise", "a"),
    ("try: a = 1\nfinally: b = 2", "a b"),
    ("with open(p) as f: a = f.read()", "a f"),
    ("from contextlib import suppress\nwith suppress(E): a = 1", "suppress"),
    ("with perhaps_swallowing() as c: a = 1", "c"),
    ("x or (a := 1)", ""),
    ("[(a := x) for x in xs]", ""),
    ("match x:\n    case 1: a = 1\n    case _: a = 2", "a"),
    ("match x:\n    case 1: a = 1", ""),
    ("def f():\n    global a\n    a = 1\nf()", "f"),
    ("while True:\n    a = 1\n    break", ""),
    ("if 1: a = 1", "a"),
    ("del a", "a"),
    ("if x:\n    raise E\nelse:\n    a = 1", "a"),
]


@pytest.mark.parametrize(("source", "surely"), SURELY, ids=[case[0] for case in SURELY])
def test_a_name_is_surely_bound_when_every_way_through_binds_it(source: str, surely: str) -> None:
    assert sorted(analyse(source).kills) == sorted(surely.split())


CHANGING = [
    # stores
    ("a[0] = 1", "a"),
    ("a.b.c = 1", "a"),
    ("a[0].b[1] = 1", "a"),
    ("del a[0]", "a"),
    ("a += [1]", "a"),
    ("a.b += 1", "a"),
    ("for a.x in xs: pass", "a"),
    ("with f() as a.x: pass", "a f"),
    # bare expression statements
    ("a.anything()", "a"),
    ("a.b.anything()", "a"),
    ("a[0].anything()", "a"),
    ("from lib import work\nwork(a)", "a"),
    ("from lib import work\nwork(x=a)", "a"),
    ("from lib import work\nwork([a], {'k': b})", "a b"),
    ("from lib import work\nwork(*a, **b)", "a b"),
    ("from lib import work\nprint(work(a))", "a"),
    # where the result is used
    ("b = a.pop()", "a"),
    ("b = a.anything()", "a"),
    ("b = next(a)", "a"),
    ("from lib import work\nb = work(a)", ""),
    ("import heapq\nb = heapq.heappop(a)", "a"),
    ("[a.append(x) for x in xs]", "a"),
    ("b = [a.pop() for _ in range(3)]", "a"),
    ("if a.pop(): pass", "a"),
    # looking does not change
    ("print(a, len(a), sorted(a))", ""),
    ("a", ""),
    ("a.head(n)", ""),
    ("a.x.mean()", ""),
    ("a.groupby('k').agg('sum')", ""),
    ("b = a.copy()", ""),
    ("a.plot.scatter(x='x', y='y')", ""),
    ("a.str.replace('x', 'y')", ""),
    ("import matplotlib.pyplot as plt\nplt.plot(a)\nplt.show()", ""),
    ("import seaborn as sns\nsns.histplot(a, x='x')", ""),
    ("import numpy as np\nb = np.sqrt(a)", ""),
    ("a.fillna(0)", ""),
    ("display(a)", ""),
    # unless it says so
    ("a.fillna(0, inplace=True)", "a"),
    ("a.sort_values('x', inplace=False)", ""),
    ("import numpy as np\nnp.add(a, 1, out=b)", "b"),
    ("import random\nrandom.shuffle(a)", "a"),
    ("setattr(a, 'x', 1)", "a"),
    # the notebook's own functions
    ("def f(x): x.append(1)\nb = f(a)", "a"),
    ("def f(x, y): x.append(y)\nb = f(a, c)", "a"),
    ("def f(x, *, y): y.append(x)\nf(c, y=a)", "a"),
    ("def f(x): return x + 1\nf(a)", ""),
    ("def f(x):\n    y = x\n    y.append(1)\nb = f(a)", "a"),
    ("def f(x):\n    for row in x: row.append(1)\nb = f(a)", "a"),
    ("def g(x): x.append(1)\ndef f(x): g(x)\nb = f(a)", "a"),
    ("def f(*x): x[0].append(1)\nb = f(a)", "a"),
    ("f = lambda x: x.append(1)\nb = f(a)", "a"),
    ("class C:\n    def m(self, x): x.append(1)\nb = C()\nc = b.m(a)", "a"),
    ("class C:\n    def m(self): self.n = 1\nb = C()\nc = b.m()", "b"),
    ("class C:\n    def look(self): return 1\nb = C()\nc = b.look()", ""),
    ("def f(x, acc=[]): acc.append(x)\nb = f(1)", "f"),
    ("def f(x): f.count += 1\nb = f(1)", "f"),
    ("import functools\n@functools.cache\ndef f(x): return x\nb = f(a)", "f"),
]


@pytest.mark.parametrize(("source", "changed"), CHANGING, ids=[case[0] for case in CHANGING])
def test_what_a_cell_may_change_in_place(source: str, changed: str) -> None:
    names = analyse(source)
    later = {name for one in names.uses if one in names.carried for name in names.carried[one].mutates}
    itself = {one for one in names.uses if one in names.carried and names.carried[one].changes_itself}
    assert set(names.mutates) | later | itself == set(changed.split())


SHARING = [
    ("b = a", "a>b b>a"),
    ("b = a if c else d", "a>b b>a b>d d>b"),
    ("b = a or c", "a>b b>a b>c c>b"),
    ("b = [a, {'k': c}]", "a>b c>b"),
    ("b = a.x", "b>a"),
    ("b = a[0]", "b>a"),
    ("b, c = a", "b>a c>a"),
    ("b, c = a, d", "a>b b>a c>d d>c"),
    ("for b in a: pass", "b>a"),
    ("b = (c := a)", "a>b a>c b>a c>a"),
    ("b[0] = a", "a>b"),
    ("b.append(a)", "a>b"),
    ("with a as b: pass", "a>b b>a"),
    ("b = a + c", ""),
    ("b = a.mean()", ""),
    ("b = f'{a}'", ""),
    ("b = len(a)", ""),
    ("b = list(a)", "a>b"),
    ("b = a[['x', 'y']]", ""),
    ("b = a[a.x > 1]", ""),
    ("b = a.shape[0]", ""),
    ("def f(x): return x\nb = f(a)", "a>b b>a"),
    ("def f(x): return [x]\nb = f(a)", "a>b"),
    ("def f(x): return 1\nb = f(a)", ""),
    ("def f(x=a): pass", "a>f"),
    ("class C: x = a", "a>C"),
]


@pytest.mark.parametrize(("source", "pairs"), SHARING, ids=[case[0] for case in SHARING])
def test_which_names_share_an_object(source: str, pairs: str) -> None:
    found = {f"{part}>{whole}" for part, whole in analyse(source).shares if part != whole}
    assert set(pairs.split()) <= found
    if not pairs:
        assert not found


CARRIED = [
    ("def f(): return a", "f", "a"),
    ("def f():\n    def g(): return a\n    return g()", "f", "a"),
    ("def f(): return [a for x in b]", "f", "a b"),
    ("def f(a): return a + b", "f", "b"),
    ("def f():\n    if x: a = 1\n    return a", "f", "x"),
    ("def f():\n    import os\n    return os", "f", ""),
    ("def f(): return f()", "f", "f"),
    ("f = lambda x: x + a", "f", "a"),
    ("class A:\n    def m(self): return a", "A", "a"),
    ("class A:\n    b = 1\n    def m(self): return b", "A", "b"),
    ("class A:\n    @property\n    def p(self): return a", "A", "a"),
    ("class A:\n    class B:\n        def m(self): return a", "A", "a"),
    ("g = (x + a for x in b)", "g", "a"),
    ("def f(): yield a", "f", "a"),
    ("def make():\n    def inner(): return a\n    return inner\nf = make()", "f", "a"),
    ("fs = {'k': lambda: a}", "fs", "a"),
]


@pytest.mark.parametrize(("source", "carrier", "reads"), CARRIED, ids=[case[0] for case in CARRIED])
def test_what_is_read_later_belongs_to_the_name_that_carries_it(source: str, carrier: str, reads: str) -> None:
    carried = analyse(source).carried.get(carrier)
    found = set(carried.reads) if carried else set()
    assert found - {"print"} == set(reads.split())
    assert set(reads.split()).isdisjoint(analyse(source).reads - {"b"})


def test_a_function_handed_to_a_call_may_run_at_once_and_later() -> None:
    names = analyse("from functools import partial\nf = partial(lambda x: a, 1)")
    assert "a" in names.reads
    assert "a" in names.carried["f"].reads


OPAQUE = [
    ("exec('a = 1')", "exec()"),
    ("b = eval(text)", "eval()"),
    ("globals()['a'] = 1", "globals()"),
    ("a = locals()", "locals()"),
    ("print(vars())", "vars()"),
    ("dir()", "dir()"),
    ("from math import *", "from math import *"),
    ("get_ipython().run_line_magic('x', '')", "get_ipython()"),
    ("if x:\n    exec(code)", "exec()"),
    ("a = (", "a text that is not Python"),
    ("class", "a text that is not Python"),
]


@pytest.mark.parametrize(("source", "reason"), OPAQUE, ids=[case[0] for case in OPAQUE])
def test_a_text_that_cannot_be_known_says_why(source: str, reason: str) -> None:
    opaque = analyse(source).opaque
    assert opaque is not None
    assert (opaque.opacity, opaque.reason) == (Opacity.ANYTHING, reason)


@pytest.mark.parametrize("source", ["vars(a)", "dir(a)", "def f(): return locals()", "exec = 1\nexec", "a.eval('b')"])
def test_what_only_looks_like_it_is_not_opaque(source: str) -> None:
    assert analyse(source).opaque is None


def test_a_function_that_cannot_be_known_makes_its_users_opaque_not_its_own_cell() -> None:
    names = analyse("def f(code): exec(code)")
    assert names.opaque is None
    assert names.carried["f"].opaque is not None


def test_a_parse_error_is_told_with_its_line() -> None:
    assert (analyse("a = 1\nb = = 2").parse_error or "").startswith("line 2:")


@pytest.mark.parametrize("source", ["\0", "a" * 10 + "(" * 5000, "x = " + "-" * 100_000 + "1", "\ud800 = 1"])
def test_no_text_makes_the_analysis_fail(source: str) -> None:
    assert analyse(source).opaque is not None


LOOKED_UP = [
    ("df.query('x > @limit')", "limit"),
    ("df.query(f'x > @limit and y < {top}')", "limit"),
    ("df.eval('a + @b')", "b"),
    ("import duckdb\nduckdb.sql('select * from frame')", "frame"),
    ("import statsmodels.formula.api as smf\nsmf.ols('y ~ scale(x)', data=df)", "scale"),
]


@pytest.mark.parametrize(("source", "name"), LOOKED_UP, ids=[case[0] for case in LOOKED_UP])
def test_names_that_a_library_looks_up_from_a_string_are_found(source: str, name: str) -> None:
    assert name in analyse(source).templates
