"""Messages between a process and its children: frames of bytes, and values that can be read without running anything.

A child has read hostile text, so what it answers is not trusted: an answer may be made of plain values, safe strings,
and hexlite's own dataclasses, enumerations, kinds of text and exceptions that this process has loaded. Nothing else is
looked up.
"""

import io
import pickle
import socket
import struct
import sys
import time
from dataclasses import is_dataclass
from enum import Enum, StrEnum
from typing import Any

from django.utils.safestring import SafeString

LARGEST = 256 * 2**20  # bytes of one message
OWN_PACKAGES = ("projects.", "apps_runtime.")

_LENGTH = struct.Struct("!I")
_KNOWN: dict[tuple[str, str], Any] = {
    ("django.utils.safestring", "SafeString"): SafeString,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
}


class Reply(StrEnum):
    """What the first byte of a child's message says. LEAVING: its result, and that it ends now."""

    RESULT = "r"
    LEAVING = "l"
    RAISED = "e"
    FAILED = "f"
    MEMORY = "m"


# After these a child is gone.
ENDS = (Reply.LEAVING.encode(), Reply.MEMORY.encode())


class PipeEnded(Exception):
    """The other side is gone."""


class UnreadableMessage(Exception):
    """An answer that is not made of what answers are made of."""


def framed(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


class MessageReader:
    """Frames from a socket. A read that ran out of time goes on where it was when it is called again."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._got = bytearray()

    def read(self, until: float | None = None) -> bytes:
        """The next frame. `until`: on the monotonic clock. Raises TimeoutError, Ended, Unreadable."""
        (length,) = _LENGTH.unpack(self._first(_LENGTH.size, until))
        if length > LARGEST:
            raise UnreadableMessage(f"a message of {length} bytes")
        content = self._first(_LENGTH.size + length, until)[_LENGTH.size :]
        del self._got[: _LENGTH.size + length]
        return content

    def _first(self, count: int, until: float | None) -> bytes:
        while len(self._got) < count:
            if until is not None:
                self._connection.settimeout(max(0.001, until - time.monotonic()))
            piece = self._connection.recv(max(65_536, min(count - len(self._got), 2**20)))
            if not piece:
                raise PipeEnded
            self._got += piece
        return bytes(self._got[:count])


def plain_value(content: bytes) -> Any:
    """The value that a child answered. Raises Unreadable."""
    try:
        return _PlainUnpickler(io.BytesIO(content)).load()
    except UnreadableMessage:
        raise
    except Exception as error:  # Hostile bytes fail in every way that an unpickler has.
        raise UnreadableMessage(f"{type(error).__name__}: {error}") from error


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        if module.startswith(OWN_PACKAGES) and "." not in name:
            found = getattr(sys.modules.get(module), name, None)
            if isinstance(found, type) and found.__module__ == module and _is_value(found):
                return found
        raise UnreadableMessage(f"{module}.{name} is no value")


def _is_value(found: type) -> bool:
    return is_dataclass(found) or issubclass(found, Enum | Exception | str)
