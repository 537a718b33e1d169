"""Projects: what a person owns and shares."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from projects.levels import Level
from projects.models.people import User, Workspace


class ProjectQuerySet(models.QuerySet["Project"]):
    def kept(self) -> "ProjectQuerySet":
        """Without the ones in the trash."""
        return self.filter(trashing__isnull=True)

    def trashed(self) -> "ProjectQuerySet":
        return self.filter(trashing__isnull=False)

    def public_apps(self) -> "ProjectQuerySet":
        """What anybody may find: published, and open to everybody. What only has a link is in no list."""
        return self.kept().filter(visibility=Project.Visibility.PUBLIC, publication__isnull=False)


class Project(models.Model):
    """What a person owns and shares: title, notebooks, files, at most one app."""

    class Visibility(models.TextChoices):
        WORKSPACE = "workspace", "Workspace & collaborators"
        LINK = "link", "Anyone with a link"
        PUBLIC = "public", "Public"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="projects")
    title = models.CharField(max_length=200)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="created_projects")
    created_at = models.DateTimeField(auto_now_add=True)
    kernelspec = models.CharField(max_length=100, default="hexlite-python")

    # Who may, besides the grants in their own tables.
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.WORKSPACE)
    workspace_level = models.CharField(
        max_length=10,
        choices=Level.choices_for_workspace(),
        default="",
        blank=True,
        help_text="What every member gets.",
    )
    editors_can_share = models.BooleanField(default=True)
    embed_sites = models.JSONField(default=list, blank=True, help_text="Origins that may embed the app; none is off.")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        permissions = [(level.permission, level.label) for level in Level.grantable()]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("notebook", args=[self.workspace.slug, self.pk])

    @property
    def app_url(self) -> str:
        return reverse("app", args=[self.workspace.slug, self.pk])

    @property
    def files_dir(self) -> Path:
        """The project's folder: the working directory of its cells."""
        return settings.PROJECT_FILES_DIR / str(self.pk)

    @property
    def app_draft(self):
        """The notebook that the app is published from: the first one, unless a copy was published since."""
        publication = getattr(self, "publication", None)
        if publication and publication.version.draft_id:
            return publication.version.draft
        return self.drafts.order_by("position", "pk").first()

    @property
    def newest_version(self):
        """Without its document, which is long."""
        return self.versions.defer("document").first()

    @property
    def is_trashed(self) -> bool:
        return hasattr(self, "trashing")


class Trashing(models.Model):
    """A project in the trash: since when, by whom. Restoring deletes the row."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="trashing")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "projects in the trash"

    def __str__(self) -> str:
        return f"{self.project} is in the trash"


class ProjectUserGrant(UserObjectPermissionBase):
    """A permission of a person on a project; guardian's direct table, gone with the project."""

    content_object = models.ForeignKey(Project, on_delete=models.CASCADE)


class ProjectGroupGrant(GroupObjectPermissionBase):
    """A permission of a group on a project."""

    content_object = models.ForeignKey(Project, on_delete=models.CASCADE)
