"""In a forked child: settle, then be a kernel until it ends."""

import json
import os
import socket
import traceback

from . import child
from .orders import KernelOrder, TemplateOrder

FAILED_STATUS = 70


def become_kernel(order: KernelOrder, pipe: int, streams: tuple | None = None) -> None:
    """An ipykernel, or the program of another kernelspec. `streams` are a template's, to be connected.

    What goes wrong before it serves is said on the pipe, and the process ends.
    """
    try:
        child.settle(order)
        child.quiet()
        if order.command:
            os.execvp(order.command[0], order.command)
        child.reseed()
        from . import kernel

        app = kernel.prepare(order.connection_file)
        if streams is not None:
            from . import template

            template.connect(streams)
    except BaseException:
        os.write(pipe, json.dumps({"failed": traceback.format_exc(limit=-5)[-8000:]}).encode() + b"\n")
        os._exit(FAILED_STATUS)
    os.write(pipe, b'{"ready": true}\n')
    os.close(pipe)
    app.start()


def become_template(order: TemplateOrder, line: socket.socket) -> None:
    """Play and serve forks; each fork comes back here and becomes a kernel."""
    from . import template  # It needs ipykernel, which a sandbox of other kernelspecs may not have.

    become_kernel(*template.run(order, line))
