"""The entry of the sandbox: `python -c "…; main()" <descriptor> <JSON>`. Import ahead, tell the host, serve forks."""

import json
import os
import socket
import sys
import time

from . import import_hooks, memory, no_debugger, plot_style, preload, processes
from .become import become_kernel, become_template
from .orders import KernelOrder, TemplateOrder
from .server import ForkServer


def main() -> None:
    """argv[1] is the number of an inherited socket; argv[2] JSON: `preload`, `fonts`, `folder`."""
    began = time.monotonic()
    processes.die_with_parent()
    channel = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(channel.fileno(), False)
    wish = json.loads(sys.argv[2])
    sys.argv[:] = [""]
    failed = warm_up(wish["preload"], wish["fonts"]) if wish["preload"] is not None else {}
    memory.keep_shared()
    rehearsal = preload.rehearse(wish["folder"]) if wish["preload"] is not None else None
    server = ForkServer(channel, rehearsal)
    server.tell(
        "warm",
        seconds=round(time.monotonic() - began, 3),
        failed=failed,
        threads=len(os.listdir("/proc/self/task")),
    )
    forked = server.serve()
    match forked:
        case (KernelOrder() as order, pipe):
            become_kernel(order, pipe)
        case (TemplateOrder() as order, line):
            become_template(order, line)


def warm_up(names: list[str], fonts: str) -> dict[str, str]:
    """Import what kernels need; returns what could not be imported and why."""
    import_hooks.teach()
    no_debugger.install()
    failed = preload.import_all([*preload.KERNEL_MODULES, *names])
    plot_style.apply(fonts)
    from . import kernel

    kernel.make_ready()
    return failed
