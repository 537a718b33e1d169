"""The first steps of a freshly forked child, before any code of the project runs in it."""

import contextlib
import functools
import os
import random
import signal
import sys
from collections.abc import Iterator

from . import landlock, processes, system_calls
from .orders import KernelOrder


def settle(order: KernelOrder) -> None:
    """Make this child a family of its own, with its limits, domain, environment and folder.

    Raises OSError or ValueError when a limit or the domain is refused: the kernel must not start then.
    """
    os.setsid()
    processes.die_with_parent()
    processes.become_subreaper()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
    order.caps.apply()
    os.umask(0o077)  # What a notebook writes is for the account it runs as, and no other one of the machine.
    os.environ.update(order.environment)
    if not order.template:  # A template's cells may have gone elsewhere, and its kernels are where they went.
        os.chdir(order.working_directory)
        system_calls.refuse(sockets=order.sockets)  # A template's kernels have its filter.
    if order.readable or order.writable:
        landlock.restrict(readable=order.readable, writable=order.writable, network=order.network)


_seeded: set[str] = set()
_state: tuple | None = None


def reseed() -> None:
    """Fresh random numbers: two kernels forked from one process must not draw the same, unless their notebook has said
    which it wants; then all draw what a new kernel would."""
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None and name not in _seeded:
            module.seed()
    if _state is not None:
        random.setstate(_state)  # Python itself gives every fork fresh numbers.


@contextlib.contextmanager
def noticing_seeds() -> Iterator[None]:
    """Meanwhile: which generators the notebook seeds, and where Python's own stands at the end."""
    global _state
    kept = {name: sys.modules[name].seed for name in ("random", "numpy.random") if name in sys.modules}

    def noticed(name: str, *arguments: object, **options: object) -> object:
        # Without a seed, or with None, it asks for fresh numbers.
        wanted = any(one is not None for one in (*arguments, *options.values()))
        (_seeded.add if wanted else _seeded.discard)(name)
        return kept[name](*arguments, **options)

    for name in kept:
        sys.modules[name].seed = functools.partial(noticed, name)
    try:
        yield
    finally:
        for name, seed in kept.items():
            sys.modules[name].seed = seed
        _state = random.getstate() if "random" in _seeded else None


def quiet() -> None:
    """Low-level output before and after ipykernel captures it goes nowhere: the host's log is not for cells."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    sys.stdout = sys.__stdout__
    sys.stderr = sys.__stderr__
