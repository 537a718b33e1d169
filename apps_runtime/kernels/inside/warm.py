"""The entry of the sandbox: `python -c "…; main()" <descriptor> <JSON>`. Import ahead, tell the host, serve forks."""

import json
import os
import socket
import sys
import time

from . import child, look, preload, processes
from .server import ForkServer, become_kernel


def main() -> None:
    """argv[1] is the number of an inherited socket; argv[2] JSON: `preload`, `fonts`, `folder`."""
    began = time.monotonic()
    processes.die_with_parent()
    channel = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(channel.fileno(), False)
    wish = json.loads(sys.argv[2])
    sys.argv[:] = [""]
    failed = warm_up(wish["preload"], wish["fonts"], wish["folder"]) if wish["preload"] is not None else {}
    child.keep_shared_memory_shared()
    server = ForkServer(channel)
    server.tell(
        "warm",
        seconds=round(time.monotonic() - began, 3),
        failed=failed,
        threads=len(os.listdir("/proc/self/task")),
    )
    forked = server.serve()
    if forked is not None:
        become_kernel(*forked)


def warm_up(names: list[str], fonts: str, folder: str) -> dict[str, str]:
    """Import what kernels need; returns what could not be imported and why."""
    failed = preload.import_all([*preload.KERNEL_MODULES, *names])
    look.apply(fonts)
    preload.import_all(preload.rehearse(folder))
    return failed
