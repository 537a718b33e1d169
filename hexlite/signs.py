"""Signs of life: how whoever watches a program learns that it still answers.

Either it is asked, as a visitor would (`AskedSign`), or it says so by itself (`Told`, what `apps_runtime.pulse` sends).
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ASK_SECONDS = 2.0


class Signs:
    """When a program was last heard of. `environment` is what it needs to be told."""

    environment: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.last: float | None = None  # time.monotonic() of the last sign since the program was started
        threading.Thread(target=self._listen, name="signs of life", daemon=True).start()

    def forget(self) -> None:
        """The program is started anew."""
        self.last = None

    def _listen(self) -> None:
        raise NotImplementedError


class AskedSign(Signs):
    """`ask` says whether the program answered; it may take some seconds."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self.ask = ask
        super().__init__()

    def _listen(self) -> None:
        while True:
            if self.ask():
                self.last = time.monotonic()
            time.sleep(ASK_SECONDS)


class Told(Signs):
    """Listens at `path` (at most 107 bytes) as systemd would, and tells the program to speak within `seconds`."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(seconds * 1_000_000))}
        super().__init__()

    def _listen(self) -> None:
        while True:
            if b"WATCHDOG=1" in self.socket.recv(4096):
                self.last = time.monotonic()
