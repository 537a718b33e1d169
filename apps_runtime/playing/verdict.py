"""How the playing of a cell ended, judged from what is known: pure."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps_runtime.kernels.errors import DISK_LIMIT
from apps_runtime.kernels.kernel import End
from apps_runtime.playing.events import CellError, EndState


@dataclass(frozen=True)
class Evidence:
    """`reply`: the kernel's execute_reply, None when none came. `end`: how the kernel ended, None while it lives.

    `cause` and `words`: what the player itself did to the cell, if anything. `notice`: why the host interrupted it, if
    it did.
    """

    reply: Mapping[str, Any] | None
    end: End | None
    cause: EndState | None = None
    words: str = ""
    notice: str = ""


def judge(evidence: Evidence) -> tuple[EndState, CellError | None]:
    """The state and, unless all is well, the error."""
    if evidence.reply is None:
        return _without_reply(evidence)
    error = _error_of(evidence.reply)
    if evidence.cause is not None:
        own = CellError(_NAMES[evidence.cause], evidence.words, error.traceback if error else ())
        return evidence.cause, own
    if error is not None:
        interrupted = error.name == "KeyboardInterrupt"
        if interrupted and evidence.notice:
            return EndState.FAILED, CellError("DiskLimit", evidence.notice, error.traceback)
        if interrupted:
            return EndState.INTERRUPTED, CellError(error.name, "The cell was interrupted.", error.traceback)
        return EndState.FAILED, error
    if _asks_to_exit(evidence.reply):
        return EndState.EXITED, CellError("KernelExited", "The cell called exit() or quit(), which ends the kernel.")
    return EndState.DONE, None


def _without_reply(evidence: Evidence) -> tuple[EndState, CellError]:
    if evidence.cause is not None:
        return evidence.cause, CellError(_NAMES[evidence.cause], evidence.words)
    end = evidence.end or End()
    return EndState.DIED, CellError("KernelDied", _death(end))


def _death(end: End) -> str:
    """Words for a kernel's end that nobody asked for."""
    if end.reason == "memory limit":
        return "The kernel used more memory than it may and was ended."
    if end.reason == "process limit":
        return "The kernel started more processes and threads than it may and was ended."
    if end.reason.startswith(DISK_LIMIT):
        return end.reason.removeprefix(DISK_LIMIT)
    if end.reason:
        return f"The kernel ended: {end.reason}"
    if end.code is None:
        return "The kernel died."
    if end.code >= 0:
        return f"The kernel's process ended itself (status {end.code})."
    try:
        name = signal.Signals(-end.code).name
    except ValueError:
        name = f"signal {-end.code}"
    return f"The kernel died ({name})."


def _error_of(reply: Mapping[str, Any]) -> CellError | None:
    if reply.get("status") == "ok":
        return None
    if reply.get("status") != "error":
        return CellError("NotRun", "The kernel did not run the cell.")
    traceback = reply.get("traceback")
    lines = tuple(line for line in traceback if isinstance(line, str)) if isinstance(traceback, list) else ()
    name, value = (text if isinstance(text, str) else "" for text in (reply.get("ename"), reply.get("evalue")))
    name, value = name[:200], value[:20_000]
    if name == "StdinNotImplementedError":
        value = "input() cannot ask anybody here; use an input cell."
    return CellError(name, value, lines)


def _asks_to_exit(reply: Mapping[str, Any]) -> bool:
    payload = reply.get("payload")
    return isinstance(payload, list) and any(
        isinstance(item, Mapping) and item.get("source") == "ask_exit" for item in payload
    )


_NAMES = {
    EndState.INTERRUPTED: "KeyboardInterrupt",
    EndState.TIMED_OUT: "CellTimeout",
    EndState.OUTPUT_LIMIT: "OutputLimit",
}
