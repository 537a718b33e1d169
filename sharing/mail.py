"""Mails: plain text, in the words of the interface, sent once the change they tell of is certain."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(*, to: Iterable[str], about: str, words: dict[str, Any]) -> None:
    """Send `templates/mail/<about>.txt`, whose first line is the subject, to each address by itself, on commit.

    A mail server that does not answer must not undo what was done; it is logged, and the page offers another way.
    """
    subject, _, body = render_to_string(f"mail/{about}.txt", {**words, "origin": settings.ORIGIN}).partition("\n")
    messages = [EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[address]) for address in to if address]
    transaction.on_commit(lambda: _deliver(messages))


def _deliver(messages: list[EmailMessage]) -> None:
    for message in messages:
        try:
            message.send()
        except (SMTPException, OSError):
            logger.exception("A mail could not be sent: %s", message.subject)
