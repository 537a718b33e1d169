"""The kernels this process is connected to: one connection each, kept open between tasks."""

import atexit
import os
import threading

from apps_runtime.kernels.addresses import KernelAddress
from apps_runtime.kernels.kernel import Kernel

_connections: dict[tuple[int, str], Kernel] = {}
_guard = threading.Lock()


def connect(address: KernelAddress, *, hold: bool = False) -> Kernel:
    """The connection to this kernel, opened the first time. A kernel that is gone is one whose `alive()` is False.

    With `hold` the kernel ends with this process or with `disconnect`: for runs, which nobody else takes over.
    Raises KernelStartFailed when the kernel lives and does not answer.
    """
    key = (os.getpid(), address.kernel_id)  # A forked worker must not use its parent's sockets.
    with _guard:
        kernel = _connections.get(key)
        if kernel is not None and kernel.alive():
            return kernel
        _let_go_of_the_dead()
        kernel = Kernel(address, hold=hold)
        kernel.open()
        _connections[key] = kernel
    return kernel


def connected(address: KernelAddress) -> Kernel | None:
    """The living kernel that this process is connected to already; waits for nothing."""
    kernel = _connections.get((os.getpid(), address.kernel_id))
    return kernel if kernel is not None and kernel.alive() else None


def disconnect(address: KernelAddress) -> None:
    """Close this process's connection to a kernel, if it has one."""
    with _guard:
        kernel = _connections.pop((os.getpid(), address.kernel_id), None)
    if kernel is not None:
        kernel.close()


def _let_go_of_the_dead() -> None:
    for key, kernel in list(_connections.items()):
        if key[0] == os.getpid() and not kernel.alive() and not kernel.busy:
            del _connections[key]
            kernel.close()


@atexit.register
def _let_go_of_all() -> None:
    for (process, _), kernel in _connections.items():
        if process == os.getpid() and not kernel.busy:
            kernel.close()
