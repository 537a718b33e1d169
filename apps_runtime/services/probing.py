"""Seeing what a cell really did to the objects behind its names, where the text can't say (docs/reactivity.md).

The probe is plain Python (`projects.notebook.runtime_probe`), loaded into the kernel as text; it looks before and after
each cell, and its report comes back with the cell's own reply.
"""

import ast
import inspect
import json
import logging

from apps_runtime.player import Ended
from projects.notebook import runtime_probe
from projects.notebook.progress import Observation

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
def _before(info, probe={_NAME}, kernel=get_ipython().kernel, namespace=get_ipython().user_ns):
    ahead = kernel.get_parent("shell").get("metadata", {{}}).get("hexlite_ahead")
    if ahead:
        try:
            exec(ahead, namespace)
        except BaseException:
            import os
            os._exit({CANNOT_TAKE_INPUTS})
    probe.before()
get_ipython().events.register("pre_run_cell", _before)
del _types, _module, _before
"""
EXPRESSIONS = {"probe": f"__import__('json').dumps({_NAME}.after())"}


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
