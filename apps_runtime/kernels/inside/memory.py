"""Memory that forks share, and memory that is not needed any more."""

import asyncio
import ctypes
import gc
import time

IDLE_SECONDS = 2.0
# Collecting a notebook's own millions of objects takes long, and the next cell would wait for it.
LONGEST_COLLECTION = 0.05

_libc = ctypes.CDLL(None)
_waiting: asyncio.TimerHandle | None = None
_collects = True


def keep_shared() -> None:
    """Collect, then tell the collector to leave what lives now alone: marking it would copy every page after a fork."""
    gc.collect()
    _libc.malloc_trim(0)
    gc.freeze()


def give_back_when_idle() -> None:
    """After a cell: when nothing follows, return what is not needed to the machine (15 MB after a group-by of a
    million rows, 3 MB after a chart). While inputs are being dragged it stays, because taking it again costs more."""
    global _waiting
    if _waiting is not None:
        _waiting.cancel()
    _waiting = asyncio.get_event_loop().call_later(IDLE_SECONDS, _give_back)


def _give_back() -> None:
    global _collects
    if _collects and gc.isenabled():  # Figures and tracebacks are circles, which wait for the collector.
        began = time.perf_counter()
        gc.collect()
        _collects = time.perf_counter() - began < LONGEST_COLLECTION
    _libc.malloc_trim(0)
