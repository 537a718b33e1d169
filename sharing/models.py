"""Invitations: access for somebody who has no account yet."""

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.urls import reverse

from projects.levels import Level
from projects.models import Project, User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> "InvitationQuerySet":
        """Those that can still be accepted."""
        return self.filter(expires_at__gt=now)


class Invitation(models.Model):
    """A level on a project for whoever holds a link to it. Accepting deletes it.

    There are two links. The one in the mail proves the address it was sent to; the one that the Share dialogue shows to
    whoever invites proves nothing. None: sent when there was one link for both.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    level = models.CharField(max_length=10, choices=[(level.value, level.label) for level in Level.grantable()])
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, help_text="sha-256 of the shown link's token")
    mailed_hash = models.CharField(max_length=64, unique=True, null=True, help_text="and of the mailed link's")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(fields=["project", "email"], name="one_invitation_each")]

    def __str__(self) -> str:
        return f"{self.email} to {self.project}"

    @property
    def level_given(self) -> Level:
        return Level(self.level)


class Identity(models.Model):
    """A person's name at an OpenID Connect provider. Never the e-mail address: that may be somebody else's tomorrow."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_an_identity")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_path(token: str) -> str:
    return reverse("invitation", args=[token])
