"""Who followed links that carry inputs: how many people a change of an input concerns, said before publishing.

A person counts once for each name a link carried, however often they came; after thirty days without it they are
forgotten. Kept is a digest of who it was, which says nothing to a reader of the row.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl

from django.conf import settings
from django.db.models import Count

from apps_runtime.models import LinkFollower, SavedLink
from apps_runtime.services.links.links import SHORT
from projects.models import Project, User

KEPT = timedelta(days=30)
# Strangers are as many as somebody has patience for: from here on nobody new is counted.
MOST = 5_000


def note(*, project: Project, query_string: str, person: User | None, visitor: str, now: datetime) -> None:
    """Somebody opened the published app with this query. Names that no input answers to are not counted."""
    names = carried(project, query_string)
    if not names:
        return
    digest = _digest(project, person, visitor)
    known = LinkFollower.objects.filter(project=project, follower=digest, name__in=names)
    fresh = names - set(known.values_list("name", flat=True))
    known.update(last_at=now)
    if fresh and LinkFollower.objects.filter(project=project).count() < MOST:
        LinkFollower.objects.bulk_create(
            (LinkFollower(project=project, name=name, follower=digest, last_at=now) for name in sorted(fresh)),
            ignore_conflicts=True,  # Two tabs at once.
        )


def carried(project: Project, query_string: str) -> set[str]:
    """The names of inputs, present or earlier ones, that a link to the app carries: itself, or behind a short one."""
    asked, token = set(), ""
    for key, value in parse_qsl(query_string, keep_blank_values=True, errors="replace"):
        if key == SHORT:
            token = value
        elif key.startswith("_"):
            asked.add(key[1:])
    if token and (saved := SavedLink.objects.filter(project=project, token=token).first()):
        asked.update(saved.values)
    if not asked:
        return asked
    return asked & {name for spec in project.publication.version.notebook.inputs for name in spec.names}


def counted(*, project: Project, names: Iterable[str], now: datetime) -> dict[str, int]:
    """Name → how many people followed a link with it in the last thirty days; names that nobody used are left out."""
    lately = LinkFollower.objects.filter(project=project, name__in=list(names), last_at__gte=now - KEPT)
    return dict(lately.values_list("name").annotate(people=Count("pk")))


def forget(*, now: datetime) -> int:
    return LinkFollower.objects.filter(last_at__lt=now - KEPT).delete()[0]


def _digest(project: Project, person: User | None, visitor: str) -> str:
    who = f"person {person.pk}" if person else f"visitor {visitor}"
    return sha256(f"{settings.SECRET_KEY} {project.pk} {who}".encode()).hexdigest()
