"""The first steps of a freshly forked child, before any code of the project runs in it."""

import os
import random
import signal
import sys

from . import landlock, processes
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
    os.environ.update(order.environment)
    if not order.template:  # A template's cells may have gone elsewhere, and its kernels are where they went.
        os.chdir(order.working_directory)
    if order.readable or order.writable:
        landlock.restrict(readable=order.readable, writable=order.writable, network=order.network)


def reseed() -> None:
    """Fresh random numbers: two kernels forked from one process must not draw the same."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def quiet() -> None:
    """Low-level output before and after ipykernel captures it goes nowhere: the host's log is not for cells."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    sys.stdout = sys.__stdout__
    sys.stderr = sys.__stderr__
