"""What an administrator decides about kernels, as the host is told it."""

from dataclasses import dataclass, field
from pathlib import Path

from apps_runtime.kernels.limits import HostLimits, KernelLimits

DEFAULT_KERNELSPEC = "hexlite-python"


@dataclass(frozen=True)
class HostSettings:
    """Filled by the caller of `serve` (Django settings); the host itself reads no settings and no environment."""

    run_dir: Path
    kernel_python: Path
    preload: tuple[str, ...] = ("numpy", "pandas", "matplotlib.pyplot")
    fonts_dir: Path | None = None
    network: bool = True
    allow_unsandboxed: bool = False
    # The path of bwrap; None: look for it; empty: do without (layer B).
    bubblewrap: str | None = None
    kernelspec_dirs: tuple[Path, ...] = ()
    kernel_limits: KernelLimits = field(default_factory=KernelLimits)
    host_limits: HostLimits = field(default_factory=HostLimits)
    # Kernels that wait, initialised, in every sandbox in use: a start takes one and another is made.
    standby: int = 1
    # A sandbox without kernels ends after this long; a template keeps it for longer.
    sandbox_idle_seconds: float = 600.0
    template_idle_seconds: float = 6 * 3600.0
    # All templates together, in bytes of memory they share with nobody; the least recently used go beyond it.
    template_bytes: int = 2 * 1024 * 1024 * 1024
    start_seconds: float = 30.0
    threads: int = 1
    scratch_bytes: int = 256 * 1024 * 1024

    @property
    def socket_path(self) -> Path:
        return self.run_dir / "kernels.sock"
