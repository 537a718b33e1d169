"""Whether a process that has played a notebook may be forked, and if not, which cell is to blame.

A fork keeps one thread only, shares open files with all its copies, and breaks libraries that keep threads or
connections of their own. So nothing of that kind may be left when the cells have been played.
"""

import os
import signal
import sys
import threading
import time

from . import processes

# Libraries that do not survive a fork, whatever their threads look like at the moment.
BREAK_ON_FORK = (
    "polars", "duckdb", "torch", "tensorflow", "jax", "grpc", "ray", "dask.distributed", "pyspark", "cupy", "cudf",
    "numba.cuda", "pymongo", "confluent_kafka", "vaex", "modin", "datatable", "h2o",
)  # fmt: skip
HARMLESS_TARGETS = ("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/proc/")
FONTS = (".ttf", ".otf", ".ttc", ".pfb", ".afm")  # matplotlib keeps them open, and closes them in every fork itself


class Inspector:
    """Watches a process from cell to cell; `position` counts from 1, as authors see cells."""

    def __init__(self) -> None:
        self.before = set(_descriptors())
        self.first_seen: dict[str, int] = {}

    def look(self, position: int) -> None:
        """After a cell: note what is there now and was not before; forget what is gone."""
        now = self._offences()
        self.first_seen = {offence: self.first_seen.get(offence, position) for offence in now}

    def verdict(self) -> tuple[str, int]:
        """Why the process must not be forked and the cell to blame; empty and 0 when it may be."""
        _stop_tqdm_monitors()
        _wait_for_ending_threads()
        self.look(max(self.first_seen.values(), default=0))
        for offence, position in sorted(self.first_seen.items(), key=lambda item: item[1]):
            return offence, position
        return "", 0

    def _offences(self) -> list[str]:
        return [*_libraries(), *_threads(), *self._files(), *_children(), *_timers()]

    def _files(self) -> list[str]:
        found = []
        for number, target in _descriptors().items():
            if number in self.before or target.startswith(HARMLESS_TARGETS) or target.lower().endswith(FONTS):
                continue
            found.append(_described(target))
        return found


def _libraries() -> list[str]:
    return [f"uses {name}, which does not survive being copied" for name in BREAK_ON_FORK if name in sys.modules]


def _threads() -> list[str]:
    named = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if named:
        return [f"leaves a thread running ({', '.join(sorted(named)[:3])})"]
    native = len(os.listdir("/proc/self/task")) - len(threading.enumerate())
    return [f"leaves {native} threads of a library running"] if native > 0 else []


def _children() -> list[str]:
    return ["leaves a process running"] if processes.descendants(os.getpid()) else []


def _timers() -> list[str]:
    kinds = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    return ["leaves a timer running"] if any(signal.getitimer(kind)[0] for kind in kinds) else []


def _descriptors() -> dict[int, str]:
    """What each open descriptor leads to."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # The one that listed the folder.
    return found


def _described(target: str) -> str:
    if target.startswith("socket:"):
        return "holds a connection"
    if target.startswith("pipe:"):
        return "holds a pipe"
    if "eventpoll" in target or "eventfd" in target:
        return "keeps an event loop"
    return f"keeps a file open ({os.path.basename(target)})"


def _stop_tqdm_monitors() -> None:
    """tqdm's only thread redraws slow bars; a bar that is drawn later starts another."""
    for thread in threading.enumerate():
        if type(thread).__name__ == "TMonitor" and hasattr(thread, "tqdm_cls"):
            thread.exit()
            thread.tqdm_cls.monitor = None


def _wait_for_ending_threads() -> None:
    """A thread that was joined is seen for another moment by the system."""
    for _ in range(40):
        if len(os.listdir("/proc/self/task")) <= len(threading.enumerate()):
            return
        time.sleep(0.005)
