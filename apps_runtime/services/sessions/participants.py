"""Who has a session open."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from apps_runtime.messaging import news
from apps_runtime.models import Participant, Session
from projects.permissions import Person


def join(*, session_id: object, person: Person, channel: str) -> None:
    now = timezone.now()
    if not Session.objects.filter(pk=session_id).update(seen_at=now):
        return
    Participant.objects.update_or_create(
        channel=channel,
        defaults={
            "session_id": session_id,
            "user": person if person.is_authenticated else None,
            "name": person.name if person.is_authenticated else "A visitor",
            "seen_at": now,
        },
    )
    _tell(session_id)


def leave(*, channel: str) -> None:
    """The window closed, or its connection dropped: both look alike, so the kernel waits a minute (specs/sessions)."""
    participant = Participant.objects.filter(channel=channel).first()
    if participant:
        Session.objects.filter(pk=participant.session_id).update(seen_at=timezone.now())
        participant.delete()
        _tell(participant.session_id)


def seen(*, session_id: object, channel: str) -> None:
    now = timezone.now()
    Participant.objects.filter(channel=channel).update(seen_at=now)
    Session.objects.filter(pk=session_id).update(seen_at=now)


def fragment(session_id: object) -> dict[str, Any]:
    """The faces in the bar: one a person, however many windows."""
    participants = Participant.objects.filter(session=session_id).select_related("user")
    people = list({(person.user_id or person.channel): person for person in participants}.values())
    return {
        "type": "fragment",
        "id": "people",
        "html": render_to_string("includes/people.html", {"people": people}),
        "sequence": None,
    }


def _tell(session_id: object) -> None:
    news.announce(f"session.{session_id}", type="session.people", sequence=timezone.now().timestamp())
