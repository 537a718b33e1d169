"""Opening what lies beneath a project's folder, and nothing else (specs/security M19, T12, T13).

The folder is written by code of the project's editors: any name in it may be a link to `/proc/self/environ`, a pipe
that blocks, a second name of somebody else's file, and may turn from one into the other between a check and its use.
So nothing here checks a path and then opens it: the kernel resolves the whole path in one call that refuses links,
mounts and everything above the folder, and what was opened is looked at, not what was named.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from projects.filenames import NoSuchFile

_OPENAT2 = 437  # The same number on every architecture (Linux 5.6).
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x01, 0x02, 0x04, 0x08
_RESOLVE = _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS | _NO_XDEV
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


@dataclass(frozen=True)
class OpenFile:
    """A plain file that is open for reading. Whoever gets it closes `descriptor`."""

    descriptor: int
    size: int
    modified: float


def open_file(root: Path, path: PurePosixPath, *, largest: int) -> OpenFile:
    """Open a plain file of at most `largest` bytes. Raises NoSuchFile for everything else, whatever it is."""
    descriptor = _open_beneath(root, path, _READ)
    status = os.fstat(descriptor)
    if not is_plain(status) or status.st_size > largest:
        os.close(descriptor)
        raise NoSuchFile()
    return OpenFile(descriptor, status.st_size, status.st_mtime)


def is_plain(status: os.stat_result) -> bool:
    """A regular file with one name: a second name may be in a folder that other rules hold for."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


@contextmanager
def open_folder(root: Path, path: PurePosixPath) -> Iterator[int]:
    """The descriptor of a folder, to name things in it by `dir_fd`. Raises NoSuchFile."""
    descriptor = _open_beneath(root, path, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def scan(root: Path, path: PurePosixPath) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What is in a folder; entries are not followed. Raises NoSuchFile."""
    descriptor = _open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    finally:
        os.close(descriptor)


def walk(root: Path) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    """Everything below `root`, folders too, without following a link; what can't be reached is left out."""
    waiting = [PurePosixPath()]
    while waiting:
        folder = waiting.pop()
        with suppress(NoSuchFile), scan(root, folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                path = folder / entry.name
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path)
                yield path, status


def _open_beneath(root: Path, path: PurePosixPath, flags: int) -> int:
    """A descriptor of `path` below `root`. Raises NoSuchFile; other failures (too many open files) are OSError."""
    try:
        top = os.open(root, _FOLDER)
    except FileNotFoundError:
        raise NoSuchFile() from None
    try:
        opens = _by_openat2 if _has_openat2() else _step_by_step
        return opens(top, path, flags)
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise NoSuchFile() from None
        raise
    finally:
        os.close(top)


# Not there, a link (ELOOP), above the folder or on another mount (EXDEV), a device or a pipe without a reader (ENXIO),
# not permitted to us, a folder where a file was meant or the other way round, not a name.
_NOT_THERE = {
    errno.ENOENT, errno.ELOOP, errno.EXDEV, errno.ENXIO, errno.ENODEV, errno.EACCES, errno.EPERM, errno.ENOTDIR,
    errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EOPNOTSUPP,
}  # fmt: skip


def _by_openat2(top: int, path: PurePosixPath, flags: int) -> int:
    how = _OpenHow(flags=flags, mode=0, resolve=_RESOLVE)
    # EAGAIN: something was renamed while the kernel resolved the path; it asks to be called again.
    for _ in range(16):
        descriptor = _libc().syscall(
            ctypes.c_long(_OPENAT2), ctypes.c_int(top), os.fsencode(str(path)), ctypes.byref(how), ctypes.sizeof(how)
        )
        if descriptor >= 0:
            return descriptor
        error = ctypes.get_errno()
        if error not in {errno.EAGAIN, errno.EINTR}:
            break
    if error == errno.EAGAIN:
        raise NoSuchFile()
    raise OSError(error, os.strerror(error))


def _step_by_step(top: int, path: PurePosixPath, flags: int) -> int:
    """Where the kernel has no openat2 (older than 5.6, or hidden by a container's seccomp profile): one name at a
    time, no links, on one device. `path` has no `..` (projects.filenames), so no step leads up."""
    device = os.fstat(top).st_dev
    folder = os.dup(top)
    try:
        *folders, last = path.parts or (".",)
        for name in folders:
            deeper = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = deeper
            if os.fstat(folder).st_dev != device:
                raise NoSuchFile()
        descriptor = os.open(last, flags | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
    status = os.fstat(descriptor)
    if status.st_dev != device or stat.S_ISLNK(status.st_mode):
        os.close(descriptor)
        raise NoSuchFile()
    return descriptor


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _has_openat2() -> bool:
    """Asked once. A seccomp profile that does not know the call answers EPERM instead of ENOSYS."""
    top = os.open("/", _FOLDER)
    try:
        os.close(_by_openat2(top, PurePosixPath(), _FOLDER))
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EPERM}:
            return False
        raise
    finally:
        os.close(top)
    return True
