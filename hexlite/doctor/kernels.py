"""The kernel host of this machine, and the kernels it holds."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register
from django.db import DatabaseError

from apps_runtime.kernels import KernelHost, KernelStatus, KernelUnavailable
from apps_runtime.kernels.sandbox import Layer
from apps_runtime.models import Run, Session
from hexlite.doctor.verdicts import CannotTell

# A kernel this young may belong to somebody who has not written it down yet.
YOUNG_SECONDS = 60.0
# What one kernel with its sandbox may well need: a budget below it lets one after the other in at best.
SMALLEST_BUDGET = 256 * 2**20
_INSTALL = "Install slirp4netns and iproute2 (Debian's packages) and restart the kernel host"


@register("doctor", deploy=True)
def the_kernel_host_answers(**options: object) -> list[CheckMessage]:
    """The kernel host answers, and its kernels are in sandboxes."""
    try:
        stats = _host().stats()
    except KernelUnavailable as problem:
        hint = "Start it with `manage.py kernels`; nothing runs on this machine until then."
        return [Error(f"The kernel host does not answer: {problem}", hint=hint, id="hexlite.E010")]
    match stats["layer"]:
        case Layer.BUBBLEWRAP:
            return []
        case Layer.LANDLOCK:
            hint = "Install bubblewrap, and allow unprivileged user namespaces."
            return [Warning(f"Kernels have weaker walls: {stats['reason']}", hint=hint, id="hexlite.W010")]
    hint = "Install bubblewrap. Until then, let nobody write code whom you would not give this account."
    return [Error(f"Kernels run without a sandbox: {stats['reason']}", hint=hint, id="hexlite.E011")]


@register("doctor", deploy=True)
def limits_of_kernels_hold(**options: object) -> list[CheckMessage]:
    """What kernels keep in memory and on the disk is counted whole."""
    try:
        stats = _host().stats()
    except KernelUnavailable as problem:
        raise CannotTell from problem
    found: list[CheckMessage] = []
    if not stats.get("refuses_calls", True):
        sentence = "Kernels can hide memory and room on the disk from their limits: no system call is refused to them."
        hint = "Use a machine with seccomp, of the architecture x86_64 or aarch64 (docs/kernels.md)."
        found.append(Warning(sentence, hint=hint, id="hexlite.W018"))
    if stats["layer"] != Layer.BUBBLEWRAP:
        sentence = "Kernels share this machine's /dev/shm; it is watched, and has no size of a sandbox's own."
        found.append(Warning(sentence, hint="Install bubblewrap (docs/kernels.md).", id="hexlite.W019"))
    return found


@register("doctor", deploy=True)
def no_kernel_is_forgotten(**options: object) -> list[CheckMessage]:
    """Every kernel belongs to a run or a session."""
    try:
        held = _host().kernels()
        known = _known_kernels()
    except (KernelUnavailable, DatabaseError) as problem:
        raise CannotTell from problem
    return [
        Warning(
            f"Kernel {kernel.kernel_id} ({kernel.resident / 2**20:.0f} MB, {kernel.age_seconds / 60:.0f} minutes old) "
            f"belongs to nobody; it was started for {kernel.label or 'an unnamed run'}.",
            hint="Restart the kernel host when nothing runs: its kernels end with it.",
            id="hexlite.W011",
        )
        for kernel in held
        if is_orphan(kernel, known)
    ]


@register("doctor", deploy=True)
def kernels_have_a_python(**options: object) -> list[CheckMessage]:
    """The kernels' Python is there."""
    if Path(settings.HEXLITE_KERNEL_PYTHON).exists():
        return []
    hint = "Run `make setup`, or set HEXLITE_KERNEL_PYTHON."
    return [Error(f"There is no Python at {settings.HEXLITE_KERNEL_PYTHON}.", hint=hint, id="hexlite.E012")]


@register("doctor", deploy=True)
def kernels_reach_no_service_meant_for_this_machine(**options: object) -> list[CheckMessage]:
    """Nothing that listens for this machine alone can be reached by notebooks."""
    try:
        stats = _host().stats()
    except KernelUnavailable as problem:
        raise CannotTell from problem
    if stats.get("lacks_network"):
        return [Warning(*network_of_notebooks(stats), id="hexlite.W017")]
    if not stats["shares_network"]:
        return []
    own = {urlsplit(origin).port for origin in settings.CSRF_TRUSTED_ORIGINS}
    ports = sorted(listening_on_loopback() - own)
    reached = f"this machine's loopback ({_listed(ports)})" if ports else "this machine's loopback"
    return [
        Warning(
            f"Notebooks share this machine's network: {stats['shares_network_because']}. They can connect to "
            f"{reached} and to link-local addresses, such as a cloud's metadata.",
            hint=f"{_INSTALL}; or set HEXLITE_KERNEL_SHARES_NETWORK=no, or forbid its account these addresses in the "
            "firewall (docs/operations.md).",
            id="hexlite.W013",
        )
    ]


@register("doctor", deploy=True)
def kernels_have_memory(**options: object) -> list[CheckMessage]:
    """There is memory for another kernel."""
    try:
        memory = _host().stats().get("memory")
    except KernelUnavailable as problem:
        raise CannotTell from problem
    if memory is None:
        hint = "Restart it when it suits: its kernels end with it."
        return [Warning("The kernel host was started before the last upgrade.", hint=hint, id="hexlite.W016")]
    if memory["most"] < SMALLEST_BUDGET:
        hint = f"Set HEXLITE_KERNELS_MEMORY to {SMALLEST_BUDGET} at least, or leave it to hexlite."
        return [Error(f"Kernels may keep {_bytes(memory['most'])}: too little for one.", hint=hint, id="hexlite.E014")]
    kept = f"Kernels keep {_bytes(memory['kept'])} of {_bytes(memory['most'])}, {_bytes(memory['idle'])} of it idle"
    if memory["available"] + memory["idle"] < memory["free"]:
        left = f"only {_bytes(memory['available'])} of the machine's {_bytes(memory['total'])} are available"
        hint = "End what takes the memory, or lower HEXLITE_KERNELS_MEMORY_FREE; until then who wants a kernel waits."
        return [Warning(f"{kept}; {left}.", hint=hint, id="hexlite.W014")]
    if memory["kept"] - memory["idle"] > memory["most"] * 9 // 10:
        hint = "Who comes now waits until a kernel ends. Raise HEXLITE_KERNELS_MEMORY if the machine has more."
        return [Warning(f"{kept}: the rest is in use.", hint=hint, id="hexlite.W015")]
    return [Info(f"{kept}; {_bytes(memory['available'])} of the machine's memory are available.", id="hexlite.I014")]


def network_of_notebooks(stats: dict[str, Any]) -> list[str]:
    """Where it is not one of their own: what it is, and what to do. Nothing where all is as it should be."""
    because = stats["shares_network_because"]
    if stats.get("lacks_network"):
        hint = f"{_INSTALL}; or let them share this machine's, loopback and all: HEXLITE_KERNEL_SHARES_NETWORK=yes."
        return [f"Notebooks have no network: {because}.", hint]
    if stats["shares_network"]:
        return [f"Notebooks reach what listens on this machine's loopback: {because}.", f"{_INSTALL}."]
    return []


def listening_on_loopback() -> set[int]:
    """The TCP ports where something listens on 127.0.0.0/8 or ::1 (proc_net_tcp: state 0A; bytes of an address are in
    the machine's order)."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for _, local, _, state, *_ in map(str.split, lines):
            address, port = local.split(":")
            if state == "0A" and (address.endswith("7F") or address == "0" * 24 + "01000000"):
                found.add(int(port, 16))
    return found


def _bytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _listed(ports: list[int]) -> str:
    more = f" and {len(ports) - 8} more" if len(ports) > 8 else ""
    return f"port {', '.join(map(str, ports[:8]))}{more}"


def is_orphan(kernel: KernelStatus, known: set[str]) -> bool:
    """Nobody's: no row knows it, it is not young, and no program holds it through Jupyter's own protocol."""
    return kernel.kernel_id not in known and kernel.age_seconds > YOUNG_SECONDS and kernel.purpose != "jupyter"


def _known_kernels() -> set[str]:
    """The ids of all kernels that a run or a session has written down."""
    addresses = [*Run.objects.unfinished().filter(kernel__isnull=False).values_list("kernel", flat=True)]
    addresses += Session.objects.filter(kernel__isnull=False).values_list("kernel", flat=True)
    return {address["kernel_id"] for address in addresses}


def _host() -> KernelHost:
    return KernelHost(str(settings.RUN_DIR / "kernels.sock"))
