"""Tokens with which programs act for a person."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models

from projects.models import User

PREFIX = "hex_"
# A token in use is noted this often, not at every request.
NOTED_EVERY = timedelta(minutes=1)


class ApiToken(models.Model):
    """What a program shows instead of a password: may do what its person may. Only its digest is kept."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="what the person calls it")
    digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4, help_text="the last characters, to tell tokens apart")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    @classmethod
    def make(cls, *, person: User, name: str) -> tuple["ApiToken", str]:
        """A new token and its text, which nobody can read again."""
        # 32 random bytes can't be guessed, so a fast digest without salt is enough (unlike for passwords).
        text = PREFIX + secrets.token_urlsafe(32)
        token = cls.objects.create(person=person, name=name.strip()[:100], digest=digest_of(text), ending=text[-4:])
        return token, text

    @classmethod
    def find(cls, text: str, now: datetime) -> "ApiToken | None":
        """The token with this text, if its person's account is active."""
        token = cls.objects.select_related("person").filter(digest=digest_of(text), person__is_active=True).first()
        if token is not None and (token.used_at is None or now - token.used_at > NOTED_EVERY):
            cls.objects.filter(pk=token.pk).update(used_at=now)
        return token


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
