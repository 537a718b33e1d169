"""What every socket does before and around its own business: who may, how much, how often (specs/security T8–T11)."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import islice
from typing import Any, ClassVar, TypeVar, final

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AnonymousUser

from apps_runtime.consumers.connection_limits import FULL, ConnectionPlaces, Crowded
from apps_runtime.messaging import news
from apps_runtime.messaging.not_now import NotNow
from projects.models import Project
from projects.notebook.files.unreadable import MAXIMUM_CELLS
from projects.permissions import Action, NotEnough, Person, Refusal, load_by_id
from projects.shapes import LARGEST, BadShape, BadText, read_object

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# Codes of the application's own range; the page says each in words.
NOT_YOURS = 4404
NOT_ENOUGH = 4403
SIGNED_OUT = 4401
BAD_MESSAGES = 1008
TOO_LARGE = 1009

# What a person may see at any moment is asked again this often, should the news of a change be lost.
RECHECK_SECONDS = 30
# At its messages it is asked again too; not at each of many in a row, unless news of the project came between them
# (specs/security T10).
GOOD_FOR_SECONDS = 5.0

NOT_UNDERSTOOD = "That message was not understood and changed nothing."
MOST_SAID = 20  # sentences about one message
LOST = 1006
RESTART = 1012  # browsers come in again at once


async def in_thread(function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """A database call off the event loop, in a thread of its own rather than the one all sockets share."""
    return await database_sync_to_async(function, thread_sensitive=False)(*arguments, **named)


class PolicyConsumer(AsyncWebsocketConsumer):
    """A socket on something of a project.

    Subclasses give `action` (what looking takes), `open` (join groups, send the first state; raises Refusal), and
    `messages`: the type of each message a browser may send → (method, action it takes).
    """

    action: ClassVar[Action]
    messages: ClassVar[dict[str, tuple[str, Action]]]

    person: Person
    project: Project

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.places = ConnectionPlaces()
        self.allowed: dict[Action, float] = {}  # when it was asked
        self.groups_of_everybody: list[str] = []
        self.checker: asyncio.Task | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """A server tells of a lost connection by a message, or by an error when something is sent: either way what the
        window held is given back."""
        try:
            await super().__call__(scope, receive, send)
        except Exception:
            await self.disconnect(LOST)
            raise

    @final
    async def dispatch(self, message: dict[str, Any]) -> None:
        """Whatever is new about the project or the person may be another answer to who may do what."""
        if message["type"].startswith(("project.", "person.")):
            self.allowed = {}
        await super().dispatch(message)

    @final
    async def connect(self) -> None:
        self.person = self.scope.get("user") or AnonymousUser()
        self.tokens, self.refilled, self.mistakes = float(settings.HEXLITE_SOCKET_BURST), time.monotonic(), 0
        try:
            self.project = await in_thread(self.load)
        except Refusal:
            await self.close()
            return
        try:
            self.places.of_visitor(self.person, self.address)
        except Crowded as crowded:
            await self.accept()  # A browser is told the reason of a close only of what was open.
            await self.close(FULL, reason=crowded.sentence)
            return
        self.groups_of_everybody = [news.project_group(self.project.pk)]
        if self.person.is_authenticated:
            self.groups_of_everybody.append(news.person_group(self.person.pk))
        for group in self.groups_of_everybody:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()
        self.checker = asyncio.create_task(self._recheck())
        try:
            await self.open()
        except Refusal as refusal:
            await self._refuse(refusal)
        except Crowded as crowded:
            await self.close(FULL, reason=crowded.sentence)

    @property
    def address(self) -> str:
        """The network address of the browser, or nothing where the server doesn't know."""
        return (self.scope.get("client") or ("", 0))[0]

    def load(self) -> Project:
        """Find the project and authorise; runs in a thread. Raises Refusal."""
        return load_by_id(self.person, self.scope["url_route"]["kwargs"]["project_id"], self.action)

    async def open(self) -> None:
        raise NotImplementedError

    async def shut(self) -> None:
        """The window is gone. Groups are left by the consumer itself."""

    @final
    async def disconnect(self, code: int) -> None:
        """May come twice."""
        self.places.give_back()
        groups, self.groups_of_everybody = self.groups_of_everybody, []
        for group in groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        if self.checker:
            self.checker.cancel()
            self.checker = None
            await self.shut()

    @final
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None or len(text_data) > settings.HEXLITE_SOCKET_MESSAGE_BYTES:
            await self.close(TOO_LARGE)
            return
        await self._wait_its_turn()
        try:
            message = read_object(text_data)
        except BadText as problem:
            await self._mistake(str(problem))
            return
        except BadShape:
            await self._mistake()
            return
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in self.messages:
            await self._mistake()
            return
        method, action = self.messages[kind]
        try:
            await self._allow(action)
            await getattr(self, method)(message)
        except Refusal as refusal:
            await self._refuse(refusal)
        except Crowded as crowded:
            await self.close(FULL, reason=crowded.sentence)
        except NotNow as refusal:
            await self.complain(refusal.sentence)
        except (KeyError, TypeError, ValueError):
            logger.info("A message of type %r could not be used", message["type"], exc_info=True)
            await self._mistake()
            await self._heard(message)
        else:
            await self._heard(message)

    async def _heard(self, message: dict[str, Any]) -> None:
        """A window sends again what it is not told this about when its connection is back; it is applied once."""
        if identity := str(message.get("message", ""))[:64]:
            await self.tell({"type": "heard", "message": identity})

    async def tell(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message))

    async def tell_all(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            await self.tell(message)

    async def complain(self, sentence: str) -> None:
        await self.tell({"type": "error", "sentence": sentence})

    @staticmethod
    def number_in(message: dict[str, Any], key: str) -> int:
        """Raises TypeError for what is no number that we count with."""
        number = message[key]
        if type(number) is not int or not 0 <= number <= LARGEST:
            raise TypeError(key)
        return number

    def check_values(self, message: dict[str, Any]) -> None:
        """Input → JSON value. Raises TypeError for anything else, and for more of them than a notebook has cells."""
        values = message["values"]
        if not isinstance(values, dict) or len(values) > MAXIMUM_CELLS:
            raise TypeError("values")

    async def say_ignored(self, ignored: Mapping[str, str]) -> None:
        """What of a message was not used and why, at the input it is about; of very many the first."""
        for name, sentence in islice(ignored.items(), MOST_SAID):
            await self.tell({"type": "error", "sentence": f"{sentence}.", "input": name})

    # ---- News about the project that concern every window

    async def project_access(self, message: dict[str, Any]) -> None:
        """Somebody's access changed: is it this person's?"""
        await self._check_again()

    async def person_signed_out(self, message: dict[str, Any]) -> None:
        """Somewhere: is it in the browser of this window?"""
        await self._check_again()

    async def project_published(self, message: dict[str, Any]) -> None:
        """Told in words by those sockets that show the app."""

    async def project_results(self, message: dict[str, Any]) -> None:
        """Told in words by those sockets that show the app."""

    async def project_run_ended(self, message: dict[str, Any]) -> None:
        """Of interest to author pages."""

    async def project_gone(self, message: dict[str, Any]) -> None:
        await self.close(NOT_YOURS)

    # ---- Inside

    async def _allow(self, action: Action) -> None:
        """Raises Refusal when the person may not do this any more."""
        now, allowed = time.monotonic(), self.allowed
        if action in allowed and now - allowed[action] < GOOD_FOR_SECONDS:
            return
        await in_thread(self._authorise, action)
        allowed[action] = now

    def _authorise(self, action: Action) -> None:
        """Of the rows as they are now."""
        if self.person.is_authenticated:
            person = get_user_model().objects.filter(pk=self.person.pk, is_active=True).first()
            self.person = person or AnonymousUser()
        self.project = load_by_id(self.person, self.project.pk, action)

    async def _recheck(self) -> None:
        opened = time.monotonic()
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if time.monotonic() - opened > settings.HEXLITE_SOCKET_SECONDS:
                await self.close(RESTART)  # What is wrong with a connection is not kept for ever.
                return
            await self._check_again()
            await self.still_here()

    async def still_here(self) -> None:
        """Called every half minute while the window is open."""

    async def still_allowed(self) -> None:
        """Called when it was asked anew whether the person may look, and the answer was yes."""

    async def _check_again(self) -> None:
        self.allowed = {}
        try:
            await in_thread(self._authorise, self.action)
        except Refusal as refusal:
            await self._leave(refusal)
            return
        await self.still_allowed()
        if await in_thread(self._is_signed_out):
            await self.tell({"type": "closed", "sentence": "You were signed out in another window. Reload to go on."})
            await self.close(SIGNED_OUT)

    def _is_signed_out(self) -> bool:
        """Whether the cookie that opened the window is good no more: signed out, or the password is another one."""
        key = getattr(self.scope.get("session"), "session_key", None)
        if not key or not self.person.is_authenticated:
            return False
        session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        known = session.get(SESSION_KEY) == str(self.person.pk)
        return not known or session.get(HASH_SESSION_KEY) != self.person.get_session_auth_hash()

    async def _refuse(self, refusal: Refusal) -> None:
        """Not this; but whoever may still look stays."""
        if isinstance(refusal, NotEnough):
            await self.complain(refusal.sentence)
            await self._check_again()
        else:
            await self._leave(refusal)

    async def _leave(self, refusal: Refusal) -> None:
        await self.tell({"type": "closed", "sentence": "You may not open this any more. Its owners changed who can."})
        await self.close(NOT_ENOUGH if isinstance(refusal, NotEnough) else NOT_YOURS)

    async def _mistake(self, sentence: str = NOT_UNDERSTOOD) -> None:
        self.mistakes += 1
        if self.mistakes >= 3:
            await self.close(BAD_MESSAGES)
        else:
            await self.complain(sentence)

    async def _wait_its_turn(self) -> None:
        """Messages that come too fast are read later: the last one of many is the one that counts, so none is dropped.

        The server reads no further from this browser meanwhile, so that they do not pile up here.
        """
        rate, now = max(settings.HEXLITE_SOCKET_RATE, 1), time.monotonic()
        self.tokens = min(float(settings.HEXLITE_SOCKET_BURST), self.tokens + (now - self.refilled) * rate) - 1
        self.refilled = now
        if self.tokens < 0:
            await asyncio.sleep(-self.tokens / rate)
