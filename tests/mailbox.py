"""What arrives in people's mail, for tests that open the links in it."""

import re
from typing import Any

import pytest
from django.core import mail


class Mailbox:
    """`with mailbox:` sends what is written inside, which waits for the end of a transaction that a test has not."""

    def __init__(self, capture: Any) -> None:
        self.capture, self.capturing = capture, None

    def __enter__(self) -> "Mailbox":
        self.capturing = self.capture(execute=True)
        self.capturing.__enter__()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.capturing.__exit__(*failure)

    def link(self, about: str) -> str:
        """The path of the newest link to an address that begins with this word."""
        found = [re.search(rf"https?://[^/\s]+(/{about}/\S+)", message.body) for message in mail.outbox]
        return next(match[1] for match in reversed(found) if match)


@pytest.fixture
def mailbox(django_capture_on_commit_callbacks) -> Mailbox:
    return Mailbox(django_capture_on_commit_callbacks)
