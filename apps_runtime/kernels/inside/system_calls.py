"""System calls that kernels do without, refused by a seccomp filter: what would hide memory or room on the disk from
those who count it, and what makes a file run as the account it belongs to.

Programs know these answers: a memfd becomes a file of /dev/shm, a reservation on the disk is written instead.
Numbers are from asm/unistd_64.h, asm-generic/unistd.h, linux/seccomp.h and linux/filter.h.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS, _PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 38, 21, 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_FROM, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # Where they are in struct seccomp_data.
_X32 = 0x40000000
# machine → its number (AUDIT_ARCH_…), and those of its calls.
_MACHINES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (0xC000003E, {
        "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "semget": 64, "msgget": 68, "io_uring_setup": 425,
        "fallocate": 285, "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "open": 2, "creat": 85,
        "openat": 257, "openat2": 437, "mknod": 133, "mknodat": 259, "socket": 41,
    }),
    "aarch64": (0xC00000B7, {
        "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "semget": 190, "msgget": 186, "io_uring_setup": 425,
        "fallocate": 47, "fchmod": 52, "fchmodat": 53, "fchmodat2": 452, "openat": 56, "openat2": 437, "mknodat": 33,
        "socket": 198,
    }),
}  # fmt: skip
_CREATES = 0o100 | 0o20000000  # O_CREAT, O_TMPFILE
_SPECIAL = 0o6000  # set-uid, set-gid
_PUNCH_HOLE = 2
_OTHER_THAN_UNIX_AND_NETLINK = 0xFFFFFFFF & ~(1 | 16)

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class _Bits:
    """A condition: the argument of this position has some of these bits (or none of them)."""

    argument: int
    mask: int
    some: bool = True


@dataclass(frozen=True)
class _Refusal:
    """The call fails with `error` where all conditions hold."""

    call: str
    error: int
    when: tuple[_Bits, ...] = ()


_REFUSALS = (
    # Memory without a file system's size around it: a descriptor on its way through a socket, or a segment that nobody
    # has attached, is in no process's figures.
    *(_Refusal(call, errno.ENOSYS) for call in ("memfd_create", "memfd_secret", "shmget", "semget", "msgget")),
    # It opens, writes and keeps files without the calls that are looked at here.
    _Refusal("io_uring_setup", errno.ENOSYS),
    # Reserves as much of the disk as there is in a millisecond, also beyond the size that a file may have.
    _Refusal("fallocate", errno.EOPNOTSUPP, (_Bits(1, _PUNCH_HOLE, some=False),)),
    _Refusal("chmod", errno.EPERM, (_Bits(1, _SPECIAL),)),
    _Refusal("fchmod", errno.EPERM, (_Bits(1, _SPECIAL),)),
    _Refusal("fchmodat", errno.EPERM, (_Bits(2, _SPECIAL),)),
    _Refusal("fchmodat2", errno.EPERM, (_Bits(2, _SPECIAL),)),
    _Refusal("creat", errno.EPERM, (_Bits(1, _SPECIAL),)),
    _Refusal("open", errno.EPERM, (_Bits(1, _CREATES), _Bits(2, _SPECIAL))),
    _Refusal("openat", errno.EPERM, (_Bits(2, _CREATES), _Bits(3, _SPECIAL))),
    _Refusal("openat2", errno.ENOSYS),  # Its mode is in memory, where no filter looks.
    _Refusal("mknod", errno.EPERM, (_Bits(1, _SPECIAL),)),
    _Refusal("mknodat", errno.EPERM, (_Bits(2, _SPECIAL),)),
)
_NO_NETWORK = _Refusal("socket", errno.EACCES, (_Bits(0, _OTHER_THAN_UNIX_AND_NETLINK),))


def available() -> bool:
    """Whether this machine's calls are known here and its kernel filters."""
    return os.uname().machine in _MACHINES and _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def refuse(*, sockets: bool = True) -> bool:
    """From here on, for this process and its children; without `sockets` only Unix sockets can be made.

    Returns whether it is in force: not where it is not `available`. Raises OSError when the kernel refuses.
    """
    if not available():
        return False
    program = b"".join(_program(*_MACHINES[os.uname().machine], _REFUSALS if sockets else (*_REFUSALS, _NO_NETWORK)))
    code = ctypes.create_string_buffer(program, len(program))
    told = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, told, 0, 0):
        code_of_error = ctypes.get_errno()
        raise OSError(code_of_error, f"seccomp: {os.strerror(code_of_error)}")
    return True


def _program(architecture: int, numbers: dict[str, int], refusals: tuple[_Refusal, ...]) -> list[bytes]:
    """Instructions of classic BPF (code, jump if true, jump if false, value)."""
    words = [
        # Calls of another architecture of the same processor have other numbers.
        _word(_LOAD, _ARCHITECTURE), _word(_JUMP_EQUAL, architecture, 1, 0), _word(_RETURN, _ERRNO | errno.ENOSYS),
        _word(_LOAD, _NUMBER), _word(_JUMP_FROM, _X32, 0, 1), _word(_RETURN, _ERRNO | errno.ENOSYS),
    ]  # fmt: skip
    for refusal in refusals:
        if refusal.call in numbers:
            words += _refusal(numbers[refusal.call], refusal)
    return [*words, _word(_RETURN, _ALLOW)]


def _refusal(number: int, refusal: _Refusal) -> list[bytes]:
    """No call has two of these: where a condition does not hold it is allowed."""
    body = []
    for bits in refusal.when:
        body += [_word(_LOAD, _ARGUMENTS + 8 * bits.argument)]
        body += [_word(_JUMP_BITS, bits.mask, *((1, 0) if bits.some else (0, 1))), _word(_RETURN, _ALLOW)]
    body.append(_word(_RETURN, _ERRNO | refusal.error))
    return [_word(_JUMP_EQUAL, number, 0, len(body)), *body]


def _word(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
