"""Kernels: started, watched and ended by the machine's kernel host (`manage.py kernels`).

For workers: `start` gives an address for a row, `connect` a `Kernel` that stays connected between tasks. All functions
are synchronous and may be called from any thread; they speak to the host of HEXLITE_RUN_DIR.
"""

from collections.abc import Sequence
from pathlib import Path

from apps_runtime.kernels.addresses import KernelAddress, KernelStatus, TemplateReport
from apps_runtime.kernels.client import KernelHost
from apps_runtime.kernels.connections import connect, connected, disconnect
from apps_runtime.kernels.errors import (
    HostRefused,
    KernelGone,
    KernelHostFull,
    KernelHostUnreachable,
    KernelStartFailed,
    KernelUnavailable,
    UnknownKernelspec,
)
from apps_runtime.kernels.kernel import Completion, Kernel, KernelBusy
from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC

__all__ = [
    "DEFAULT_KERNELSPEC",
    "Completion",
    "HostRefused",
    "Kernel",
    "KernelAddress",
    "KernelBusy",
    "KernelGone",
    "KernelHost",
    "KernelHostFull",
    "KernelHostUnreachable",
    "KernelStartFailed",
    "KernelStatus",
    "KernelUnavailable",
    "TemplateReport",
    "UnknownKernelspec",
    "connect",
    "connected",
    "disconnect",
    "drop_template",
    "host",
    "list",
    "make_template",
    "prepare",
    "start",
    "stats",
]


def host() -> KernelHost:
    """The host of this machine."""
    from django.conf import settings

    return KernelHost(str(Path(settings.RUN_DIR) / "kernels.sock"))


def start(project_id: str, files_dir: str | Path, kernelspec: str = DEFAULT_KERNELSPEC, **wish) -> KernelAddress:
    """A ready kernel; see KernelHost.start for `label`, `person`, `app`, `ticket`, `template`, `uploads_dir`."""
    return host().start(project_id, files_dir, kernelspec, **wish)


def prepare(project_id: str, files_dir: str | Path, kernelspec: str = DEFAULT_KERNELSPEC, **wish) -> None:
    """Warm a project's sandbox before it is needed."""
    host().prepare(project_id, files_dir, kernelspec, **wish)


def make_template(project_id: str, version_key: str, cells: Sequence[tuple[str, str]], **wish) -> TemplateReport:
    """See KernelHost.make_template."""
    return host().make_template(project_id, version_key, cells, **wish)


def drop_template(project_id: str, version_key: str) -> None:
    """See KernelHost.drop_template."""
    host().drop_template(project_id, version_key)


def list() -> tuple[KernelStatus, ...]:
    """Every kernel somebody holds on this machine."""
    return host().kernels()


def stats() -> dict:
    """The host's view of itself."""
    return host().stats()
