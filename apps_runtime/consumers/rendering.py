"""One rendering for many windows: the first that needs a fragment makes it, the others wait for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from apps_runtime.consumers.policy import in_thread

KEPT = 256


class SharedRendering:
    """Results by key, made once per event loop; the oldest are forgotten."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result of `make`, run in a thread by the first to ask. A failure is raised to all and not kept."""
        key = (id(asyncio.get_running_loop()), key)
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.ensure_future(in_thread(make))
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Exception:
            self._made.pop(key, None)
            raise


shared = SharedRendering()
