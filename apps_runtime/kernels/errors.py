"""What can go wrong with kernels, each named for the fact. Their text is a sentence for the person who waits."""

# Before the sentence for which the host ended a kernel that wrote too much.
DISK_LIMIT = "disk limit: "


class KernelUnavailable(Exception):
    """Anything that keeps somebody from having a kernel; what follows says which."""


class KernelHostUnreachable(KernelUnavailable):
    """Nothing answers on the host's socket: `manage.py kernels` does not run on this machine."""


class KernelHostFull(KernelUnavailable):
    """A limit on the number of kernels is reached: `limit` says which, `position` and `waiting` describe the queue.

    Of the limit "memory", `most` is the number of kernels that have it now.
    """

    def __init__(self, *, limit: str, most: int, position: int, waiting: int) -> None:
        self.limit, self.most, self.position, self.waiting = limit, most, position, waiting
        why = (
            "The memory of this machine is in use"
            if limit == "memory"
            else f"All {most} kernels of this {limit} are in use"
        )
        super().__init__(f"{why}; you are number {position} of {waiting} waiting.")


class SandboxUnavailable(KernelUnavailable):
    """This machine can build no sandbox, and running without one is not allowed."""


class KernelStartFailed(KernelUnavailable):
    """The kernel's process or its sandbox ended, or did not get ready in time; the text says why."""


class UnknownKernelspec(KernelUnavailable):
    """No kernelspec of this name is offered on this machine."""


class KernelGone(KernelUnavailable):
    """The kernel does not exist (any more)."""


class RunDirectoryTooLong(KernelUnavailable):
    """Unix sockets have addresses of at most 107 bytes; HEXLITE_RUN_DIR must be shorter."""


class HostRefused(KernelUnavailable):
    """The host understood the request and said no; the text says why."""
