"""Completion from the kernel of a draft's session; without one there is nothing to ask, and none is started."""

from typing import Any

from apps_runtime import kernels
from apps_runtime.models import Session


def complete(*, session_id: object, code: str, cursor: int) -> dict[str, Any]:
    """`{"matches": [str], "start": int, "end": int}`; empty when there is no kernel or it is busy."""
    address = Session.objects.filter(pk=session_id).values_list("kernel", flat=True).first()
    if not address:
        return {"matches": [], "start": cursor, "end": cursor}
    found = kernels.connect(kernels.KernelAddress.from_json(address)).complete(code, cursor)
    return {"matches": found.matches[:200], "start": found.start, "end": found.end}
