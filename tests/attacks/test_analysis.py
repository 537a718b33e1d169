# ruff: noqa: E501 -- a notebook a line
"""Notebooks of mallory's that ask for too much: each costs some seconds and megabytes, in another process."""

import resource
import time
from itertools import pairwise

import pytest

from apps_runtime.pages import graph_places
from projects import confined
from projects.notebook.analysis.budget import REASON
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.files.parameters import PARAMETERS_TAG, offers_of
from projects.notebook.reactivity import graph as dataflow
from projects.notebook.reactivity import planner
from projects.notebook.reactivity.graph import CellSource
from projects.notebook.reactivity.progress import KernelProgress

FEW = 500
EVERY = ", ".join(f"v{i}" for i in range(FEW))


def lines(template: str, count: int) -> str:
    return "\n".join(template.format(i=i, j=i - 1) for i in range(1, count))


# name -> the cells, and whether they are followed in the end
NOTEBOOKS = {
    "one name after the other": ([lines("v{i}=v{j}+1", 4_000)], True),
    "one list in the other": ([lines("v{i}=[v{j}]", 4_000)], False),
    "all cells read all of each other": ([f"v{i} = [{EVERY}]" for i in range(FEW)], False),
    "all lists in one another": (["\n".join(f"v{i}.append(v{j})" for i in range(60) for j in range(60))], True),
    "branches": ([lines("if a{i}: b{i} = 1\nelse: b{i} = 2", 3_000)], True),
    "handlers": ([lines("try:\n a{i} = 1\nexcept E as e: a{i} = 2", 3_000)], True),
    "functions that call one another": ([lines("def f{i}(): return f{j}() + g{i}", 2_000), "f1999()"], True),
    "methods": (["class A:\n" + lines(" def m{i}(self): return self.m{j}() + x{i}", 5_000)], False),
    "imports": ([lines("import m{i}", 10_000)], True),
    "stars": ([lines("from m{i} import *", 5_000)], None),
    "globals": (["def f():\n global " + ", ".join(f"g{i}" for i in range(5_000)) + "\n" + lines(" g{i} = 1", 5_000)], True),
    "a dictionary": (["d = {" + ", ".join(f"'{i}': a{i}" for i in range(14_000)) + "}"], False),
    "targets": (["=".join(f"a{i}" for i in range(3_000)) + "=[]"], False),
    "alternatives": (["x = " + " or ".join(f"a{i}" for i in range(8_000))], False),
    "arguments": (["f(" + ", ".join(f"a{i}" for i in range(20_000)) + ")"], True),
    "decorators": (["\n".join(f"@d{i}" for i in range(3_000)) + "\ndef f(): pass"], True),
    "f-strings": ([lines("f'{{a{i}}}{{b{i}!r:>{{c{i}}}}}'", 8_000)], False),
    "parentheses": (["(" * 100_000 + ")" * 100_000], None),
    "attributes": (["a" + ".b" * 50_000], None),
    "lambdas": (["lambda: " * 500 + "x"], None),
    "functions in functions": (["\n".join(" " * i + f"def f{i}():" for i in range(90)) + "\n" + " " * 90 + "return x"], True),
    "cells that may do anything": (["exec('x')\nv{i} = 1".replace("{i}", str(i)) for i in range(FEW)], False),
    "a notebook of 10 MB": (["x" + " " * 20_000 + "= 1"] * FEW, True),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_costs_no_more_than_it_may(name):
    sources, is_followed = NOTEBOOKS[name]
    cells = [CellSource(f"c{number}", source) for number, source in enumerate(sources)]
    graph = confined.call(dataflow.build, cells, seconds=10, megabytes=200)
    reasons = {flow.opaque for flow in graph.flows} - {None}
    if is_followed is not None:
        assert (REASON in reasons) is not is_followed
    assert graph.weight < 20_000_000
    # What the processes that serve do with it.
    before, began = _peak(), time.process_time()
    done = planner.all_done(graph)
    planner.plan(graph, KernelProgress())
    planner.plan(graph, done)
    assert time.process_time() - began < 5
    assert _peak() - before < 200


def test_a_long_cell_of_parameters_is_offered_in_time():
    cell = Cell("p", CellKind.CODE, "\n".join(f"v{i}=1" for i in range(20_000)), metadata={"tags": [PARAMETERS_TAG]})
    began = time.process_time()
    assert len(offers_of(Notebook((cell,)), "p")) == 20_000
    assert time.process_time() - began < 10  # 20,000 lines, each looked for among all, took minutes


def test_a_picture_whose_layers_take_too_long_is_a_column():
    ids = [f"c{i}" for i in range(FEW)]
    feeds = [("c0", one) for one in ids[1:]] + list(pairwise(ids))
    with pytest.raises(confined.NotDone):
        confined.call(graph_places.in_layers, ids, feeds, seconds=1)
    assert graph_places.in_a_column(ids)["c2"] == (0, 10 + 2 * (graph_places.HEIGHT + graph_places.DOWN))


def test_one_long_cell_leaves_the_others_as_they_are():
    cells = ["n = 1", lines("v{i} = [v{j}]\nw{i} = (v{i}, v{j})", 6_000), "m = n + v7"]
    graph = dataflow.build([CellSource(f"c{number}", source) for number, source in enumerate(cells)])
    assert [flow.opaque for flow in graph.flows] == [None, REASON, None]
    assert [(edge.source, edge.target, edge.reason) for edge in graph.edges] == [
        ("c0", "c1", "uses a text too long to be followed, so it may read everything above"),
        ("c1", "c2", "reads n and v7"),
    ]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
