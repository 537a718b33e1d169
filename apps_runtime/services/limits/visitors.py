"""Visitors without an account run apps within limits: of each app (the kernel host's), and of each address (here).

An address is kept as a keyed digest with the session that it runs, and goes with it.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac

from apps_runtime.models import Session
from apps_runtime.services.limits import rates
from apps_runtime.session.state import Phase
from projects.levels import Level
from projects.models import Project
from projects.permissions import Action, NotEnough

BUSY = ~Q(state__phase=Phase.RESTING.value)


def admit_new(address: str) -> str:
    """A stranger at this address is about to begin a session; returns what is kept of the address. Raises NotNow."""
    digest = digest_of(address)
    rates.check_sessions(digest=digest)
    return digest


def admit(*, session: Session, address: str) -> None:
    """A stranger at this address is about to run the session. Raises NotEnough when enough of them run already."""
    if session.owner_id is not None or session.draft_id is not None:
        return
    digest = digest_of(address)
    if session.from_address != digest:
        Session.objects.filter(pk=session.pk).update(from_address=digest)
    if session.kernel is not None:
        return
    others = Session.objects.filter(Q(kernel__isnull=False) | BUSY, from_address=digest).exclude(pk=session.pk)
    most = settings.HEXLITE_STRANGER_SESSIONS
    if others.count() >= most:
        raise NotEnough(
            project=session.project,
            action=Action.RUN_APP,
            has=Level.VISITOR,
            needs=Level.APP_ONLY,
            because=f"Visitors at your network address run {most} apps already, which is the most. "
            "Try again in some minutes, or sign in.",
        )


@dataclass(frozen=True)
class VisitorUse:
    """What visitors without an account made of an app: sessions they began in the last `days`, those that run now."""

    sessions: int
    running: int
    days: int


def use_of(project: Project, *, now: datetime) -> VisitorUse:
    """For the app's owners (specs/permissions, note 2). Only those who moved an input have a session."""
    days = settings.HEXLITE_SESSION_DAYS or 30
    theirs = Session.objects.filter(project=project, owner=None, draft=None)
    return VisitorUse(
        sessions=theirs.filter(created_at__gte=now - timedelta(days=days)).count(),
        running=theirs.filter(kernel__isnull=False).count(),
        days=days,
    )


def digest_of(address: str) -> str:
    return salted_hmac("hexlite.strangers", network_of(address)).hexdigest()[:32]


def network_of(address: str) -> str:
    """Of IPv6 the network counts: a household has 2⁶⁴ addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return address
