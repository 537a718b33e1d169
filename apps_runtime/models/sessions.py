"""Sessions: live apps and live drafts."""

import uuid

from django.db import models
from django.db.models import Q

from apps_runtime.models.results import CellResult
from projects.models import Draft, Project, User, Version
from projects.notebook.document import Notebook


class Session(models.Model):
    """A live app or a live draft: a document, inputs, outputs, at most one kernel, participants.

    `state` is the reducer's (`apps_runtime.session`), written only by `apps_runtime.services.sessions.sessions.submit`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sessions")
    version = models.ForeignKey(Version, null=True, on_delete=models.RESTRICT, related_name="sessions")
    draft = models.OneToOneField(Draft, null=True, on_delete=models.CASCADE, related_name="session")
    owner = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="app_sessions")
    visitor = models.CharField(max_length=64, blank=True, db_index=True, help_text="a stranger's key")
    from_address = models.CharField(
        max_length=32, blank=True, db_index=True, help_text="digest of a stranger's network address"
    )
    token = models.CharField(max_length=43, unique=True, null=True, help_text="of a collaborative session")

    state = models.JSONField()
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(help_text="when a window was last known to be open")
    worker = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True, help_text="of the worker that plays it now")
    kernel = models.JSONField(null=True, help_text="where its kernel is")
    idle_since = models.DateTimeField(null=True, help_text="end of the last execution")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(version__isnull=True) ^ Q(draft__isnull=True), name="session_of_a_version_or_a_draft"
            )
        ]
        indexes = [models.Index(fields=["project", "owner", "seen_at"], name="sessions_of_a_person")]

    def __str__(self) -> str:
        return f"Session of {self.project}"

    @property
    def notebook(self) -> Notebook:
        return self.draft.notebook if self.draft_id else self.version.notebook

    @property
    def is_draft(self) -> bool:
        return self.draft_id is not None

    @property
    def group(self) -> str:
        return f"session.{self.pk}"


class SessionCell(CellResult):
    """What a cell did last in a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="cells")

    class Meta(CellResult.Meta):
        constraints = [models.UniqueConstraint(fields=["session", "cell_id"], name="one_result_a_session_cell")]


class Participant(models.Model):
    """An open window on a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=200, unique=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["joined_at"]

    def __str__(self) -> str:
        return self.name
