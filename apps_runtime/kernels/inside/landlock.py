"""Landlock: a process gives up rights it will never get back (kernel 5.13 and newer, no privilege needed).

Each kernel takes a domain of its own, also inside bubblewrap: a domain may not trace a process outside of it, nor, from
interface 6 on, signal one or connect to an abstract Unix socket outside. So one visitor's kernel cannot reach into
another's, although both live in the sandbox of their project. Without bubblewrap it is what hides the file system.
Numbers are from include/uapi/linux/landlock.h.
"""

import ctypes
import os
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_ALL_OF_FIRST_INTERFACE = (1 << 13) - 1
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract Unix sockets, signals

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def interface() -> int:
    """The version of the kernel's Landlock; 0 where there is none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION))


def restrict(*, readable: Iterable[str], writable: Iterable[str], network: bool = True) -> int:
    """From here on this process and its children may only read `readable` and change `writable`; both are trees.

    Without `network` no TCP port can be bound or connected to, from interface 4 on (other protocols stay). Paths
    that do not exist are left out. Returns the interface in force, 0 when the kernel has no Landlock (nothing is
    restricted then: the caller decides whether that is enough). Raises OSError when the kernel refuses.
    """
    version = interface()
    if version == 0:
        return 0
    rights = _ALL_OF_FIRST_INTERFACE
    rights |= _REFER if version >= 2 else 0
    rights |= _TRUNCATE if version >= 3 else 0
    rights |= _IOCTL_DEV if version >= 5 else 0
    wish = _Ruleset(files=rights, network=0 if network or version < 4 else _TCP, scoped=_SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(_CREATE_RULESET, ctypes.byref(wish), ctypes.c_size_t(size), 0)
    try:
        for path in readable:
            _allow(ruleset, path, rights & _READING)
        for path in writable:
            _allow(ruleset, path, rights)
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs")
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        rule = _PathBeneath(access=rights, parent=descriptor)
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result
