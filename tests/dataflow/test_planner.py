"""Which cells run, in which order, and the reason each gives."""

# ruff: noqa: E501 (cells of notebooks, as they are written)

from __future__ import annotations

import json

import pytest

from projects.notebook.reactivity.description import UnknownInput, describe
from projects.notebook.reactivity.graph import Graph
from projects.notebook.reactivity.planner import (
    ReasonKind,
    advance,
    after_failure,
    all_done,
    plan,
    standing,
)
from projects.notebook.reactivity.progress import CellOutcome, KernelProgress, Observation, record
from tests.dataflow.playing import Session, notebook


def after_change(*cells: str, changed: str = "n") -> list[str]:
    """The ids of the plan after everything ran once and one input changed, as `manage.py graph --changed` gives them."""
    graph, _ = notebook(*cells)
    return describe(graph, [changed])["plan"]


CASES = [
    # forward
    (["input n = 1", "a = n", "b = a", "c = 1"], "c2 c3"),
    (["input n = 1", "a = 1", "b = a"], ""),
    (["a = n", "input n = 1"], ""),
    (["input n = 1", "input m = 1", "a = n", "b = m"], "c3"),
    (["input n = 1", "n = 2", "a = n"], "c2"),
    (["input n = 1", "def f(): return n", "f()", "g = 1"], "c3"),
    (["input n = 1", "if n > 1: a = 1", "a"], "c2 c3"),
    # backward: the value was overwritten or changed since
    (["df = load()", "input n = 1", "df = df[df.x > n]", "df"], "c1 c3 c4"),
    (["df = load()", "input n = 1", "df['y'] = n", "df"], "c1 c3 c4"),
    (["df = load()", "top = df.head()", "input n = 1", "df['y'] = n", "top"], "c1 c4"),
    (["xs = []", "input n = 1", "xs.append(n)", "xs.append(2)", "xs"], "c1 c3 c4 c5"),
    (["xs = []", "xs.append(1)", "input n = 1", "xs.append(n)"], "c1 c2 c4"),
    (["a = 1", "b = a", "input n = 1", "c = b + n", "b = 7"], "c2 c4 c5"),
    (["xs = []", "ys = xs", "input n = 1", "ys.append(n)", "xs"], "c1 c2 c4 c5"),
    (["xs = []", "def add(v): xs.append(v)", "input n = 1", "add(n)", "xs"], "c1 c4 c5"),
    (["import functools\n@functools.cache\ndef f(v): return v + n", "input n = 1", "f(1)"], "c1 c3"),
    (["it = iter([1, 2])", "input n = 1", "a = next(it) + n", "b = next(it)"], "c1 c3 c4"),
    # every name holds at the end what its last cell makes
    (["input n = 1", "a = n", "print(a)", "a = 100", "print(a)"], "c2 c3 c4"),
    (["input n = 1", "a = n", "b = 1\na = 2", "b"], "c2 c3"),
    (["input n = 1", "fig = n", "fig = 2", "fig = 3"], "c2 c4"),
    # inputs are made again like everything else; the changed one is not listed
    (["input n = 1", "input m = 1", "n = n + m"], "c3"),
    (["input n = 1", "n = n + 1", "n"], "c2 c3"),
    # order within one cell
    (["input n = 1", "n = 5\na = n"], "c2"),
    # always run
    (["input n = 1", "always t = now()", "t"], "c2 c3"),
    # what cannot be analysed
    (["a = 1", "input n = 1", "exec('b = n')", "b", "c = 1"], "c1 c3 c4 c5"),
    (["a = 1", "input n = 1", "!ls {n}", "a"], "c3 c4"),
    (["exec('xs = []')", "input n = 1", "xs.append(n)", "xs"], "c1 c3 c4"),
    (["from m import *", "input n = 1", "def f(): xs.append(n)", "f()", "xs"], "c1 c3 c4 c5"),
    # what was taken out of a list may be what another name has put into it
    (
        ["xs = [1]\nnest = [xs, [5]]", "input n = 1", "ys = nest[0]", "xs.append(n)", "ys", "len(nest)"],
        "c1 c3 c4 c5 c6",
    ),
    (["xs = [1]", "d = {'k': xs}", "input n = 1", "ys = d['k']", "xs[0] = n", "ys"], "c1 c2 c4 c5 c6"),
    # decorators: one that may call what it decorates, and one that surely does not
    (["input n = 1", "from lib import interact", "@interact(a=3)\ndef g(a): print(n)"], "c3"),
    (["input n = 1", "import functools", "@functools.cache\ndef g(a): return n"], ""),
    # drawing leaves pyplot as it was; settings do not
    (["import matplotlib.pyplot as plt", "input n = 1", "plt.scatter(n, n)\nplt.close()", "plt.plot(1)"], "c3"),
    (["import matplotlib.pyplot as plt", "input n = 1", "plt.rcParams.update({'x': n})", "plt.plot(1)"], "c3 c4"),
]


@pytest.mark.parametrize(("cells", "expected"), CASES, ids=[" | ".join(case[0]) for case in CASES])
def test_the_plan_after_an_input_changed(cells: list[str], expected: str) -> None:
    assert after_change(*cells) == expected.split()


def test_an_unchanged_input_is_delivered_again_where_a_cell_overwrote_it() -> None:
    assert after_change("input n = 1", "input m = 1", "n = n + m", changed="m") == ["c1", "c3"]


def test_a_plan_is_in_the_order_of_the_notebook() -> None:
    graph, _ = notebook("a = 1", "input n = 1", "a = a + n", "b = a", "a = b + a")
    found = plan(graph, all_done(graph).begin(), ["n"]).cell_ids
    assert list(found) == sorted(found, key=graph.position.__getitem__)


# -- reasons ------------------------------------------------------------------------------------------------------


def reasons(graph: Graph, progress: KernelProgress, changed: list[str] | None = None) -> dict[str, str]:
    """Cell id -> the sentence of its reason."""
    return {step.cell_id: step.reason.sentence() for step in plan(graph, progress, changed or []).steps}


def test_every_cell_says_why_it_runs() -> None:
    graph, _ = notebook(
        "df = load()", "input n = 1", "df['y'] = n", "mean = df.y.mean()", "fig = mean", "always t = 1", "fig = 2"
    )
    assert reasons(graph, all_done(graph).begin(), ["n"]) == {
        "c1": "makes df again, because cell 3 changed it afterwards",
        "c2": "n changed",
        "c3": "reads n, which changed",
        "c4": "reads df, which cell 3 makes new",
        "c5": "reads mean, which cell 4 makes new",
        "c6": "is set to run always",
        "c7": "puts fig back, because cell 5 runs again above it",
    }


def test_cells_that_never_ran_say_so() -> None:
    graph, _ = notebook("a = 1", "input n = 1")
    assert reasons(graph, KernelProgress()) == {"c1": "never ran", "c2": "never ran"}


def test_an_edited_cell_runs_and_its_readers_after_it() -> None:
    graph, _ = notebook("a = 1", "b = a", "c = 1")
    edited, _ = notebook("a = 2", "b = a", "c = 1")
    assert reasons(edited, all_done(graph).begin()) == {
        "c1": "was edited since it ran",
        "c2": "reads a, which cell 1 makes new",
    }


def test_a_name_that_no_cell_binds_any_more_is_removed() -> None:
    graph, _ = notebook("a = 1\nb = 2", "c = a")
    edited, _ = notebook("a = 1", "c = a")
    found = plan(edited, all_done(graph).begin())
    assert found.cell_ids == ("c1", "c2")
    assert found.forget == ("b",)


def test_a_name_that_would_not_be_bound_yet_is_removed_before_the_cell() -> None:
    graph, _ = notebook("input n = 1", "try:\n    print(a, n)\nexcept NameError:\n    print('none')", "a = 1")
    steps = {step.cell_id: step for step in plan(graph, all_done(graph).begin(), ["n"]).steps}
    assert steps["c2"].forget == ("a",)
    assert list(steps) == ["c1", "c2", "c3"]


def test_a_failed_and_an_interrupted_cell_are_stale() -> None:
    graph, _ = notebook("a = 1", "b = 1")
    progress = record(all_done(graph), graph, "c1", CellOutcome.FAILED)
    progress = record(progress, graph, "c2", CellOutcome.INTERRUPTED).begin()
    assert reasons(graph, progress) == {"c1": "its last run failed", "c2": "its last run was interrupted"}


# -- failures -----------------------------------------------------------------------------------------------------


def test_what_depends_on_a_failed_cell_does_not_run_and_the_rest_does() -> None:
    graph, _ = notebook("a = 1", "b = a", "c = b", "d = 1", "e = d", "f = e + c")
    current = plan(graph, KernelProgress().begin())
    remaining = after_failure(current, "c2")
    assert remaining.cell_ids == ("c4", "c5")
    assert remaining.blocked == {"c2", "c3", "c6"}


def test_a_failed_cell_is_not_tried_again_in_the_same_round_but_in_the_next() -> None:
    graph, _ = notebook("a = 1", "b = a", "c = 1")
    progress = KernelProgress().begin()
    progress, current = advance(graph, progress, plan(graph, progress), CellOutcome.FAILED)
    assert current.cell_ids == ("c3",)
    assert current.blocked == {"c1", "c2"}
    assert plan(graph, progress.begin()).cell_ids == ("c1", "c2", "c3")


def test_both_ways_to_go_on_after_a_failure_agree() -> None:
    cells = ["input n = 1", "a = n", "b = a", "c = n", "a = c", "d = a"]
    graph, _ = notebook(*cells)
    progress = all_done(graph).begin().with_changed(graph, ["n"])
    current = plan(graph, progress)
    progress, current = advance(graph, progress, current)
    remaining = after_failure(current, "c2")
    _, again = advance(graph, progress, current, CellOutcome.FAILED)
    assert remaining.cell_ids == again.cell_ids == ("c4", "c5", "c6")


def test_standing_tells_what_can_be_relied_on() -> None:
    graph, _ = notebook("input n = 1", "a = n", "b = 1")
    now = standing(graph, all_done(graph).begin().with_changed(graph, ["n"]))
    assert set(now.stale) == {"c1", "c2"}
    assert now.names == {"b"}


# -- a live session -----------------------------------------------------------------------------------------------


def test_a_value_changed_there_and_back_makes_nothing_stale() -> None:
    graph, _ = notebook("input n = 1", "a = n")
    progress = KernelProgress().begin().with_inputs(graph, {"n": 1})
    for cell_id in ("c1", "c2"):
        progress = record(progress, graph, cell_id)
    assert plan(graph, progress.with_inputs(graph, {"n": 2})).cell_ids == ("c1", "c2")
    assert plan(graph, progress.with_inputs(graph, {"n": 1})).cell_ids == ()


def test_an_input_is_a_step_that_delivers_data() -> None:
    graph, _ = notebook("input n = 1", "a = n")
    steps = plan(graph, all_done(graph).begin(), ["n"]).steps
    assert [(step.cell_id, step.deliver, step.reason.kind) for step in steps] == [
        ("c1", True, ReasonKind.INPUT),
        ("c2", False, ReasonKind.READS),
    ]


def test_a_cell_seen_to_leave_a_name_alone_stops_the_change_there() -> None:
    session = Session(*notebook("input n = 1", "from statistics import mean", "xs = [1]",
                                "class Box:\n    def look(self, n): return n\n    def add(self, n):\n        if n > 5: self.n = n\nbox = Box()",
                                "box.add(n)", "print(box.look(1))"))  # fmt: skip
    session.run({"n": 1})
    session.run({"n": 2})
    assert session.played == ["c5"]
    session.run({"n": 7})
    assert session.played == ["c5", "c6"]
    session.run({"n": 8})
    assert session.played == ["c4", "c5", "c6"]


def test_what_was_learned_is_used_from_then_on() -> None:
    """`fetch` changes its argument, which no text tells; the probe sees it, and the next plan knows."""
    source = "xs.append(v); return 0"
    session = Session(*notebook("input n = 1", "import types\nlib = types.SimpleNamespace()\nexec('def fetch(xs, v): " + source + "')\nlib.fetch = fetch",
                                "xs = []", "a = lib.fetch(xs, n)", "print(xs)"))  # fmt: skip
    session.run({"n": 1})
    session.run({"n": 2})
    assert session.outputs["c5"] == "[2]\n"


def test_without_observation_a_method_call_counts_as_a_change() -> None:
    assert after_change("box = Box()", "input n = 1", "box.unknown(n)", "box") == ["c1", "c3", "c4"]


def test_progress_survives_storage() -> None:
    session = Session(*notebook("input n = 1", "xs = [n]", "ys = xs", "exec('z = n')", "ys.append(z)", "1 / 0"))
    session.run({"n": 1})
    stored = KernelProgress.from_json(json.loads(json.dumps(session.progress.to_json())))
    assert stored == session.progress
    assert plan(session.graph, stored.begin()) == plan(session.graph, session.progress.begin())


def test_an_observation_must_be_complete() -> None:
    with pytest.raises(KeyError):
        Observation.from_json({"bound": []})


# -- the command --------------------------------------------------------------------------------------------------


def test_the_description_is_what_the_command_promises() -> None:
    graph, _ = notebook("input n = 1", "a = len([n])", "!ls", "a")
    described = json.loads(json.dumps(describe(graph, ["n"])))
    assert described == {
        "cells": [
            {"id": "c1", "reads": [], "writes": ["n"], "opaque": False},
            {"id": "c2", "reads": ["n"], "writes": ["a"], "opaque": False},
            {"id": "c3", "reads": ["a", "n"], "writes": [], "opaque": True},
            {"id": "c4", "reads": ["a"], "writes": [], "opaque": False},
        ],
        "edges": [
            {"from": "c1", "to": "c2", "names": ["n"]},
            {"from": "c1", "to": "c3", "names": ["n"]},
            {"from": "c2", "to": "c3", "names": ["a"]},
            {"from": "c2", "to": "c4", "names": ["a"]},
            {"from": "c3", "to": "c4", "names": []},
        ],
        "plan": ["c2", "c3", "c4"],
    }


def test_without_changes_there_is_no_plan() -> None:
    assert "plan" not in describe(notebook("a = 1")[0])


def test_an_unknown_input_is_refused_with_a_sentence() -> None:
    graph, _ = notebook("input n = 1")
    with pytest.raises(UnknownInput, match=r"There is no input “k”\. Inputs: n\."):
        describe(graph, ["k"])
