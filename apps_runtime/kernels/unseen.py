"""What processes keep without its being in their resident memory, or in any folder; read from /proc, outside of them.

A page of shared memory is resident where it is mapped and was touched: whoever lets go of the page keeps the memory.
A file that was deleted keeps its room on the disk for as long as it is open.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

# Mappings that are shared (the fourth letter), by what has no size of its own but that of who made it.
_MAKERS = (b"/dev/zero", b"/memfd:", b"/SYSV")
_SHARED = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) ..[-x]s \S+ (\S+) (\d+) +(?:/dev/zero|/memfd:|/SYSV)", re.MULTILINE)
_DELETED = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) +/.* \(deleted\)$", re.MULTILINE
)
# The most that a socket keeps for who has not read it yet (twice what may be asked for), and a pipe.
_WRITE_MAXIMUM = Path("/proc/sys/net/core/wmem_max")
_PIPE = 64 * 1024
# A kernel's own, which it does not fill.
_OWN_SOCKETS = 32


def memory(family: Iterable[int]) -> int:
    """Bytes at most: shared mappings by their size, since nobody says how much of them was touched; memfds by what
    they hold; sockets and pipes by what they can hold."""
    socket_bytes = 2 * int(_WRITE_MAXIMUM.read_text()) if _WRITE_MAXIMUM.exists() else 425_984
    held: dict[bytes, int] = {}
    sockets: set[str] = set()
    for number in family:
        mapped: dict[bytes, int] = {}
        maps = _maps(number)
        found = _SHARED.findall(maps) if any(word in maps for word in _MAKERS) else ()
        for start, end, device, inode in found:
            name = device + inode
            mapped[name] = mapped.get(name, 0) + int(end, 16) - int(start, 16)
        for name, size in mapped.items():
            held[name] = max(held.get(name, 0), size)
        for place, target in _open_files(number):
            if target.startswith("socket:"):
                sockets.add(target)
            elif target.startswith("pipe:"):
                held[target.encode()] = _PIPE
            elif target.startswith("/memfd:") and (status := _status(place)) is not None:
                held[b"%d" % status.st_ino] = status.st_blocks * 512
    return sum(held.values()) + max(0, len(sockets) - _OWN_SOCKETS) * socket_bytes


def deleted_files(family: Iterable[int], device: int) -> int:
    """Bytes of files on this device that have no name any more and are open, or mapped: those by their size."""
    held: dict[int, int] = {}
    for number in family:
        maps = _maps(number)
        for start, end, major, minor, inode in _DELETED.findall(maps) if b" (deleted)" in maps else ():
            if os.makedev(int(major, 16), int(minor, 16)) == device:
                held[int(inode)] = held.get(int(inode), 0) + int(end, 16) - int(start, 16)
    for number in family:
        for place, target in _open_files(number):
            status = _status(place) if target.endswith(" (deleted)") else None
            if status is not None and status.st_dev == device and status.st_nlink == 0 and stat.S_ISREG(status.st_mode):
                held[status.st_ino] = status.st_blocks * 512
    return sum(held.values())


def _maps(number: int) -> bytes:
    try:
        return Path(f"/proc/{number}/maps").read_bytes()
    except OSError:  # It has ended, or is about to.
        return b""


def _open_files(number: int) -> Iterator[tuple[str, str]]:
    """Each descriptor's address in /proc, and what it is."""
    folder = f"/proc/{number}/fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208 (pathlib would double what this costs)
    except OSError:
        return
    for name in names:
        try:
            yield f"{folder}/{name}", os.readlink(f"{folder}/{name}")  # noqa: PTH115
        except OSError:
            continue  # It was closed while we looked.


def _status(place: str) -> os.stat_result | None:
    try:
        return Path(place).stat()
    except OSError:
        return None
