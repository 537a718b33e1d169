"""When a kernel that writes too much is stopped: pure."""

import pytest

from apps_runtime.kernels.excess import GRACE_SECONDS, STEPS, Excess, to_blame

MIB = 2**20


def test_who_was_interrupted_has_a_moment_to_end():
    excess = Excess((100 * MIB, 0, 0), at=10.0)
    assert not excess.grew((900 * MIB, 0, 0), now=10.0 + GRACE_SECONDS / 2)
    assert not excess.grew((950 * MIB, 0, 0), now=10.0 + GRACE_SECONDS)  # From here on it counts.
    assert not excess.grew((950 * MIB, 0, 0), now=11.0)
    assert excess.grew((952 * MIB, 0, 0), now=11.2)
    assert not excess.grew((999 * MIB, 0, 0), now=11.3)  # Somebody was stopped just now, again.


@pytest.mark.parametrize("position", range(3))
def test_a_drip_is_growth_as_well(position):
    """Compared is not the last look but the least since somebody was stopped."""
    excess = Excess((0, 0, 0), at=0.0, waits=False)
    least, most = 0, STEPS[position]
    found = [tuple(amount if position == one else 0 for one in range(3)) for amount in (least, most, most + 1)]
    assert [excess.grew(one, now=1.0) for one in found] == [False, False, True]


def test_what_was_deleted_may_not_be_written_again():
    excess = Excess((900 * MIB, 0, 0), at=0.0, waits=False)
    assert not excess.grew((500 * MIB, 0, 0), now=1.0)
    assert excess.grew((600 * MIB, 0, 0), now=2.0)


@pytest.mark.parametrize(
    ("growth", "only_writers", "blamed"),
    [
        ({"a": (500 * MIB, 3), "b": (60 * MIB, 90), "c": (40 * MIB, 90)}, False, {"a", "b"}),
        ({"a": (1000, 3), "b": (0, 90)}, False, {"b"}),  # Empty files: nobody wrote bytes worth the name.
        ({"a": (1000, 3), "b": (0, 90)}, True, set()),
        ({"a": (500_000, 0)}, True, set()),
        ({"a": (0, 0)}, False, set()),
        ({}, False, set()),
    ],
)
def test_those_are_blamed_who_wrote_most(growth, only_writers, blamed):
    assert to_blame(growth, only_writers=only_writers) == blamed
