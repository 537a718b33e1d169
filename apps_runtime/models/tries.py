"""What strangers may get wrong, or ask for, only so often."""

from django.db import models


class Try(models.Model):
    """One wrong password, token or link, or one mail that somebody asked for: of what kind, from where, when.

    A row each, so that all web processes count together; `source` is a keyed digest of a network address, a mailbox or
    an account. Gone after a day.
    """

    class What(models.TextChoices):
        PASSWORD = "password", "a wrong password"
        TOKEN = "token", "a wrong API token"
        LINK = "link", "a wrong link of a mail"
        SINGLE_SIGN_ON = "sso", "a return from the sign-in service that signed nobody in"
        MAIL = "mail", "a mail that was asked for"
        MAILBOX = "mailbox", "a mail to one address"

    what = models.CharField(max_length=10, choices=What)
    source = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["what", "source", "at"]), models.Index(fields=["what", "at"])]
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return f"{self.get_what_display()} at {self.at:%H:%M:%S}"
