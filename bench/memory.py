"""What sessions cost in memory: proportional set size of everything below the kernel host."""

import asyncio
from contextlib import AsyncExitStack

import psutil

from bench.sessions import Person, move, project_of
from bench.stack import Stack


def of_kernels(stack: Stack) -> float:
    """Megabytes; memory that processes share is counted once."""
    found = 0
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        try:
            if "kernels" in process.cmdline():
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
                await move(window, [window], 30 + index)
            return of_kernels(stack)

    return before, asyncio.run(open_all())
