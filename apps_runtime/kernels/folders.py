"""The host's own folders: private, short, and clean when it starts."""

import fcntl
import json
import logging
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from apps_runtime.kernels.errors import HostRefused, RunDirectoryTooLong
from apps_runtime.kernels.network import resolver_file
from apps_runtime.kernels.sandbox import UID
from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC, HostSettings

log = logging.getLogger(__name__)
LONGEST_SOCKET_PATH = 107


def sandboxes(run_dir: Path) -> Path:
    return run_dir / "s"


def take(run_dir: Path) -> IO[str]:
    """Make the run folder ours alone and clear what an earlier host left. Keep what is returned open: it is the lock.

    Raises HostRefused when another host of this folder is alive, or when the folder belongs to somebody else, and
    RunDirectoryTooLong when kernels' sockets could have no address in it.
    """
    longest = sandboxes(run_dir) / ("x" * 8) / ("x" * 8) / "k-5"
    if len(os.fsencode(longest)) > LONGEST_SOCKET_PATH:
        raise RunDirectoryTooLong(f"Set HEXLITE_RUN_DIR to a shorter path: Unix sockets in {run_dir} have no address.")
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = run_dir.stat()
    if status.st_uid != os.geteuid():
        raise HostRefused(f"{run_dir} belongs to another account.")
    run_dir.chmod(0o700)
    lock = (run_dir / "kernels.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise HostRefused(f"Another kernel host already runs in {run_dir}.") from None
    (run_dir / "kernels.sock").unlink(missing_ok=True)
    shutil.rmtree(sandboxes(run_dir), ignore_errors=True)
    sandboxes(run_dir).mkdir(mode=0o700)
    return lock


def write_etc(run_dir: Path) -> Path:
    """The few files of /etc that must not be the machine's: accounts, and a resolver file that may be a link."""
    etc = run_dir / "etc"
    etc.mkdir(mode=0o700, exist_ok=True)
    (etc / "passwd").write_text(f"kernel:x:{UID}:{UID}::/home/kernel:/bin/sh\n")
    (etc / "group").write_text(f"kernel:x:{UID}:\n")
    try:
        resolver = Path("/etc/resolv.conf").read_text()
    except OSError:
        resolver = ""
    (etc / "resolv.conf").write_text(resolver)
    (etc / "resolv.conf.uplink").write_text(resolver_file(resolver))
    return etc


def write_kernelspec(settings: HostSettings) -> Path:
    """`hexlite-python` as a kernelspec whose provisioner is this host. Returns the folder for JUPYTER_PATH."""
    jupyter = settings.run_dir / "jupyter"
    folder = jupyter / "kernels" / DEFAULT_KERNELSPEC
    folder.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": [str(settings.kernel_python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (hexlite)",
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "kernel_provisioner": {
                "provisioner_name": "hexlite-provisioner",
                "config": {"host": str(settings.socket_path)},
            }
        },
    }
    temporary = folder / "kernel.json.new"
    temporary.write_text(json.dumps(spec, indent=1))
    temporary.replace(folder / "kernel.json")
    return jupyter


def font_cache(settings: HostSettings) -> Path | None:
    """matplotlib's list of fonts, made once per machine: each sandbox would spend a second on it otherwise.

    None when the environment has no matplotlib. It is made outside the sandboxes by code of the administrator, and
    shown to them read-only.
    """
    folder = settings.run_dir / "matplotlib"
    folder.mkdir(mode=0o700, exist_ok=True)
    result = subprocess.run(
        [settings.kernel_python, "-s", "-c", "import matplotlib.font_manager"],
        env={"PATH": os.defpath, "MPLCONFIGDIR": str(folder), "HOME": str(folder)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    made = sorted(folder.glob("fontlist-*.json"), key=lambda file: file.stat().st_mtime)
    if result.returncode != 0 or not made:
        log.info("no list of fonts for matplotlib: %s", result.stderr.strip().splitlines()[-1:] or "not installed")
        return None
    return made[-1]
