"""The audit trail's one way in."""

from typing import Any

from projects.models import AuditEvent, Project, User


def record(*, project: Project, by: User | None, action: str, **detail: Any) -> AuditEvent:
    """Note that `by` (None: a stranger) did `action`, such as "published", with details that JSON can hold."""
    return AuditEvent.objects.create(
        project=project, by=by if by is not None and by.is_authenticated else None, action=action, detail=detail
    )
