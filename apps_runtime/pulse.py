"""The pulse of a program: while its work goes on, it says so to whoever started it.

The words are those of systemd's sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names, within the time that
WATCHDOG_USEC gives. `manage.py up` and `python -m hexlite.watched` listen as systemd does; where nobody does, there is
no NOTIFY_SOCKET, and nothing is sent. A process that is stopped, or whose interpreter one call holds, sends nothing.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

MOST_SECONDS = 5.0  # between two beats
GOES_ON = b"READY=1\nWATCHDOG=1"

Proof = Callable[[], bool]


def begin(goes_on: Proof) -> threading.Thread | None:
    """A thread that asks `goes_on` every few seconds and passes on a yes. None where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return None
    thread = threading.Thread(target=_beat, args=[address, goes_on], name="pulse", daemon=True)
    thread.start()
    return thread


def allowed_silence() -> float:
    """After so many seconds without a beat whoever listens takes the program for hung."""
    return int(os.environ.get("WATCHDOG_USEC", "") or 30_000_000) / 1_000_000


def of_loop(loop: asyncio.AbstractEventLoop) -> Proof:
    """Whether an event loop still turns."""

    def turns() -> bool:
        turned = threading.Event()
        try:
            loop.call_soon_threadsafe(turned.set)
        except RuntimeError:  # It is closed: the program ends.
            return False
        return turned.wait(MOST_SECONDS)

    return turns


def of_threads(threads: ThreadPoolExecutor) -> Proof:
    """Whether a thread of the pool comes to what it is given. What it has not come to yet is not given again."""
    turned = threading.Event()
    turned.set()

    def turns() -> bool:
        if turned.is_set():
            turned.clear()
            try:
                threads.submit(turned.set)
            except RuntimeError:  # They are gone: the program ends.
                return False
        return turned.wait(MOST_SECONDS)

    return turns


def _beat(address: str, goes_on: Proof) -> None:
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.setblocking(False)  # Whoever does not read must not hold us.
        while True:
            if goes_on():
                # It may be away, or not have read the last ones yet; the next beat is a new try.
                with suppress(OSError):
                    listener.sendto(GOES_ON, address)
            time.sleep(min(MOST_SECONDS, allowed_silence() / 4))
