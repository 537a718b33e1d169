"""Who did what."""

from django.db import models

from projects.models.people import User
from projects.models.projects import Project


class AuditEvent(models.Model):
    """Something somebody did to a project that its owners may want to know: granted, published, opened, downloaded…"""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="audit_events")
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", help_text="None: a stranger")
    action = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit trail"

    def __str__(self) -> str:
        return f"{self.by or 'Somebody'} {self.action}"
