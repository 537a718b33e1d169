"""What the web process does once its loop runs, as ASGI's lifespan tells it: uvicorn loads the application before."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from apps_runtime import pulse
from hexlite.handler import Handler

# Messages of windows at once; more wait. Python's own number is the cores and four: the windows of one visitor, each
# with a text that takes seconds to draw, would hold all of them.
SOCKET_THREADS = 32


class Lifespan:
    def __init__(self, http: Handler) -> None:
        self.http = http

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "lifespan.startup":
            self._begin(asyncio.get_running_loop())
            await send({"type": "lifespan.startup.complete"})
        await send({"type": f"{message['type']}.complete"})

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """It goes on as long as the loop turns and requests find a thread."""
        loop.set_default_executor(ThreadPoolExecutor(SOCKET_THREADS, thread_name_prefix="socket"))
        turns, finds_a_thread = pulse.of_loop(loop), pulse.of_threads(self.http.threads)
        pulse.begin(lambda: turns() and finds_a_thread())
