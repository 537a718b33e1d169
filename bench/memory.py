"""What sessions cost in memory: proportional set size of everything below the kernel host."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress

import psutil

from bench.sessions import PATIENCE, Person, project_of
from bench.stack import Stack


def of_kernels(stack: Stack) -> tuple[float, float]:
    """Megabytes of all kernels with their host, and without the sandboxes of other apps than the one with most in it;
    memory that processes share is counted once."""
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        try:
            if "apps_runtime.kernels" in process.cmdline():
                own = _share([process])
                sandboxes = [_share(_family(one)) for one in process.children()]
                return own + sum(sandboxes), own + max(sandboxes, default=0)
        except psutil.NoSuchProcess:
            continue
    raise RuntimeError("There is no kernel host.")


def _family(process: psutil.Process) -> list[psutil.Process]:
    """Nobody when it has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def _share(processes: list[psutil.Process]) -> float:
    found = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found += process.memory_full_info().pss
    return found / 1e6


def of_sessions(stack: Stack, app: str, count: int) -> tuple[float, float, float]:
    """Megabytes with everything played once and nobody there, with `count` sessions that each moved the slider, and of
    that what the host and this app alone need."""
    before, _ = of_kernels(stack)
    person = Person(stack, "alice")

    async def open_all() -> tuple[float, float]:
        async with AsyncExitStack() as open_windows:
            for index in range(count):
                window = await open_windows.enter_async_context(person.window(project_of(app)))
                await _until_drawn(window, 30 + index)
            return of_kernels(stack)

    return before, *asyncio.run(open_all())


async def _until_drawn(window, value: int) -> None:
    """Move the slider in a window that has no session yet, and wait for the chart."""
    await window.send(json.dumps({"type": "set", "values": {"n": value}}))
    async with asyncio.timeout(PATIENCE):
        async for text in window:
            message = json.loads(text)
            if message.get("id") == "block-chart" and f"made for {value} in" in message["html"]:
                return
