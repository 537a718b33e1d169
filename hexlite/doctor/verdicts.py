"""What a check may say besides Django's errors and warnings."""


class CannotTell(Exception):
    """What the check looks at can't be looked at, because of something that another check reports."""
