"""How the playing of a cell is judged."""

import pytest

from apps_runtime.kernels.kernel import End
from apps_runtime.playing.events import CellError, Ended, EndState
from apps_runtime.playing.verdict import Evidence, judge

OK = {"status": "ok"}
ERROR = {"status": "error", "ename": "ValueError", "evalue": "no", "traceback": ["a", "b"]}
INTERRUPT = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
EXIT = {"status": "ok", "payload": [{"source": "ask_exit", "keepkernel": False}]}


@pytest.mark.parametrize(
    ("evidence", "state", "name"),
    [
        (Evidence(OK, None), EndState.DONE, None),
        (Evidence(ERROR, None), EndState.FAILED, "ValueError"),
        (Evidence(INTERRUPT, None), EndState.INTERRUPTED, "KeyboardInterrupt"),
        (Evidence(INTERRUPT, None, notice="too much"), EndState.FAILED, "DiskLimit"),
        (Evidence(ERROR, None, notice="too much"), EndState.FAILED, "ValueError"),
        (Evidence(EXIT, None), EndState.EXITED, "KernelExited"),
        (Evidence({"status": "aborted"}, None), EndState.FAILED, "NotRun"),
        (Evidence(None, End(-9)), EndState.DIED, "KernelDied"),
        (Evidence(None, None), EndState.DIED, "KernelDied"),
        (Evidence(INTERRUPT, None, EndState.TIMED_OUT, "long"), EndState.TIMED_OUT, "CellTimeout"),
        (Evidence(OK, None, EndState.TIMED_OUT, "long"), EndState.TIMED_OUT, "CellTimeout"),
        (Evidence(None, End(-9), EndState.TIMED_OUT, "long"), EndState.TIMED_OUT, "CellTimeout"),
        (Evidence(INTERRUPT, None, EndState.OUTPUT_LIMIT, "much"), EndState.OUTPUT_LIMIT, "OutputLimit"),
        (Evidence(INTERRUPT, None, EndState.INTERRUPTED, "stop"), EndState.INTERRUPTED, "KeyboardInterrupt"),
    ],
)
def test_every_end_has_a_state_and_a_name(evidence, state, name):
    found, error = judge(evidence)
    assert found is state
    assert (error.name if error else None) == name


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (End(None, "memory limit"), "The kernel used more memory than it may and was ended."),
        (End(-9, "process limit"), "The kernel started more processes and threads than it may and was ended."),
        (End(None, "disk limit: The disk is full."), "The disk is full."),
        (End(-11), "The kernel died (SIGSEGV)."),
        (End(-64), "The kernel died (SIGRTMAX)."),
        (End(-99), "The kernel died (signal 99)."),
        (End(3), "The kernel's process ended itself (status 3)."),
        (End(), "The kernel died."),
        (End(None, "The kernel host ended."), "The kernel ended: The kernel host ended."),
    ],
)
def test_a_dead_kernel_is_explained(end, words):
    assert judge(Evidence(None, end))[1].value == words


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "error"},
        {"status": "error", "ename": 7, "evalue": None, "traceback": "x"},
        {"status": "ok", "payload": "ask_exit"},
        {"status": "ok", "payload": [None, 3]},
        {},
    ],
)
def test_a_malformed_reply_is_judged_all_the_same(reply):
    state, _ = judge(Evidence(reply, None))
    assert state in EndState


@pytest.mark.parametrize(
    ("state", "error", "sentence"),
    [
        (EndState.DONE, None, ""),
        (EndState.FAILED, CellError("ValueError", "no\nmore"), "ValueError: no"),
        (EndState.FAILED, CellError("KeyError", ""), "KeyError"),
        (EndState.DIED, CellError("KernelDied", "The kernel died."), "The kernel died."),
    ],
)
def test_the_end_in_one_sentence(state, error, sentence):
    assert Ended(state, [], error, None, 0.1).sentence == sentence
