"""What the fork server has forked, and how each of them reports: kernels on a pipe, templates on a line.

Some of the reporters have run the project's code. They are believed about themselves only, and what is no JSON is
nothing.
"""

import json
import os
import socket
from dataclasses import dataclass


@dataclass
class Running:
    """A kernel that was asked for: its process (0 while a template forks it), and its pipe (-1 when it is closed)."""

    kernel: str
    process: int
    pipe: int
    executes: bool = False
    unread: bytes = b""

    def hear(self) -> tuple[list[dict], bool]:
        """What it says: `process` (of a template's fork), `ready`, or why it `failed`; and whether it was the last."""
        try:
            data = os.read(self.pipe, 65536)
        except BlockingIOError:  # It is dead, and somebody below it still holds the other end.
            return [], True
        *lines, self.unread = (self.unread + data).split(b"\n")
        return [said for line in lines if (said := _parsed(line))], not data

    def close(self) -> None:
        os.close(self.pipe)
        self.pipe = -1


@dataclass
class Template:
    """A process that has played, or plays, a version, and the line on which it takes orders."""

    key: str
    process: int
    line: socket.socket
    position: int = 0
    cell_id: str = ""
    listening: bool = True

    def hear(self) -> tuple[dict, bool]:
        """What it says: the `position` it plays, or its report with `ready`; and whether that was the last."""
        try:
            data = self.line.recv(1 << 16)
        except (ConnectionResetError, BlockingIOError):  # It ended, with orders unread or leaving the line to others.
            data = b""
        said = _parsed(data)
        if "position" in said:
            self.position, self.cell_id = int(said["position"]), str(said["cell_id"])
        return said, not data


def _parsed(text: bytes) -> dict:
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
