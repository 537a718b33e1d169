"""Seeing what a cell really did to the objects behind its names, where the text can't say (docs/reactivity.md).

The probe is plain Python (`projects.notebook.reactivity.runtime_probe`), loaded into the kernel as text; it looks
before and after each cell, and its report comes back with the cell's own reply.
"""

import ast
import inspect
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps_runtime.playing.player import AssignmentFailed, Ended, Player
from projects.notebook.reactivity import runtime_probe
from projects.notebook.reactivity.progress import Observation

logger = logging.getLogger(__name__)

CANNOT_TAKE_INPUTS = 70  # the exit code
_NAME = "__hexlite_probe__"

# Run once in a new kernel: makes the module, and has IPython look before every cell. What comes ahead of a cell in its
# request (values of inputs) is run here, so that it costs no request of its own. A kernel that can't, because it is
# being stopped at this very moment, ends: nothing may be played on values that are not there.
INSTALL = f"""
import types as _types
_module = _types.ModuleType("hexlite_runtime_probe")
exec(compile({inspect.getsource(runtime_probe)!r}, "<hexlite probe>", "exec"), _module.__dict__)
{_NAME} = _module.Probe(get_ipython().user_ns)
def _before(info, probe={_NAME}, shell=get_ipython()):
    ahead = shell.kernel and shell.kernel.get_parent("shell").get("metadata", {{}}).get("hexlite_ahead")
    if ahead:
        try:
            exec(ahead, shell.user_ns)
        except BaseException:
            import os
            os._exit({CANNOT_TAKE_INPUTS})
    probe.before()
get_ipython().events.register("pre_run_cell", _before)
del _types, _module, _before
"""
# In a template, after INSTALL: what the probe sees of each cell is kept for the kernels that will be forked.
_REMEMBER = f"""
def _remember(probe, shell, about):
    import json
    reports = []
    def after(result):
        reports.append(probe.after())
    def recall():
        shell.events.unregister("post_run_cell", after)
        return json.dumps({{{{**about, "reports": reports}}}})
    shell.events.register("post_run_cell", after)
    probe.recall = recall
_remember({_NAME}, get_ipython(), {{about!r}})
del _remember
"""
_RECALL = f"{_NAME}.recall()"
EXPRESSIONS = {"probe": f"__import__('json').dumps({_NAME}.after())"}


@dataclass(frozen=True)
class Recalled:
    """What a fork tells of its template: the inputs it was played with, when, and what the probe saw of each cell."""

    values: Mapping[str, Any]
    now: datetime
    observations: Mapping[str, Observation]


def remember(cell_ids: Sequence[str], values: Mapping[str, Any], now: datetime) -> str:
    """Statements for a template that is about to play these cells."""
    about = {"cells": list(cell_ids), "values": dict(values), "now": now.isoformat()}
    return _REMEMBER.format(about=about)


def recalled(player: Player) -> Recalled:
    """Ask a fork, once. Raises AssignmentFailed."""
    answer = player.evaluate(_RECALL)
    try:
        told = json.loads(_unquoted(answer["text/plain"]))
        observations = {
            identity: Observation.from_json(report)
            for identity, report in zip(told["cells"], told["reports"], strict=True)
        }
        return Recalled(told["values"], datetime.fromisoformat(told["now"]), observations)
    except (KeyError, TypeError, ValueError, SyntaxError) as problem:
        raise AssignmentFailed(f"What the template tells could not be read: {problem!r}") from problem


def observation(ended: Ended) -> Observation | None:
    """The probe's report; None when the cell did not end well, or its kernel has no probe. Then the text decides."""
    answer = ended.values.get("probe", {})
    if answer.get("status") != "ok":
        return None
    try:
        text = answer["data"]["text/plain"]
        return Observation.from_json(json.loads(_unquoted(text)))
    except (KeyError, TypeError, ValueError):
        logger.warning("The probe's report could not be read: %.200r", answer)
        return None


def _unquoted(text: str) -> str:
    """The reply carries the `repr` of a str."""
    value = ast.literal_eval(text)
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
