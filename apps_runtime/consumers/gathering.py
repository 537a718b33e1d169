"""News of a session at work, gathered for a moment, so that a quick change is drawn once and not three times."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

# Less than anybody sees; more than a cell of a few milliseconds takes with all that is around it.
SETTLING_SECONDS = 0.02


class Gathering:
    """Calls `tell(until, inputs)`: everything up to event `until`, and the inputs that changed.

    At once when the session has come to rest; while it is busy, a moment after the first of the news.
    """

    def __init__(self, tell: Callable[[int, list[str]], Awaitable[None]]) -> None:
        self._tell = tell
        self._until = 0
        self._inputs: set[str] = set()
        self._timer: asyncio.Task[None] | None = None

    async def take(self, message: dict[str, Any]) -> None:
        """One `session.changed`."""
        self._until = max(self._until, message["sequence"])
        self._inputs.update(message["inputs"])
        if not message["busy"]:
            self.stop()
            await self._flush()
        elif self._timer is None:
            self._timer = asyncio.create_task(self._later())

    def stop(self) -> None:
        """The window is gone, or need not wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _later(self) -> None:
        await asyncio.sleep(SETTLING_SECONDS)
        self._timer = None  # What is being told can't be called back.
        await self._flush()

    async def _flush(self) -> None:
        inputs, self._inputs = sorted(self._inputs), set()
        await self._tell(self._until, inputs)
