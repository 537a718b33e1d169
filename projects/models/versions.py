"""Versions and the publication."""

from collections import OrderedDict

from django.db import models

from projects.models.drafts import Draft
from projects.models.people import User
from projects.models.projects import Project
from projects.notebook.document import Notebook

# Notebooks of versions as values: a text that never changes is read once, however many visitors its app has.
KEPT_NOTEBOOKS = 128
_notebooks: OrderedDict[tuple[object, ...], Notebook] = OrderedDict()


class VersionsAreImmutable(Exception):
    """Somebody tried to change or delete a version."""


class VersionQuerySet(models.QuerySet["Version"]):
    def update(self, **fields) -> int:
        raise VersionsAreImmutable("Versions can't change; save a new version instead.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise VersionsAreImmutable("Versions are deleted only with their whole project.")


class Version(models.Model):
    """An immutable, numbered copy of the draft with its app settings. Triggers of the database guard it as well."""

    class Reason(models.TextChoices):
        AUTOMATIC = "automatic", "Saved while editing"
        PUBLISH = "publish", "Made for a preview"
        NAMED = "named", "Saved by hand"
        REVERT = "revert", "Saved before a revert"
        LIVE = "live", "Live update"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="versions")
    draft = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = VersionQuerySet.as_manager()
    was_live = False  # Whoever lists versions sets it: what was published goes by its number.

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise VersionsAreImmutable(f"{self} can't change; save a new version instead.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs) -> tuple[int, dict[str, int]]:
        raise VersionsAreImmutable(f"{self} is deleted only with its whole project.")

    @property
    def notebook(self) -> Notebook:
        """Its cells and settings; kept, so that queries may leave `document` in the database."""
        key = (self.pk, self.created_at, self.digest)
        found = _notebooks.get(key)
        if found is None:
            found = _notebooks[key] = Notebook.from_json(self.document)
            while len(_notebooks) > KEPT_NOTEBOOKS:
                _notebooks.popitem(last=False)
        return found

    @property
    def is_plain(self) -> bool:
        """Whether its number is its name. Of live updates, all of which were published, the words say more."""
        was_published = self.was_live and self.reason != self.Reason.LIVE
        return (was_published or self.reason == self.Reason.PUBLISH) and not hasattr(self, "naming")

    @property
    def name(self) -> str:
        """What people call it: the name it was given, else its number where it was published or made to be."""
        if hasattr(self, "naming"):
            return self.naming.name
        return str(self) if self.is_plain else self.get_reason_display()


class Publication(models.Model):
    """Which version of a project is live, since when, by whom. No row: nothing is published."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="publication")
    version = models.ForeignKey(Version, on_delete=models.RESTRICT, related_name="publications")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.project}: {self.version}"


class Erasure(models.Model):
    """A project that is being deleted for good, in the transaction that does it: only then may its versions go. The
    database itself asks for this row (migration 0003)."""

    project_id = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.project_id)


class VersionName(models.Model):
    """What somebody calls a version. The version itself never changes."""

    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="naming")
    name = models.CharField(max_length=120)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
