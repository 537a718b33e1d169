"""What the probe sees of an execution: every change, through whatever name it was made, and no change that was none."""

# ruff: noqa: E501 (cells of notebooks, as they are written)

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from projects.notebook.reactivity import runtime_probe
from projects.notebook.reactivity.progress import Observation


def observe(before: str, cell: str) -> Observation:
    """What running `cell` after `before` is seen to do."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    probe = runtime_probe.Probe(namespace)
    exec(before, namespace)
    probe.before()
    exec(cell, namespace)
    return Observation.from_json(json.loads(json.dumps(probe.after())))


CHANGED = [
    ("xs = [1]", "xs.append(2)", "xs"),
    ("xs = [1]; ys = xs; d = {'k': [xs]}; zs = [1]", "xs.append(2)", "d xs ys"),
    ("xs = [[-1]]", "xs[0][0] = -2", "xs"),
    ("xs = [1]", "xs[0] = 1.0", "xs"),
    ("xs = [1]", "xs[0] = True", "xs"),
    ("xs = [1, 2]; ys = [xs[0]]", "xs.reverse()", "xs"),
    ("xs = list(range(100))", "xs[50] = -50", "xs"),
    ("d = {'a': 1}", "d['b'] = d.pop('a')", "d"),
    ("s = {1, 2}", "s.add(3)", "s"),
    ("xs = [1]", "xs.append(2); xs.pop()", ""),
    ("import collections; q = collections.deque([1])", "q.append(2)", "q"),
    ("import collections; c = collections.Counter('a')", "c.update('b')", "c"),
    ("class A: pass\na = A(); b = [a]", "a.x = 1", "a b"),
    ("class A:\n    __slots__ = ('x',)\na = A()", "a.x = 1", "a"),
    ("class A:\n    items = []\na = A()", "a.items.append(1)", "A a"),
    ("class A: k = 1\na = A()", "A.k = 2", "A a"),
    ("def f(v, acc=[]):\n    acc.append(v)", "f(1)", "f"),
    ("def f(): f.n = 1", "f()", "f"),
    (
        "def make():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1\n    return step\nf = make()",
        "f()",
        "f",
    ),
    ("b = bytearray(b'a')", "b[0] = 98", "b"),
    ("import functools; xs = []; p = functools.partial(print, xs)", "xs.append(1)", "p xs"),
    ("xs = []; m = xs.append", "m(1)", "xs"),
    ("xs = []; xs.append(xs)", "xs.append(1)", "xs"),
    ("x = 1; y = 'a'; t = (1, 'a')", "x + 1", ""),
    ("import datetime; d = [datetime.date(2021, 1, 1)]", "d[0] = datetime.date(2021, 1, 2)", "d"),
]


@pytest.mark.parametrize(("before", "cell", "changed"), CHANGED, ids=[f"{case[0]} | {case[1]}" for case in CHANGED])
def test_what_was_changed_in_place(before: str, cell: str, changed: str) -> None:
    seen = observe(before, cell)
    assert seen.changed == set(changed.split())
    assert not seen.bound
    assert not seen.deleted


def test_what_was_bound_and_deleted() -> None:
    seen = observe("a = 1; b = [1]; c = 3", "a = 2; b = [1]; d = 4; del c; exec('e = 5')")
    assert seen.bound == {"a", "b", "d", "e"}
    assert seen.deleted == {"c"}


def test_names_of_the_kernel_itself_are_not_looked_at() -> None:
    assert not observe("pass", "_ = 1; __ = 2; _3 = 4; _i5 = ''; In = []; Out = {}; _mine = 1").bound - {"_mine"}


ALIASES = [
    ("a = [1]; b = a; c = [1]", {"a b"}),
    ("a = [1]; b = {'k': a}", {"a b"}),
    ("x = [1]; a = [x]; b = [x]; del x", {"a b"}),
    ("a = (1, 'a'); b = a; c = 5; d = c", set()),
    ("class A: pass\na = A(); b = A()", set()),
    ("class A: items = []\na = A(); b = A()", {"A a b"}),
    ("def f(): pass\ng = f", set()),
    ("import math; a = math; b = math.sqrt; c = math.sqrt", set()),
    ("a = [1]; it = iter(a)", {"a it"}),
    ("a = [1]; f = lambda: a\ndef g(x=a): return x", {"a g"}),
]


@pytest.mark.parametrize(("before", "groups"), ALIASES, ids=[case[0] for case in ALIASES])
def test_which_names_share_changeable_objects(before: str, groups: set[str]) -> None:
    assert {" ".join(sorted(group)) for group in observe(before, "pass").aliases} == groups


def test_what_functions_inside_will_look_up() -> None:
    seen = observe(
        "rate = 1\ndef f(): return rate + fs.limit\nfs = [f]\n"
        "class A:\n    def m(self): return other(self.limit)\na = A()",
        "pass",
    )
    assert seen.carries["fs"] == {"rate", "fs"}
    assert seen.carries["a"] == {"other"}


def test_what_reading_uses_up() -> None:
    seen = observe("g = (x for x in [1]); it = iter([1]); m = map(str, [1]); xs = [1]", "pass")
    assert seen.iterators == {"g", "it", "m"}
    assert {"g", "it", "m"} <= seen.unknown


def test_what_is_too_large_is_unknown_and_never_unchanged() -> None:
    seen = observe("xs = [[i] for i in range(50_000)]", "xs[49_999].append(1)")
    assert "xs" in seen.unknown


def test_a_long_list_of_numbers_is_not_too_large() -> None:
    seen = observe("xs = list(range(200_000))", "xs[199_999] = 0")
    assert seen.changed == {"xs"}


def test_a_cell_that_fails_is_seen_too() -> None:
    namespace: dict[str, object] = {"xs": []}
    probe = runtime_probe.Probe(namespace)
    probe.before()
    with pytest.raises(ZeroDivisionError):
        exec("xs.append(1)\n1 / 0", namespace)
    assert probe.after()["changed"] == ["xs"]


def test_the_probe_needs_nothing_but_python(tmp_path: Path) -> None:
    """It is loaded into kernels whose environment is not ours."""
    shutil.copy(runtime_probe.__file__, tmp_path / "probe.py")
    code = "import probe; p = probe.Probe({'xs': [1]}); p.before(); p.namespace['xs'].append(2); print(p.after()['changed'])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "['xs']\n"
