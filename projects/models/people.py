"""People and the teams they belong to."""

import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from projects.addresses import canonical


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"There is no time zone called “{name}”. Choose one such as Europe/Berlin.")


class User(AbstractUser):
    """A person with an account."""

    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])

    @property
    def name(self) -> str:
        """What colleagues call the person: the full name, else the account's name with a capital."""
        return self.get_full_name() or self.username[:1].upper() + self.username[1:]

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def proved_email(self) -> str:
        """The e-mail address, if it is certain to be the person's; "" for one that is only claimed."""
        proved = getattr(self, "proved_address", None)
        return self.email if proved is not None and proved.address == canonical(self.email) else ""


class ProvedAddress(models.Model):
    """That an account's e-mail address is its person's: a mail to it was answered, or a sign-in service vouched for it.

    Without such a row an address is what somebody typed: nothing finds the account by it. The row counts while the
    account still has the address; no two accounts prove the same one.
    """

    class Way(models.TextChoices):
        MAIL = "mail", "a mail was answered"
        PROVIDER = "provider", "the sign-in service vouched for it"
        BEFORE = "before", "the account is older than this question"
        DEMO = "demo", "an account of the demo"

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="proved_address")
    address = models.CharField(max_length=254, unique=True, help_text="as projects.addresses.canonical has it")
    way = models.CharField(max_length=10, choices=Way)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "proved addresses"

    def __str__(self) -> str:
        return self.address


class Workspace(models.Model):
    """A team's home: members, groups, projects; its slug begins every address."""

    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="workspaces")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workspace", args=[self.slug])


class Membership(models.Model):
    """A person in a workspace."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Admin"
        MEMBER = "member", "Member"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"
