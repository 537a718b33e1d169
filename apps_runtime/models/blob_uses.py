"""Which project's results hold which blobs."""

from django.db import models

from apps_runtime.models.outputs import Blob
from projects.models import Project


class BlobUse(models.Model):
    """Some result of the project holds this blob, so whoever may open its app may fetch it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="blob_uses")
    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="uses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "blob"], name="one_use_a_project_blob")]

    def __str__(self) -> str:
        return f"{self.blob_id} in {self.project_id}"
