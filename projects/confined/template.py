"""The process that children are forked from: a fresh Python with what the functions need loaded, one thread, and
nothing of the process that started it but a socket.

Run as a file, with that socket's number, the folder of hexlite, and the names of the modules to load.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import socket
import sys

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_NO_NEW_PRIVS = 1, 15, 38


def main(number: int, folder: str, modules: list[str]) -> None:
    sys.path.insert(0, folder)
    # A server that ends tells its whole group. Children go when it has gone: it may still need them until then.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NAME, b"hexlite-confine", 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for module in modules:
        importlib.import_module(module)
    from projects.confined import child

    gc.collect()
    gc.freeze()  # A child's collector would write into every page it shares with the others.
    control = socket.socket(fileno=number)
    template = os.getpid()
    while True:
        asked, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        _bury()
        if not asked:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != template:
                os._exit(0)
            child.serve(socket.socket(fileno=descriptors[0]))
        os.close(descriptors[0])
        control.sendall(pid.to_bytes(4, "big"))


def _bury() -> None:
    """Children that ended. Not sooner than the next one is asked for: until then their numbers stay theirs."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
