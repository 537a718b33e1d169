"""A worker that stays with the session it has just played: a call that was counted is heard; nothing else changes."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis

from apps_runtime.messaging import calls, machines, queue
from apps_runtime.playing import session_playing, worker_affinity
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import SetValues
from apps_runtime.session.state import Phase
from tests.kernel_host import wait_until
from tests.playing.test_sessions import in_thread, session, shown, state_of

__all__ = ["session"]  # a fixture


def waiting(name: object) -> int:
    """How many Redis would tell."""
    return machines.broker().pubsub_numsub(f"hexlite:session:{name}")[0][1]


def waits(name: object, seconds: float) -> bool:
    """Whether it was called; then it is over."""
    stay = worker_affinity.Affinity(name, seconds)
    try:
        return stay.called() or stay.leave()
    finally:
        stay.leave()


def in_pool(pool: ThreadPoolExecutor, name: object, seconds: float):
    """Somebody who waits, once Redis knows of him."""
    before = waiting(name)
    told = pool.submit(waits, name, seconds)
    wait_until(lambda: waiting(name) > before)
    return told


def test_who_waits_is_called_and_nobody_is_called_afterwards():
    name = uuid4()
    assert not calls.call(name)
    with ThreadPoolExecutor(1) as pool:
        told = in_pool(pool, name, 10)
        assert not calls.call(uuid4()), "another session's"
        assert calls.call(name)
        assert told.result(5)
        assert not calls.call(name)


def test_no_call_is_lost_at_the_moment_somebody_stops_waiting():
    moments = random.Random(7)
    counted = 0
    with ThreadPoolExecutor(1) as pool:
        for _ in range(150):
            name, seconds = uuid4(), 0.02
            told = pool.submit(waits, name, seconds)
            time.sleep(moments.uniform(0.012, 0.03))  # Around the end of the wait: this is what is tried.
            heard = calls.call(name)
            assert told.result(5) is heard
            counted += heard
    assert 10 < counted < 140, "both happened"


def test_who_plays_can_be_called_and_hears_it_afterwards():
    name = uuid4()
    stay = worker_affinity.Affinity(name, 10)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(stay.called)
        wait_until(lambda: waiting(name))
        assert calls.call(name)
        assert told.result(5)
    assert calls.call(name), "while it plays"
    assert stay.called()
    assert calls.call(name), "while it plays, in vain"
    assert stay.leave()
    assert not calls.call(name) and not stay.leave()


def test_only_some_threads_of_a_worker_wait():
    names = [uuid4() for _ in range(worker_affinity.MOST)]
    with ThreadPoolExecutor(worker_affinity.MOST) as pool:
        told = [in_pool(pool, name, 10) for name in names]
        assert waits(uuid4(), 10) is False
        assert all(calls.call(name) for name in names)
        assert all(one.result(5) for one in told)
    assert waits(uuid4(), 0) is False


@pytest.mark.parametrize(("threads", "places"), [(32, 8), (400, 8), (8, 2), (3, 0)])
def test_a_small_worker_waits_with_a_quarter_of_its_threads(monkeypatch, threads: int, places: int):
    monkeypatch.setattr(worker_affinity, "_places", None)
    worker_affinity.begin(threads=threads)
    assert sum(worker_affinity._places.acquire(blocking=False) for _ in range(10)) == places


def test_a_worker_that_is_to_end_waits_no_more(monkeypatch):
    monkeypatch.setattr(worker_affinity, "_ending", threading.Event())
    with ThreadPoolExecutor(1) as pool:
        told = in_pool(pool, uuid4(), 60)
        worker_affinity.end()
        assert told.result(5) is False


def test_without_redis_the_queue_is_asked_and_the_row_looked_at(monkeypatch):
    nowhere = redis.Redis(unix_socket_path="/nowhere/redis.sock")
    monkeypatch.setattr(machines, "broker", lambda: nowhere)
    assert calls.call(uuid4()) is False
    assert waits(uuid4(), 10) is True


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("kernel_host")
@pytest.mark.xdist_group("kernels")
def test_the_next_change_of_a_session_does_not_pass_through_the_queue(session, monkeypatch):
    sent = []
    monkeypatch.setattr(queue, "_send", lambda task, *_: sent.extend([task] * (task == "play_session")))
    sessions.submit(session.pk, SetValues({"n": 6}))
    assert sent == ["play_session"]
    worker = in_thread(session_playing.play_session, session_id=str(session.pk), worker="local", stay=30)
    for value in (7, 5):
        wait_until(lambda: waiting(session.pk) == 1 and state_of(session).phase is Phase.RESTING)
        sessions.submit(session.pk, SetValues({"n": value}))
        wait_until(lambda: state_of(session).phase is Phase.RESTING)
        assert shown(session, "squares") == str([k * k for k in range(value)]) + "\n"
    assert sent == ["play_session"]
    wait_until(lambda: waiting(session.pk) == 1)
    assert calls.call(session.pk)  # for nothing: there is no change, and the worker goes
    worker.join(15)
    assert not worker.is_alive()
    sessions.submit(session.pk, SetValues({"n": 4}))
    assert sent == ["play_session", "play_session"]
