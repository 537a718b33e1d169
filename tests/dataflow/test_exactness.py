"""The promise: after any sequence of changes, a session shows and holds what a full run in a new kernel would."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, example, given, note, settings

from projects.notebook.reactivity.progress import CellOutcome
from tests.dataflow.generated import CHANGES, Change, notebooks
from tests.dataflow.playing import Session, canonical, execute, notebook

# The suite plays the same notebooks every time, so that red means that something was changed; a search for new ones is
# asked for by HEXLITE_EXAMPLES.
EXAMPLES = int(os.environ.get("HEXLITE_EXAMPLES", "1100"))
QUIETLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    derandomize="HEXLITE_EXAMPLES" not in os.environ,
    database=settings().database if "HEXLITE_EXAMPLES" in os.environ else None,
)


# What every generated notebook begins with.
FAMILIAR = [
    "input m = 1",
    "input n = 1",
    "s = 1\nt = 2\nu = 3",
    "xs = [1, 2]\nys = [3]\nzs = xs\nnest = [xs, [5]]",
    "d = {'k': 1}\ne = {'k': 2, 'l': ys}",
    "def f(v): return v + n\ndef h(v): return f(v) * 2\nfs = [f]",
    "def g(l, v):\n  l.append(v)\n  return l\ngen = iter([])",
    (
        "def make(start):\n  def step():\n    nonlocal start\n    start += s\n    return start\n"
        "  return step\ncount = make(1)"
    ),
    (
        "class A:\n  items = []\n  base = 1\n  def __init__(self, v): self.v, self.l = v, [v]\n"
        "  def get(self): return self.v + s\n  def add(self, w):\n    self.v += w\n    return self.v\n"
        "  def push(self, w): self.items.append(w)\nobj = A(1)\nq = A(2)"
    ),
]


def play_and_compare(cells: Sequence[str], changes: Sequence[Change], *, observing: bool = True) -> None:
    """Play the changes in one session; after each, compare with a full run of the same inputs."""
    graph, sources = notebook(*cells)
    session = Session(graph, sources, observing=observing)
    for change in (Change({"n": 1, "m": 1}), *changes):
        left = session.run(change.inputs, interrupt_at=change.interrupt_at)
        compare(session, change.inputs, stopped=bool(left.steps) or session.was_interrupted)


def compare(session: Session, inputs: dict[str, int], *, stopped: bool) -> None:
    """What the session claims is what a full run gives; unless a cell failed or was stopped it claims everything."""
    cells, names = session.claims()
    state, outputs, failed = plain_run(session, inputs)
    if not stopped and not failed:
        assert cells == outputs.keys()
        assert session.outputs == outputs
        assert_equal_states(session.state(), state)
        return
    # What depends on a cell that failed does not run, in a full run as little as in the session.
    full = Session(session.graph, session.sources, observing=session.observing)
    full.run(inputs)
    full_cells, full_names = full.claims()
    for cell_id in sorted(cells & full_cells):
        assert session.outputs[cell_id] == full.outputs[cell_id], f"{cell_id} shows something else"
    assert not {cell_id for cell_id, fails in full.failed.items() if fails} & cells, "a cell that fails counts as done"
    both = names & full_names
    assert_equal_states(
        {name: value for name, value in session.state().items() if name in both},
        {name: value for name, value in full.state().items() if name in both},
        sharing=not stopped,  # names that share an object do so again when the plan has come to its end
    )


def assert_equal_states(found: dict[str, object], expected: dict[str, object], *, sharing: bool = True) -> None:
    """The same names, equal values, and the same sharing of objects between them."""
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert canonical({name: value}) == canonical({name: expected[name]}), f"{name} holds something else"
    if sharing:
        assert canonical(found) == canonical(expected), "objects are shared otherwise"


def plain_run(session: Session, inputs: dict[str, int]) -> tuple[dict[str, object], dict[str, str], bool]:
    """A full run that knows nothing of plans: every cell from the top, in a new namespace."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    outputs, failed = {}, False
    for node in session.graph.nodes:
        if node.input_name is not None:
            namespace[node.input_name] = inputs[node.input_name]
        else:
            outcome, outputs[node.id] = execute(session.sources[node.id], namespace)
            failed = failed or outcome is not CellOutcome.DONE
    return {name: value for name, value in namespace.items() if not name.startswith("__")}, outputs, failed


@QUIETLY
@given(cells=notebooks(), changes=CHANGES)
@example(  # a running cell hands on what holds the old list; the cell that made that did not run
    cells=[*FAMILIAR, "s = s", "s = count()\ndel xs\nxs = [s]", "e = e\nh = f\nobj = obj"],
    changes=[Change({"n": 0, "m": 0}, stop) for stop in (0, 3, 4, None)],
)
@example(  # a cell that might have bound the name, and did not
    cells=[
        *FAMILIAR,
        "s = s\nif s > 5: raise ValueError",
        "xs = xs\ndef f(v, acc=[]):\n  acc.append(v)\n  return len(acc)",
        "if s > 2:\n  e = {'k': s}",
    ],
    changes=[Change({"n": 0, "m": 0}, None)],
)
def test_a_session_is_always_as_after_a_full_run(cells: list[str], changes: list[Change]) -> None:
    note("\n".join(f"# {number}\n{cell}" for number, cell in enumerate(cells, 1)))
    play_and_compare(cells, changes)


@settings(QUIETLY, max_examples=EXAMPLES // 3)
@given(cells=notebooks(empty_loops=False), changes=CHANGES)
@example(  # what was taken out of a list is what another name has put into it
    cells=[*FAMILIAR, "s = n\nif s > 5: raise ValueError", "s = s", "ys = nest[0]", "xs.append(s)"],
    changes=[Change({"n": 0, "m": 0}, 2), Change({"n": 0, "m": 0}, 3)],
)
def test_the_text_alone_keeps_the_promise(cells: list[str], changes: list[Change]) -> None:
    note("\n".join(f"# {number}\n{cell}" for number, cell in enumerate(cells, 1)))
    play_and_compare(cells, changes, observing=False)
