"""What an administrator decides about kernels, as the host is told it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from apps_runtime.kernels.limits import DiskLimits, HostLimits, KernelLimits

DEFAULT_KERNELSPEC = "hexlite-python"


@dataclass(frozen=True)
class HostSettings:
    """Filled by the caller of `serve` (Django settings); the host itself reads no settings and no environment."""

    run_dir: Path
    kernel_python: Path
    preload: tuple[str, ...] = ("numpy", "pandas", "matplotlib.pyplot")
    fonts_dir: Path | None = None
    network: bool = True
    # Where sandboxes can't have a network of their own, those that want one get the machine's, or none.
    share_network: bool = True
    # Networks that kernels do not reach besides those of `network.FORBIDDEN`: "10.0.0.0/8".
    forbidden: tuple[str, ...] = ()
    allow_unsandboxed: bool = False
    # The path of bwrap; None: look for it; empty: do without (layer B).
    bubblewrap: str | None = None
    kernelspec_dirs: tuple[Path, ...] = ()
    kernel_limits: KernelLimits = field(default_factory=KernelLimits)
    host_limits: HostLimits = field(default_factory=HostLimits)
    disk_limits: DiskLimits = field(default_factory=DiskLimits)
    # Kernels that wait, initialised, in every sandbox in use: a start takes one and another is made.
    standby: int = 1
    # Clean ones wait as long after the last clean start; those of a template as long as the sandbox is in use.
    standby_seconds: float = 60.0
    # A sandbox without kernels ends after this long; a template keeps it for longer.
    sandbox_idle_seconds: float = 600.0
    template_idle_seconds: float = 6 * 3600.0
    # Bytes of all that the host keeps, and of the machine's memory left to others; 0: derived from the machine's.
    memory_bytes: int = 0
    free_bytes: int = 0
    start_seconds: float = 30.0
    threads: int = 1
    # Each of a sandbox's own file systems, which are memory: /tmp and the home folder; and /dev/shm.
    scratch_bytes: int = 256 * 1024 * 1024
    shared_bytes: int = 256 * 1024 * 1024

    @property
    def socket_path(self) -> Path:
        return self.run_dir / "kernels.sock"

    def to_json(self) -> dict[str, Any]:
        """For the command line of a process of its own."""
        told = asdict(self)
        told["kernelspec_dirs"] = [str(folder) for folder in self.kernelspec_dirs]
        return told | {name: str(value) for name, value in told.items() if isinstance(value, Path)}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "HostSettings":
        """What `to_json` gave; names that are missing have their defaults."""
        given = dict(told)
        for name in ("run_dir", "kernel_python", "fonts_dir"):
            if given.get(name) is not None:
                given[name] = Path(given[name])
        given["kernelspec_dirs"] = tuple(map(Path, given.get("kernelspec_dirs", ())))
        given["preload"] = tuple(given.get("preload", cls.preload))
        given["forbidden"] = tuple(given.get("forbidden", ()))
        given["disk_limits"] = DiskLimits(**given.get("disk_limits", {}))
        given["kernel_limits"] = KernelLimits(**given.get("kernel_limits", {}))
        given["host_limits"] = HostLimits(**given.get("host_limits", {}))
        return cls(**given)
