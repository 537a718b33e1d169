"""The end of API tokens: with the password, with the account, on their last day, of which their person hears before."""

import logging
from datetime import datetime
from itertools import groupby
from smtplib import SMTPException
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import ApiToken
from apps_runtime.models.tokens import SOON
from projects.models import User

logger = logging.getLogger(__name__)


class EndWithThePassword:
    """Django calls this whenever a password is set, by whatever page or command (AUTH_PASSWORD_VALIDATORS).

    Whoever changes a password because somebody knows it would else leave a door open that he does not think of.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """It has no say in what a password is like."""

    def get_help_text(self) -> str:
        return "The API tokens of the account end with the old password."

    def password_changed(self, password: str, user: User) -> None:
        end_all(person=user)


def end_all(*, person: User) -> int:
    """Every program that acts for the person is shut out; how many tokens that were."""
    return person.api_tokens.all().delete()[0]


def warn(*, now: datetime) -> int:
    """Tell people of tokens that end soon, once each. Returns how many people were told."""
    ending = ApiToken.objects.filter(ends_at__gt=now, ends_at__lte=now + SOON, warned_at=None, person__is_active=True)
    told = 0
    for person, found in groupby(ending.select_related("person").order_by("person", "ends_at"), lambda t: t.person):
        tokens = list(found)
        ApiToken.objects.filter(pk__in=[token.pk for token in tokens]).update(warned_at=now)
        told += bool(person.email) and _mail(person, tokens)
    return told


def _mail(person: User, tokens: list[ApiToken]) -> bool:
    words = {"person": person, "tokens": tokens, "link": settings.ORIGIN + reverse("tokens")}
    with timezone.override(ZoneInfo(person.time_zone)):
        subject, _, body = render_to_string("mail/tokens_end.txt", words).partition("\n")
    try:
        EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[person.email]).send()
    except (SMTPException, OSError):
        logger.exception("A mail could not be sent: %s", subject)
        return False
    return True
