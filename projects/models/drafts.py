"""The editable notebook."""

import uuid

from django.db import models

from projects.models.people import User
from projects.models.projects import Project
from projects.notebook.document import Notebook


class Draft(models.Model):
    """The editable notebook of a project, with a revision number that guards concurrent edits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="drafts")
    title = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    document = models.JSONField(help_text="nbformat 4.5 without outputs")
    digest = models.CharField(max_length=64, help_text="sha-256 of what publishing counts as content")
    revision = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["position", "edited_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def notebook(self) -> Notebook:
        return Notebook.from_json(self.document)
