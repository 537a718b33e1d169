"""How many live connections there are: of a person, of strangers at one address, in one session (specs/faults).

Counted in this process, which is what they weigh on: no row has to be put right after a crash, and several web
processes allow as many each. Used on the event loop only, so nothing is counted twice.
"""

from collections import Counter
from collections.abc import Callable, Hashable

from django.conf import settings

from apps_runtime.services.limits.visitors import digest_of
from projects.permissions import Person

FULL = 4429  # as HTTP's 429, in the application's own range of codes

_open: Counter[Hashable] = Counter()


def forget() -> None:
    """For tests, which leave connections behind."""
    _open.clear()


class Crowded(Exception):
    """There are as many connections as there may be; `sentence` says so to the person, in what a close frame holds."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ConnectionPlaces:
    """The places that one connection takes; given back together, once."""

    def __init__(self) -> None:
        self._taken: list[Hashable] = []

    def of_visitor(self, person: Person, address: str) -> None:
        """Raises Crowded. Without an account the network address counts (of IPv6 the network)."""
        if person.is_authenticated:
            self._take(("person", person.pk), settings.HEXLITE_SOCKETS_PERSON, of_person)
        elif address:
            self._take(("address", digest_of(address)), settings.HEXLITE_SOCKETS_ADDRESS, of_address)

    def in_session(self, session_id: object) -> None:
        """Raises Crowded."""
        self._take(("session", str(session_id)), settings.HEXLITE_SOCKETS_SESSION, of_session)

    def give_back(self) -> None:
        for key in self._taken:
            _open[key] -= 1
            if _open[key] <= 0:
                del _open[key]
        self._taken.clear()

    def _take(self, key: Hashable, most: int, words: Callable[[int], str]) -> None:
        if _open[key] >= most:
            raise Crowded(words(most))
        _open[key] += 1
        self._taken.append(key)


def of_person(most: int) -> str:
    return f"You have {_windows(most)} open, which is the most. Close one, then try again."


def of_address(most: int) -> str:
    return f"Visitors at your network address have {_windows(most)} open, which is the most. Sign in, or try later."


def of_session(most: int) -> str:
    return f"This session is open in {_windows(most)}, which is the most. Try again when somebody has left."


def _windows(count: int) -> str:
    return "1 window" if count == 1 else f"{count} windows"
