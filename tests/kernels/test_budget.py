"""What goes when memory is short, and whether something fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps_runtime.kernels.budget import GIB, Idle, KeptKind, MemoryBudget, fitting, to_go

MIB = 2**20


def idle(name, kind=KeptKind.SANDBOX, frees=100 * MIB, idle_seconds=60.0, again_seconds=2.0):
    return Idle(name, kind, frees, idle_seconds, again_seconds)


things = st.lists(
    st.builds(
        Idle,
        st.uuids().map(str),
        st.sampled_from(KeptKind),
        st.integers(0, GIB),
        st.floats(0, 1e6),
        st.floats(0, 900),
    ),
    max_size=30,
)


def test_a_machine_keeps_seven_tenths_and_leaves_a_tenth():
    budget = MemoryBudget.of(20 * GIB)
    assert (budget.most, budget.free) == (14 * GIB, 2 * GIB)
    assert MemoryBudget.of(256 * GIB).free == 4 * GIB
    assert MemoryBudget.of(20 * GIB, most=GIB, free=MIB) == MemoryBudget(GIB, MIB)


@pytest.mark.parametrize(
    ("kept", "available", "room", "excess"),
    [
        (0, 20 * GIB, 10 * GIB, 0),
        (9 * GIB, 20 * GIB, GIB, 0),
        (10 * GIB, 20 * GIB, 0, GIB),  # idle things leave a tenth for what starts next
        (GIB, 5 * GIB, 3 * GIB, 0),  # others took the rest: a start still finds room …
        (GIB, 3 * GIB, GIB, GIB),  # … and what is idle goes, so that theirs find it too
        (GIB, GIB, -GIB, 3 * GIB),
    ],
)
def test_what_others_took_is_not_there(kept, available, room, excess):
    budget = MemoryBudget(10 * GIB, 2 * GIB)
    assert budget.room(kept=kept, available=available) == room
    assert budget.excess(kept=kept, available=available) == excess


def test_what_was_not_used_for_longest_goes_first():
    found = to_go([idle("new", idle_seconds=5), idle("old", idle_seconds=500), idle("middle", idle_seconds=50)], 1)
    assert [one.name for one in found] == ["old"]


def test_what_takes_long_to_make_again_stays_longer():
    quick, slow = idle("quick", again_seconds=2), idle("slow", idle_seconds=90, again_seconds=120)
    assert [one.name for one in to_go([slow, quick], 150 * MIB)] == ["quick", "slow"]


def test_what_is_large_goes_before_what_is_small():
    assert [one.name for one in to_go([idle("small", frees=MIB), idle("large", frees=GIB)], MIB)] == ["large"]


def test_kernels_in_reserve_go_last():
    reserve = idle("reserve", KeptKind.STANDBY, idle_seconds=900)
    found = to_go([reserve, idle("sandbox", idle_seconds=1), idle("template", KeptKind.TEMPLATE)], GIB)
    assert [one.name for one in found] == ["template", "sandbox", "reserve"]


@given(things, st.integers(-GIB, 20 * GIB))
def test_enough_goes_and_nothing_for_nothing(those, excess):
    going = to_go(those, excess)
    freed = sum(one.frees for one in going)
    assert len({one.name for one in going}) == len(going) and set(going) <= set(those)
    assert freed >= excess or freed == sum(one.frees for one in those)
    if going:
        assert freed - going[-1].frees < excess, "one less would have been enough"
    assert all(one.frees for one in going)


@given(things, st.integers(0, 20 * GIB))
def test_nothing_useful_goes_before_something_useless(those, excess):
    going = set(to_go(those, excess))
    for stays in those:
        for goes in going:
            if stays not in going and stays.frees and stays.kind is goes.kind:
                assert goes.waste >= stays.waste


@given(things, st.integers(1, GIB), st.integers(-10 * GIB, 10 * GIB))
def test_what_fits_has_its_room_once_enough_has_gone(those, need, room):
    count = fitting(need, room=room, idle=those)
    freed = sum(one.frees for one in to_go(those, count * need - room))
    assert count == 0 or room + freed >= count * need
    assert room + sum(one.frees for one in those) < (count + 1) * need
