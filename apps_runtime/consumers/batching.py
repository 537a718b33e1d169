"""News of a session at work, gathered for a moment, so that a quick change is drawn once and not three times."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

# Less than anybody sees; more than a cell of a few milliseconds takes with all that is around it, which drawing the
# beginning would only hold up.
SETTLING_SECONDS = 0.05


class Gathering:
    """Calls `tell(until, inputs)`: everything up to event `until`, and the inputs that changed; None where news was
    lost on the way, so that nobody knows which.

    At once when the session has come to rest; while it is busy, a moment after the first of the news.
    """

    def __init__(self, tell: Callable[[int, list[str] | None], Awaitable[None]]) -> None:
        self._tell = tell
        self._until = 0
        self._inputs: set[str] = set()
        self._lost = False
        self._timer: asyncio.Task[None] | None = None

    async def take(self, message: dict[str, Any]) -> None:
        """One `session.changed`."""
        self._lost |= message["sequence"] > self._until + 1
        self._until = max(self._until, message["sequence"])
        self._inputs.update(message["inputs"])
        if not message["busy"]:
            self.stop()
            await self._flush()
        elif self._timer is None:
            self._timer = asyncio.create_task(self._later())

    def caught_up(self, until: int) -> None:
        """The window was told everything up to here by other means."""
        self._until = max(self._until, until)

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
        inputs, self._inputs = None if self._lost else sorted(self._inputs), set()
        self._lost = False
        await self._tell(self._until, inputs)
