"""Loaded before the settings (`-p tests.environment`): tests have folders and a Redis of their own."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp(prefix="hxt"))
os.environ["HEXLITE_VAR_DIR"] = str(folder)
os.environ["HEXLITE_RUN_DIR"] = str(folder / "run")
os.environ["HEXLITE_TEST_DATABASE"] = str(folder / "test.sqlite3")  # A file: sockets use threads.
(folder / "run").mkdir(mode=0o700)

# A process that stays when its parent is killed would hold the folder; it gets the parent's death as a signal.
_owner = os.getpid()


def start_redis() -> None:
    """A private Redis on the socket that the settings name, unless REDIS_URL gives one."""
    if os.environ.get("REDIS_URL"):
        return
    from hexlite.children import die_with_parent
    from hexlite.redis_server import redis_command

    server = subprocess.Popen(
        redis_command(folder / "run", folder / "redis"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(os.getpid()),
    )
    atexit.register(server.send_signal, signal.SIGKILL)


def _clean() -> None:
    if os.getpid() == _owner:
        shutil.rmtree(folder, ignore_errors=True)


atexit.register(_clean)
start_redis()
