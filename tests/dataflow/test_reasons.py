"""Why a cell runs, as viewers of an app are told: never a name or a cell that only the notebook's readers know."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps_runtime.session.reducer import DEPENDS, NAMELESS
from projects.notebook.reactivity.reasons import SOMETHING_CHANGED, Reason, ReasonKind, for_viewers

NAMES = some.lists(some.sampled_from(["n", "since", "city", "secret_x", "changed", "reads"]), min_size=1, unique=True)
KINDS = [ReasonKind.READS, ReasonKind.INPUT]


@pytest.mark.parametrize("sentence", ["", "never ran", "was edited since it ran", "is set to run always"])
def test_what_names_nothing_is_told(sentence):
    assert for_viewers(sentence, ()) == sentence


def test_what_a_session_says_of_its_own_is_told():
    assert for_viewers(DEPENDS, (), NAMELESS) == DEPENDS


@given(some.sampled_from(KINDS), NAMES, some.sets(some.sampled_from(["n", "since", "city", "changed", "reads"])))
def test_a_change_is_told_by_name_where_every_name_is_known(kind, names, known):
    sentence = Reason(kind, tuple(names)).sentence()
    assert for_viewers(sentence, known) == (sentence if set(names) <= known else SOMETHING_CHANGED)


@given(some.sampled_from(list(ReasonKind)), NAMES, some.none() | some.integers(1, 9))
def test_no_other_reason_names_anything(kind, names, number):
    """“reads secret_x, which cell 3 makes new”, “makes secret_x again, because cell 2 changed it afterwards” …"""
    cell_id = "c" if number else None
    told = for_viewers(Reason(kind, tuple(names), cell_id, number).sentence(), {"n"})
    assert not {"secret_x", "cell"} & set(told.replace(",", "").split())


@pytest.mark.parametrize(
    "sentence", ["RuntimeError: bad key sk-SECRET-42", "reads a changed", "reads , which changed", " changed"]
)
def test_what_is_no_reason_is_not_told(sentence):
    assert for_viewers(sentence, {"n", "a"}) == SOMETHING_CHANGED
