"""Work on untrusted text, in processes that may fail: with limits of time and memory, killed and replaced (ADR 9).

`call(function, *args, seconds=, megabytes=)` runs a pure function that a module names, in a child that has nothing of
this process: no database, no sockets, no secrets, no locks. It may be called from any thread.
"""

from projects.confined.errors import Busy, Failed, NotDone, OutOfBudget
from projects.confined.pool import call, start, stop

__all__ = ["Busy", "Failed", "NotDone", "OutOfBudget", "call", "start", "stop"]
