"""The property is no formality: without any one part of the rule it fails within a few hundred examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from projects.notebook.reactivity import flow, planner, used
from projects.notebook.reactivity.progress import Observation
from tests.dataflow.generated import CHANGES, Change, notebooks
from tests.dataflow.test_exactness import play_and_compare

Without = Callable[[pytest.MonkeyPatch], None]


class BrokenPromise(Exception):
    """The property does not hold."""


def without_backward(patch: pytest.MonkeyPatch) -> None:
    """Cells run on whatever their names hold by now."""
    patch.setattr(planner._Needed, "_check_cell", lambda self, place: None)


def without_restoring(patch: pytest.MonkeyPatch) -> None:
    """Names may hold what a cell above their last writer made."""
    patch.setattr(planner._Needed, "_check_end", lambda self: None)


def without_sharing(patch: pytest.MonkeyPatch) -> None:
    """Objects made again part from the names that held them."""
    patch.setattr(planner._Needed, "_check_sharing", lambda self: None)


def without_mutation(patch: pytest.MonkeyPatch) -> None:
    """Changes in place are not seen, in the text or at run time."""
    patch.setattr(flow._Walk, "_reached", lambda self, mutates: set())
    seen = Observation.from_json.__func__
    patch.setattr(
        Observation, "from_json", classmethod(lambda cls, data: replace(seen(cls, data), changed=frozenset()))
    )


def without_aliases(patch: pytest.MonkeyPatch) -> None:
    """A change reaches only the name it was made through."""
    patch.setattr(flow._Walk, "_shares", lambda self, cell, facts: set())


def without_later_reads(patch: pytest.MonkeyPatch) -> None:
    """What functions read when they are called is not read by the cells that call them."""
    patch.setattr(used.Used, "_use", lambda self, name, bound: None)


def breaks(*, observing: bool, examples: int = 600) -> bool:
    """Whether some generated notebook breaks the promise. Always the same notebooks."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cells=notebooks(opaque=False, empty_loops=observing), changes=CHANGES)
    def holds(cells: list[str], changes: list[Change]) -> None:
        try:
            play_and_compare(cells, changes, observing=observing)
        except AssertionError as error:
            raise BrokenPromise from error

    try:
        holds()
    except BrokenPromise:
        return True
    return False


@pytest.mark.parametrize(
    "without",
    [without_backward, without_restoring, without_sharing, without_mutation, without_aliases, without_later_reads],
)
def test_the_text_alone_needs_every_part_of_the_rule(without: Without, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    assert breaks(observing=False)


@pytest.mark.parametrize("without", [without_backward, without_restoring, without_sharing, without_mutation])
def test_what_is_seen_at_run_time_does_not_replace_the_rule(without: Without, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    assert breaks(observing=True)


def test_the_same_notebooks_keep_the_promise_with_the_whole_rule() -> None:
    assert not breaks(observing=True, examples=60)
    assert not breaks(observing=False, examples=60)
