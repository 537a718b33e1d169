"""`manage.py kernels`: the kernel host of this machine, in the foreground."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps_runtime.kernels.errors import KernelUnavailable
from apps_runtime.kernels.host import serve
from apps_runtime.kernels.limits import HostLimits, KernelLimits, kernels_of_machine
from apps_runtime.kernels.settings import HostSettings


class Command(BaseCommand):
    help = "Run the kernel host of this machine until it is stopped."
    requires_system_checks: list[str] = []

    def handle(self, **options: object) -> None:
        try:
            serve(host_settings(), on_ready=lambda: self.stdout.write("kernel host ready"))
        except KernelUnavailable as problem:
            raise CommandError(str(problem)) from problem


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
        host_limits=HostLimits(
            host=chosen("HEXLITE_KERNELS_HOST", kernels_of_machine()),
            app=chosen("HEXLITE_KERNELS_APP", host.app),
            anonymous=chosen("HEXLITE_KERNELS_ANONYMOUS", host.anonymous),
            person=chosen("HEXLITE_KERNELS_PERSON", host.person),
        ),
        standby=getattr(settings, "HEXLITE_KERNEL_STANDBY", 1),
        sandbox_idle_seconds=chosen("HEXLITE_SANDBOX_IDLE_SECONDS", 600.0),
        start_seconds=chosen("HEXLITE_KERNEL_START_SECONDS", 30.0),
        threads=chosen("HEXLITE_KERNEL_THREADS", 1),
    )
