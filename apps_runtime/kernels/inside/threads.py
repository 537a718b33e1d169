"""Threads print where they were started: a late line belongs to its own cell, not to the one that runs by then.

ipykernel keeps the cell in a context variable, and threads start with an empty context (Python 3.14 can inherit it). A
pool's thread lives longer than the call that made it, so each submitted call brings its own.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


def inherit_context() -> None:
    """For every thread started and every call submitted from here on, in this process."""
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    def start_in_context(self: threading.Thread) -> None:
        context, run = contextvars.copy_context(), self.run
        self.run = lambda: context.run(run)  # type: ignore[method-assign]
        start(self)

    def submit_in_context(self: ThreadPoolExecutor, call: Callable, /, *arguments: Any, **options: Any) -> Future:
        return submit(self, contextvars.copy_context().run, call, *arguments, **options)

    threading.Thread.start = start_in_context  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = submit_in_context  # type: ignore[method-assign]
