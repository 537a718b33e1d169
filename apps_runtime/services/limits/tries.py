"""How often strangers may guess and ask for mails: of each network address, and less of each while many do.

A limit for the whole installation that refused everybody would be a switch by which one attacker shuts the others out.
So beyond it each address may do only a tenth of what it else may: whoever guesses from many addresses is slowed down by
ten, and whoever comes from an address of his own still gets in.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apps_runtime.messaging.not_now import NotNow
from apps_runtime.models import Try
from apps_runtime.services.limits.rates import count
from apps_runtime.services.limits.visitors import digest_of

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class TryLimit:
    """So many of one source, and of all together, within a time: the names of the settings that say so. 0: no limit."""

    one: str
    all: str
    within: timedelta
    sentence: str

    @property
    def of_a_source(self) -> int:
        return getattr(settings, self.one)

    @property
    def of_all(self) -> int:
        return getattr(settings, self.all) if self.all else 0


QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
ASKED = "Too many mails were asked for at your network address."
SENT = "Enough mails went to this address lately."
GUESS = TryLimit(
    "HEXLITE_TRIES_ADDRESS", "HEXLITE_TRIES_ALL", QUARTER, "Too many tries went wrong at your network address."
)
LIMITS = {
    Try.What.PASSWORD: GUESS,
    Try.What.TOKEN: GUESS,
    Try.What.LINK: GUESS,
    Try.What.SINGLE_SIGN_ON: GUESS,
    Try.What.MAIL: TryLimit("HEXLITE_MAILS_ADDRESS", "HEXLITE_MAILS_ALL", HOUR, ASKED),
    Try.What.MAILBOX: TryLimit("HEXLITE_MAILS_MAILBOX", "", HOUR, SENT),
}


def check(what: Try.What, source: str) -> None:
    """Raises NotNow, with a word of when it may be tried again, where the source has had its share."""
    limit, now = LIMITS[what], timezone.now()
    since, most = now - limit.within, limit.of_a_source
    if not most:
        return
    if limit.of_all and Try.objects.filter(what=what, at__gt=since).count() >= limit.of_all:
        most = max(most // 10, 1)
    times = Try.objects.filter(what=what, source=digest_of(source), at__gt=since).order_by("-at")
    newest: list[datetime] = list(times.values_list("at", flat=True)[:most])
    if len(newest) < most:
        return
    seconds = max(math.ceil((newest[-1] + limit.within - now).total_seconds()), 1)
    when = count(math.ceil(seconds / 60), "minute")
    raise NotNow(f"{limit.sentence} Try again in {when}.", status=429, seconds=seconds)


def note(what: Try.What, source: str) -> None:
    Try.objects.create(what=what, source=digest_of(source), at=timezone.now())


def spend(what: Try.What, source: str) -> None:
    """Check, and count this one. Raises NotNow."""
    check(what, source)
    note(what, source)


def forget(*, now: datetime) -> None:
    Try.objects.filter(at__lt=now - KEPT).delete()
