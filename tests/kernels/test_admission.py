"""Who is let in and who waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps_runtime.kernels.errors import KernelHostFull
from apps_runtime.kernels.kernel_limits import PATIENCE_SECONDS, Admission, KernelClaim
from apps_runtime.kernels.limits import HostLimits, kernels_of_machine

LIMITS = HostLimits(host=3, app=2, anonymous=1, person=2)


def refused(admission, claim, held, *, now=0.0):
    with pytest.raises(KernelHostFull) as caught:
        admission.check(claim, held, now=now)
    return caught.value


def test_a_free_machine_lets_in():
    Admission(LIMITS).check(KernelClaim("t", "alice", "app"), [], now=0)


@pytest.mark.parametrize(
    ("claim", "held", "limit", "most"),
    [
        (KernelClaim("t"), [KernelClaim("1"), KernelClaim("2"), KernelClaim("3")], "machine", 3),
        (KernelClaim("t", "alice"), [KernelClaim("1", "alice"), KernelClaim("2", "alice")], "person", 2),
        (KernelClaim("t", "carol", "x"), [KernelClaim("1", "alice", "x"), KernelClaim("2", "bob", "x")], "app", 2),
        (KernelClaim("t", "", "x"), [KernelClaim("1", "", "x")], "app", 1),
    ],
)
def test_each_limit_refuses_and_says_which(claim, held, limit, most):
    refusal = refused(Admission(LIMITS), claim, held)
    assert (refusal.limit, refusal.most, refusal.position, refusal.waiting) == (limit, most, 1, 1)


def test_an_account_may_have_what_a_stranger_may_not():
    Admission(LIMITS).check(KernelClaim("t", "alice", "x"), [KernelClaim("1", "", "x")], now=0)


def test_kernels_without_an_app_do_not_count_as_one_app():
    Admission(LIMITS).check(KernelClaim("t"), [KernelClaim("1"), KernelClaim("2")], now=0)


def test_the_queue_keeps_its_order_and_nobody_overtakes():
    admission = Admission(LIMITS)
    full = [KernelClaim("1"), KernelClaim("2"), KernelClaim("3")]
    assert refused(admission, KernelClaim("a"), full).position == 1
    assert refused(admission, KernelClaim("b"), full).position == 2
    assert refused(admission, KernelClaim("b"), full, now=1).position == 2
    # One place is free now: it is a's.
    assert refused(admission, KernelClaim("c"), full[:2], now=2).position == 3
    assert refused(admission, KernelClaim("b"), full[:2], now=2).position == 2
    admission.check(KernelClaim("a"), full[:2], now=2)
    assert refused(admission, KernelClaim("b"), full, now=3).position == 1


def test_who_does_not_ask_again_gives_up_the_place():
    admission = Admission(LIMITS)
    full = [KernelClaim("1"), KernelClaim("2"), KernelClaim("3")]
    refused(admission, KernelClaim("a"), full, now=0)
    assert refused(admission, KernelClaim("b"), full, now=PATIENCE_SECONDS + 1).waiting == 1


def test_waiting_for_ones_own_limit_holds_up_nobody_else():
    admission = Admission(LIMITS)
    refused(admission, KernelClaim("a", "alice"), [KernelClaim("1", "alice"), KernelClaim("2", "alice")])
    admission.check(KernelClaim("b", "bob"), [KernelClaim("1", "alice"), KernelClaim("2", "alice")], now=0)


def test_the_refusal_is_a_sentence():
    refusal = refused(Admission(LIMITS), KernelClaim("t"), [KernelClaim("1"), KernelClaim("2"), KernelClaim("3")])
    assert str(refusal) == "All 3 kernels of this machine are in use; you are number 1 of 1 waiting."


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", "alice", "bob"])), max_size=40))
def test_whoever_comes_the_limits_hold(arrivals):
    admission, held = Admission(LIMITS), []
    for now, (ticket, person) in enumerate(arrivals):
        try:
            admission.check(KernelClaim(ticket, person, "x"), held, now=now)
        except KernelHostFull:
            continue
        held.append(KernelClaim(ticket, person, "x"))
    assert len(held) <= LIMITS.app
    assert sum(not claim.person for claim in held) <= LIMITS.anonymous


@pytest.mark.parametrize(("cores", "memory", "kernels"), [(2, 24 * 2**30, 28), (1, 2**30, 3), (8, 64 * 2**30, 80)])
def test_a_machine_takes_two_kernels_a_core_and_one_a_gibibyte(cores, memory, kernels):
    assert kernels_of_machine(cores=cores, memory=memory) == kernels
