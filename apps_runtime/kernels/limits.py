"""What kernels may use. Defaults and their reasons: the limits table of the faults specification."""

import os
from dataclasses import dataclass, field

from apps_runtime.kernels.inside.orders import Caps
from apps_runtime.kernels.machine import Memory

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class KernelLimits:
    """Of one kernel. Sizes in bytes; `resident` and `family` are watched by the host, the rest are kernel limits."""

    # numpy, pandas and ipykernel need 880 MB of addresses at 113 MB of memory: below 2 GiB imports start to fail.
    address_space: int = 4 * GIB
    resident: int = 1536 * MIB
    # Processes and threads: `family` of one kernel and all below it, `processes` of the project's whole sandbox.
    family: int = 128
    processes: int = 1024
    open_files: int = 1024
    file_size: int = 256 * MIB

    @property
    def caps(self) -> Caps:
        """What the operating system's limits can express."""
        return Caps(self.address_space, self.processes, self.open_files, self.file_size)


@dataclass(frozen=True)
class DiskLimits:
    """What kernels may write: bytes and files of a project's folder, and bytes that stay free on its disk."""

    project: int = GIB
    files: int = 100_000
    free: int = 512 * MIB


def kernels_of_machine(*, cores: int | None = None, memory: int | None = None) -> int:
    """Two per core and one per GiB of memory."""
    cores = cores or os.cpu_count() or 1
    memory = memory or Memory.look().total
    return 2 * cores + memory // GIB


@dataclass(frozen=True)
class HostLimits:
    """How many kernels at the same time."""

    host: int = field(default_factory=kernels_of_machine)
    app: int = 20
    anonymous: int = 5  # of one app, by visitors without an account
    person: int = 4
