"""Why there is no result."""


class NotDone(Exception):
    """There is no result, and the process that asked is none the worse for it."""


class OutOfBudget(NotDone):
    """It took more time or memory than it may, now or when it was tried before."""


class Failed(NotDone):
    """The function raised what it does not promise, or its process died. The text says which, for the log."""


class Busy(NotDone):
    """No child was free in time; the same may work in a moment."""
