"""What is asked of a confined process, and what comes back, whatever happens in there."""

import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.utils.safestring import SafeString, mark_safe

from apps_runtime.outputs.images import Picture
from projects import confined
from projects.confined import pool
from projects.notebook.cells import CellKind
from projects.notebook.files.unreadable import UnreadableNotebook
from projects.notebook.inputs import InputKind
from tests.confined import work


@pytest.mark.parametrize(
    "value", ["a text", 7, None, [1, {"a": (2.5, True)}], b"\0", Picture(3, 4), CellKind.CODE, InputKind.SLIDER]
)
def test_values_come_back_as_they_were(value):
    assert confined.call(work.echo, value) == value


def test_a_safe_string_stays_one():
    assert type(confined.call(work.echo, mark_safe("<b>"))) is SafeString


def test_what_a_function_promises_to_raise_is_raised():
    with pytest.raises(UnreadableNotebook, match=r"^weather\.ipynb is empty\.$"):
        confined.call(work.raise_own)


def test_anything_else_is_told_without_the_text_it_was_about(caplog):
    with caplog.at_level(logging.WARNING, "hexlite.confined"), pytest.raises(confined.Failed, match="KeyError at"):
        confined.call(work.raise_odd)
    assert "raise_odd" in caplog.text
    assert "somebody" not in caplog.text


def test_too_much_time_ends_its_process_and_the_next_request_has_another():
    before = confined.call(work.facts)["pid"]
    begun = time.monotonic()
    with pytest.raises(confined.NotDone, match=r"0\.5 s"):  # Busy, on a machine that is
        confined.call(work.burn, seconds=0.5)
    assert time.monotonic() - begun < 3
    deadline = time.monotonic() + 10
    while _lives(before):
        assert time.monotonic() < deadline
        os.sched_yield()
    assert confined.call(work.echo, "x") == "x"


def test_what_took_too_long_is_not_tried_again_for_a_while(monkeypatch):
    while _is_busy():
        pass
    monkeypatch.setattr(pool.Pool, "_answer", lambda *_: pytest.fail("asked again"))
    with pytest.raises(confined.OutOfBudget):
        confined.call(work.burn, "again", seconds=0.5)


def test_too_much_memory_is_refused():
    with pytest.raises(confined.OutOfBudget, match="memory"):
        confined.call(work.eat, 400, megabytes=100)
    assert confined.call(work.eat, 50, megabytes=100) == 50 * 2**20


def test_a_process_that_has_grown_is_replaced():
    confined.call(work.keep, 120, megabytes=200)
    assert confined.call(work.kept) == 0


def test_a_process_that_dies_costs_its_own_request_only():
    with pytest.raises(confined.Failed, match="died"):
        confined.call(work.die)
    assert confined.call(work.echo, "x") == "x"


def test_an_answer_runs_nothing(tmp_path):
    with pytest.raises(confined.Failed, match="is no value"):
        confined.call(work.answer_that_runs, f"touch {tmp_path / 'ran'}")
    assert not (tmp_path / "ran").exists()


def test_one_request_in_flight_is_asked_once():
    with ThreadPoolExecutor(8) as threads:
        found = {*threads.map(lambda _: confined.call(work.slowly_who_am_i, 0.3), range(8))}
    assert len(found) == 1


def test_the_process_that_makes_them_may_die():
    confined.call(work.echo, "x")
    nursery = pool._the_pool._nursery
    nursery._template.kill()
    nursery._template.wait()
    for number in range(4):
        assert confined.call(work.echo, number) == number


def test_many_threads_share_them():
    with ThreadPoolExecutor(16) as threads:
        assert [*threads.map(lambda number: confined.call(work.echo, number), range(400))] == [*range(400)]


def test_a_quick_request_does_not_wait_for_slow_ones():
    """Eight different texts that never end are asked for at once; another's request is answered between them."""
    confined.call(work.echo, "ready")
    with ThreadPoolExecutor(8) as threads:
        bad = [threads.submit(confined.call, work.burn, f"mallory's {number}", seconds=0.6) for number in range(8)]
        took = []
        for number in range(20):
            begun = time.monotonic()
            with suppress(confined.Busy):  # where the machine had time for nothing else
                confined.call(work.echo, f"another's {number}")
            took.append(time.monotonic() - begun)
        errors = [text.exception() for text in bad]
    assert all(isinstance(error, confined.NotDone) for error in errors)
    assert sorted(took)[10] < 1


def _is_busy() -> bool:
    """Whether the machine had no time to find out that it takes too long."""
    try:
        confined.call(work.burn, "again", seconds=0.5)
    except confined.Busy:
        return True
    except confined.OutOfBudget:
        return False
    raise AssertionError("it ended")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_requests_come_from_a_thread_that_ended_too():
    thread = threading.Thread(target=confined.call, args=[work.echo, "x"])
    thread.start()
    thread.join()
    assert _lives(confined.call(work.facts)["pid"])
