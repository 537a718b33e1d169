"""Which results hold which blobs, and so who may fetch them."""

from django.db import models
from django.db.models import Q

from apps_runtime.models.outputs import Blob
from apps_runtime.models.sessions import Session
from projects.models import Project


class BlobUse(models.Model):
    """Some result of the project holds this blob. `shown_to` says whose result it is."""

    class Audience(models.TextChoices):
        AUTHORS = "authors", "Those who may read the notebook"
        SESSION = "session", "Those who are in the session"
        APP = "app", "Whoever may open the app"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="blob_uses")
    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="uses")
    shown_to = models.CharField(max_length=10, choices=Audience, default=Audience.AUTHORS)
    session = models.ForeignKey(Session, null=True, on_delete=models.CASCADE, related_name="blob_uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "blob", "shown_to"], condition=Q(session=None), name="one_use_a_project_blob"
            ),
            models.UniqueConstraint(
                fields=["session", "blob"], condition=Q(session__isnull=False), name="one_use_a_session_blob"
            ),
            models.CheckConstraint(
                condition=Q(shown_to="session", session__isnull=False)
                | (~Q(shown_to="session") & Q(session__isnull=True)),
                name="use_of_a_session_names_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blob_id} in {self.project_id}"
