"""What sessions cost in memory: proportional set size of everything below the kernel host."""

import asyncio
import json
from contextlib import AsyncExitStack

import psutil

from bench.sessions import PATIENCE, Person, project_of
from bench.stack import Stack


def of_kernels(stack: Stack) -> float:
    """Megabytes; memory that processes share is counted once."""
    found = 0
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        try:
            if "apps_runtime.kernels" in process.cmdline():
                found += sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)])
        except psutil.NoSuchProcess:
            continue
    return found / 1e6


def of_sessions(stack: Stack, app: str, count: int) -> tuple[float, float]:
    """Megabytes with everything played once and nobody there, and with `count` sessions that each moved the slider."""
    before = of_kernels(stack)
    person = Person(stack, "alice")

    async def open_all() -> float:
        async with AsyncExitStack() as open_windows:
            for index in range(count):
                window = await open_windows.enter_async_context(person.window(project_of(app)))
                await _until_drawn(window, 30 + index)
            return of_kernels(stack)

    return before, asyncio.run(open_all())


async def _until_drawn(window, value: int) -> None:
    """Move the slider in a window that has no session yet, and wait for the chart."""
    await window.send(json.dumps({"type": "set", "values": {"n": value}}))
    async with asyncio.timeout(PATIENCE):
        async for text in window:
            message = json.loads(text)
            if message.get("id") == "block-chart" and f"made for {value} in" in message["html"]:
                return
