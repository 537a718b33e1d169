"""Tokens with which programs act for a person."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from projects.models import User

PREFIX = "hex_"
# A token in use is noted this often, not at every request.
NOTED_EVERY = timedelta(minutes=1)
# Its person hears of its end so long before.
SOON = timedelta(days=7)


class ApiToken(models.Model):
    """What a program shows instead of a password: may do what its person may, until its last day or another password.

    Only its digest is kept.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="what the person calls it")
    digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4, help_text="the last characters, to tell tokens apart")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(db_index=True)
    warned_at = models.DateTimeField(null=True, help_text="when a mail said that it ends soon")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    def has_ended(self) -> bool:
        return self.ends_at <= timezone.now()

    def ends_soon(self) -> bool:
        return not self.has_ended() and self.ends_at - timezone.now() <= SOON

    @classmethod
    def make(cls, *, person: User, name: str, days: int | None = None) -> tuple["ApiToken", str]:
        """A new token, good for so many days or as many as the settings say, and its text, which nobody can read
        again."""
        days = min(days or settings.HEXLITE_TOKEN_DAYS, settings.HEXLITE_TOKEN_DAYS_MOST)
        # 32 random bytes can't be guessed, so a fast digest without salt is enough (unlike for passwords).
        text = PREFIX + secrets.token_urlsafe(32)
        token = cls.objects.create(
            person=person,
            name=name.strip()[:100],
            digest=digest_of(text),
            ending=text[-4:],
            ends_at=timezone.now() + timedelta(days=days),
        )
        return token, text

    @classmethod
    def find(cls, text: str, now: datetime) -> "ApiToken | None":
        """The token with this text, if it has not ended and its person's account is active."""
        good = cls.objects.select_related("person").filter(ends_at__gt=now, person__is_active=True)
        token = good.filter(digest=digest_of(text)).first()
        if token is not None and (token.used_at is None or now - token.used_at > NOTED_EVERY):
            cls.objects.filter(pk=token.pk).update(used_at=now)
        return token


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
