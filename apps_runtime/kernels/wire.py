"""Lines of JSON on the host's Unix socket: one request, one answer; `watch` alone keeps the line open."""

import json
from collections.abc import Mapping

from apps_runtime.kernels import errors

# A template's request carries all cells of a notebook (specs: 500 cells of 256 KB at most, in practice far less).
LONGEST = 160 * 1024 * 1024
_PROBLEMS = {
    kind.__name__: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.KernelUnavailable)
}


def encode(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict:
    """Raises ValueError when the line is no JSON object."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    return message


def refusal(problem: errors.KernelUnavailable) -> dict:
    """The answer that says no."""
    answer: dict[str, object] = {"error": type(problem).__name__, "text": str(problem)}
    if isinstance(problem, errors.KernelHostFull):
        answer["queue"] = {
            "limit": problem.limit,
            "most": problem.most,
            "position": problem.position,
            "waiting": problem.waiting,
        }
    return answer


def raise_refusal(answer: Mapping) -> None:
    """Raise the problem an answer carries; nothing for an answer that says yes."""
    if "error" not in answer:
        return
    if "queue" in answer:
        raise errors.KernelHostFull(**answer["queue"])
    raise _PROBLEMS.get(answer["error"], errors.HostRefused)(answer["text"])
