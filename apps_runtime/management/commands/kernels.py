"""`manage.py kernels`: the kernel host of this machine, in the foreground."""

import json
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from apps_runtime.kernels.limits import DiskLimits, HostLimits, KernelLimits, kernels_of_machine
from apps_runtime.kernels.settings import HostSettings
from projects.services import file_staging

# Of the environment; whatever else is in it, settings and secrets, is not the host's business.
KEPT = {"PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "INVOCATION_ID"}
KEPT |= {"NOTIFY_SOCKET", "WATCHDOG_USEC", "PYTHONFAULTHANDLER"}  # What `apps_runtime.pulse` needs, and who ends it.


class Command(BaseCommand):
    help = "Run the kernel host of this machine until it is stopped."
    requires_system_checks: list[str] = []

    def handle(self, **options: object) -> None:
        """This process becomes the host: the same number, but without Django and its secrets."""
        wish = json.dumps({"settings": host_settings().to_json(), "logging": settings.KERNEL_HOST_LOGGING})
        kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
        os.execve(  # noqa: S606 (this very Python)
            sys.executable,
            [sys.executable, "-m", "apps_runtime.kernels", wish],
            kept | {"PYTHONPATH": str(settings.BASE_DIR)},
        )


def host_settings() -> HostSettings:
    """The host's settings from Django's; names that are not set keep the host's own defaults."""

    def chosen(name: str, default: object) -> object:
        return getattr(settings, name, None) or default

    kernel, host = KernelLimits(), HostLimits()
    fonts = Path(settings.HEXLITE_KERNEL_FONTS_DIR)  # A folder that `make setup` has filled, or another.
    return HostSettings(
        run_dir=Path(settings.RUN_DIR),
        kernel_python=Path(settings.HEXLITE_KERNEL_PYTHON),
        preload=tuple(settings.HEXLITE_KERNEL_PRELOAD),
        fonts_dir=fonts if settings.HEXLITE_KERNEL_FONTS_DIR and fonts.is_dir() else None,
        network=settings.HEXLITE_KERNEL_NETWORK,
        share_network=settings.HEXLITE_KERNEL_SHARES_NETWORK,
        forbidden=tuple(settings.HEXLITE_KERNEL_FORBIDDEN_NETWORKS),
        allow_unsandboxed=settings.HEXLITE_ALLOW_UNSANDBOXED,
        kernelspec_dirs=tuple(Path(folder) for folder in chosen("HEXLITE_KERNELSPEC_DIRS", ())),
        kernel_limits=KernelLimits(
            address_space=chosen("HEXLITE_KERNEL_ADDRESS_SPACE", kernel.address_space),
            resident=chosen("HEXLITE_KERNEL_MEMORY", kernel.resident),
            family=chosen("HEXLITE_KERNEL_PROCESSES", kernel.family),
            processes=chosen("HEXLITE_SANDBOX_PROCESSES", kernel.processes),
            open_files=chosen("HEXLITE_KERNEL_OPEN_FILES", kernel.open_files),
            file_size=chosen("HEXLITE_KERNEL_FILE_SIZE", kernel.file_size),
        ),
        disk_limits=DiskLimits(
            project=settings.HEXLITE_PROJECT_BYTES, files=settings.HEXLITE_PROJECT_FILES, free=file_staging.FREE_DISK
        ),
        host_limits=HostLimits(
            host=chosen("HEXLITE_KERNELS_HOST", kernels_of_machine()),
            app=chosen("HEXLITE_KERNELS_APP", host.app),
            anonymous=chosen("HEXLITE_KERNELS_ANONYMOUS", host.anonymous),
            person=chosen("HEXLITE_KERNELS_PERSON", host.person),
        ),
        standby=settings.HEXLITE_KERNEL_STANDBY,
        standby_seconds=chosen("HEXLITE_KERNEL_STANDBY_SECONDS", 60.0),
        template_idle_seconds=chosen("HEXLITE_TEMPLATE_IDLE_SECONDS", 6 * 3600.0),
        memory_bytes=settings.HEXLITE_KERNELS_MEMORY,
        free_bytes=settings.HEXLITE_KERNELS_MEMORY_FREE,
        sandbox_idle_seconds=chosen("HEXLITE_SANDBOX_IDLE_SECONDS", 600.0),
        start_seconds=chosen("HEXLITE_KERNEL_START_SECONDS", 30.0),
        shared_bytes=chosen("HEXLITE_KERNEL_SHARED_MEMORY", HostSettings.shared_bytes),
        threads=chosen("HEXLITE_KERNEL_THREADS", 1),
    )
