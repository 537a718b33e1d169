"""The audit trail in words, for the people with Full Access."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from projects.levels import Level
from projects.models import AuditEvent, Project, User
from projects.shapes import LARGEST_KEY, whole_number

# What people look for → the actions that are that. An action that is in none is under "Everything" only.
TOPICS: dict[str, tuple[str, frozenset[str]]] = {
    "access": (
        "Access",
        frozenset(
            {
                "granted", "revoked", "invited", "took back an invitation", "accepted an invitation",
                "asked for access", "changed visibility", "changed embedding", "let editors share",
                "kept sharing to owners", "transferred the project",
            }
        ),
    ),
    "publishing": ("Publishing", frozenset({"published", "deleted the app", "reverted"})),
    "opened": ("Opened", frozenset({"opened"})),
    "downloads": ("Downloads", frozenset({"downloaded", "exported"})),
    "files": (
        "Files",
        frozenset({"uploaded", "deleted", "restored", "renamed", "made a folder"}),
    ),
}  # fmt: skip

BY_STRANGERS = frozenset({"opened", "downloaded"})

_SENTENCES: dict[str, str] = {
    "uploaded": "uploaded {path}",
    "deleted": "deleted {path}",
    "restored": "brought back {path}",
    "renamed": "renamed {path} to {to}",
    "made a folder": "made the folder {path}",
    "downloaded": "downloaded {path}",
    "published": "published version {version}",
    "reverted": "reverted the draft to version {version}",
    "invited": "invited {email} with {after}",
    "took back an invitation": "took back the invitation of {email}",
    "accepted an invitation": "accepted the invitation sent to {email}",
    "changed visibility": "changed who can open the app from “{before}” to “{after}”",
    "renamed the project": "renamed the project from “{before}” to “{after}”",
    "let editors share": "let people with Can Edit share",
    "kept sharing to owners": "kept sharing to people with Full Access",
    "opened": "opened the app",
    "transferred the project": "transferred the project from {before} to {after}",
}


@dataclass(frozen=True)
class TrailLine:
    """One event as the page says it: who, what, when."""

    at: datetime
    who: str
    words: str


@dataclass(frozen=True)
class Filters:
    """What of the trail is asked for. `person` is a user's id, 0 for strangers; days are in the reader's zone."""

    topic: str = ""
    person: int | None = None
    since: date | None = None
    until: date | None = None

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> "Filters":
        """From a query; whatever can't be read is left out."""
        topic, person = values.get("topic", ""), values.get("person", "")
        return cls(
            topic=topic if topic in TOPICS else "",
            person=whole_number(person, largest=LARGEST_KEY),
            since=_day(values.get("since", "")),
            until=_day(values.get("until", "")),
        )


def events(project: Project, filters: Filters):
    """The project's events, newest first. A QuerySet of AuditEvent."""
    found = AuditEvent.objects.filter(project=project).select_related("by")
    if filters.topic:
        found = found.filter(action__in=TOPICS[filters.topic][1])
    if filters.person is not None:
        found = found.filter(by=filters.person) if filters.person else found.filter(by=None)
    if filters.since:
        found = found.filter(at__gte=_midnight(filters.since))
    if filters.until:
        found = found.filter(at__lt=_midnight(filters.until + timedelta(days=1)))
    return found


def people_in(project: Project) -> list[User]:
    """Everybody who is in the trail, by name."""
    ids = AuditEvent.objects.filter(project=project, by__isnull=False).values("by").order_by().distinct()
    return list(User.objects.filter(pk__in=ids).order_by("first_name", "username"))


def line(event: AuditEvent) -> TrailLine:
    return TrailLine(event.at, _who(event), words(event.action, event.detail))


def words(action: str, detail: Mapping[str, Any]) -> str:
    """“gave Bob Can Edit”. An action without a sentence of its own is said as it is, with what is known of it."""
    match action:
        case "granted":
            return _granted(detail)
        case "revoked":
            return f"took {detail.get('before', 'access')} from {_whom(detail)}"
        case "asked for access":
            level = detail.get("level", "")
            return f"asked for {Level(level).label if level in set(Level) else 'access'}"
        case "changed embedding":
            sites = detail.get("sites") or []
            return f"let {', '.join(sites)} embed the app" if sites else "switched embedding off"
    sentence = _SENTENCES.get(action)
    if sentence is None:
        known = ", ".join(f"{name} {value}" for name, value in detail.items() if isinstance(value, str | int))
        return f"{action} ({known})" if known else action
    return sentence.format_map(_Known(detail))


def _who(event: AuditEvent) -> str:
    """Nobody's name: a visitor of the app, or the machine's administrator at a shell."""
    if event.by is not None:
        return event.by.name
    return "A stranger" if event.action in BY_STRANGERS else "An administrator"


class _Known(dict):
    """Details of an event; what an old event did not keep is said as such."""

    def __init__(self, detail: Mapping[str, Any]) -> None:
        super().__init__(detail)

    def __missing__(self, name: str) -> str:
        return "(unknown)"


def _granted(detail: Mapping[str, Any]) -> str:
    before = f" instead of {detail['before']}" if detail.get("before") else ""
    return f"gave {_whom(detail)} {detail.get('after', 'access')}{before}"


def _whom(detail: Mapping[str, Any]) -> str:
    if detail.get("group"):
        return f"the group {detail['group']}"
    if detail.get("workspace"):
        return f"everyone in {detail['workspace']}"
    return str(detail.get("user", "somebody"))


def _day(text: str) -> date | None:
    """A day of this product's time; the first and last that there are have no midnight in every zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 3000 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
