"""The audit trail's one way in."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from projects.models import AuditEvent, Project, User


def record(*, project: Project, by: User | None, action: str, **detail: Any) -> AuditEvent:
    """Note that `by` (None: a stranger) did `action`, such as "published", with details that JSON can hold."""
    return AuditEvent.objects.create(
        project=project, by=by if by is not None and by.is_authenticated else None, action=action, detail=detail
    )


def record_once(
    *, project: Project, by: User | None, action: str, within: timedelta = timedelta(hours=1), **detail: Any
) -> None:
    """As `record`, for what one visit does many times, such as opening or downloading: once within the time.

    The process remembers what it wrote, so a repeated visit costs no query; another process looks once.
    """
    person = by if by is not None and by.is_authenticated else None
    told = json.dumps([str(project.pk), person.pk if person else None, action, detail], sort_keys=True)
    if not cache.add(f"audit:{hashlib.sha256(told.encode()).hexdigest()}", True, within.total_seconds()):
        return
    since = timezone.now() - within
    if not project.audit_events.filter(by=person, action=action, detail=detail, at__gte=since).exists():
        record(project=project, by=person, action=action, **detail)
