"""The socket of an app's page: a visitor's own session, or a collaborative one."""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qs

from apps_runtime.consumers.batching import Gathering
from apps_runtime.consumers.policy import PolicyConsumer, in_thread
from apps_runtime.consumers.rendering import shared
from apps_runtime.models import Session
from apps_runtime.pages import fragments
from apps_runtime.readers import Reader
from apps_runtime.services.limits import visitors
from apps_runtime.services.publishing import publishing
from apps_runtime.services.sessions import input_values, participants, session_rows, sessions
from apps_runtime.session.operations import Ask, Stop
from apps_runtime.session.state import Request, State, Wanted
from projects.models import Project
from projects.permissions import Action, load_by_id, rights_of


class AppConsumer(PolicyConsumer):
    """`/ws/app/<project_id>/?session=<id>` or `?token=<token>`; without either, the session begins with the first
    input that is moved."""

    action: ClassVar[Action] = Action.OPEN_APP
    messages: ClassVar[dict[str, tuple[str, Action]]] = {
        "hello": ("hello", Action.OPEN_APP),
        "set": ("set_values", Action.RUN_APP),
        "press": ("press", Action.RUN_APP),
        "run": ("run", Action.RUN_APP),
        "stop": ("stop", Action.RUN_APP),
    }

    session_id: str | None = None
    sent: int = 0  # the newest event that this window has been told
    reader: Reader

    def load(self):
        query = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        project = load_by_id(self.person, self.scope["url_route"]["kwargs"]["project_id"], self.action)
        self.visitor = self.scope["session"].get("visitor", "") if self.scope.get("session") else ""
        self._see(project)
        session = sessions.of_window(
            project=project,
            person=self.person if self.person.is_authenticated else None,
            visitor=self.visitor,
            identity=query.get("session", [""])[0],
            token=query.get("token", [""])[0],
        )
        self.session_id = str(session.pk) if session else None
        return project

    async def open(self) -> None:
        self.gathering = Gathering(self._news)
        if self.session_id:
            await self._join(self.session_id)

    async def shut(self) -> None:
        self.gathering.stop()
        if self.session_id:
            await self.channel_layer.group_discard(f"session.{self.session_id}", self.channel_name)
            await in_thread(participants.leave, channel=self.channel_name)

    async def still_allowed(self) -> None:
        """A person whose level is another one now is sent what that level may see."""
        await in_thread(self._see, self.project)

    async def still_here(self) -> None:
        if self.session_id:
            await in_thread(participants.seen, session_id=self.session_id, channel=self.channel_name)

    # ---- From the browser

    async def hello(self, message: dict[str, Any]) -> None:
        """A window that (re)connects says the last event it knows; it gets everything since. One without a session says
        what it shows (`version`: number, `results`: id of the run or ""), and hears when that is no longer so."""
        if self.session_id:
            self.sent = self.number_in(message, "sequence")
            await self._catch_up(self.sent, None)
        elif "results" in message:
            version, results = await in_thread(publishing.shown_now, self.project.pk)
            if version == message["version"] and results != message["results"]:
                await self.tell({"type": "results"})

    async def set_values(self, message: dict[str, Any]) -> None:
        """`values`: input → JSON value; `play` false keeps them for the next run; `link`: the address gave them."""
        self.check_values(message)
        await in_thread(self._set_values, message)
        await self._join_new()

    async def press(self, message: dict[str, Any]) -> None:
        await in_thread(self._press, message)
        await self._join_new()

    async def run(self, message: dict[str, Any]) -> None:
        await in_thread(self._run, message)
        await self._join_new()

    async def stop(self, message: dict[str, Any]) -> None:
        if self.session_id:
            await in_thread(sessions.submit, self.session_id, Stop())

    # ---- News

    async def session_changed(self, message: dict[str, Any]) -> None:
        await self.gathering.take(message)

    async def _news(self, until: int, inputs: list[str] | None) -> None:
        # An earlier rendering may have caught up with this event already.
        if until > self.sent or inputs is None or inputs:
            await self._catch_up(min(self.sent, until - 1), inputs, until=until)

    async def session_people(self, message: dict[str, Any]) -> None:
        found = await shared.get(
            ("people", self.session_id, message["sequence"]),
            lambda: participants.fragment(self.session_id),
        )
        await self.tell(found)

    async def project_published(self, message: dict[str, Any]) -> None:
        if not message.get("live"):  # Live updates are seen on reload.
            await self.tell({"type": "published", "version": message["version"], "by": message["by"]})

    async def project_results(self, message: dict[str, Any]) -> None:
        await self.tell({"type": "results"})

    # ---- Inside, in threads

    def _see(self, project: Project) -> None:
        self.reader = fragments.reader_of(rights_of(self.person, project))

    def _running(self) -> Session:
        """The session, of which something is about to run. Raises NotEnough when too many strangers run apps."""
        session = self._session()
        if not self.person.is_authenticated:
            visitors.admit(session=session, address=self.address)
        return session

    def _session(self) -> Session:
        """The session, begun now if there is none."""
        known = self.session_id or self.begun
        if known:
            with suppress(Session.DoesNotExist):  # It was cleared away.
                return session_rows.read(known)
        person = self.person if self.person.is_authenticated else None
        session = sessions.open_app(
            version=self.project.publication.version,
            person=person,
            visitor=self.visitor,
            values={},
            from_address="" if person else visitors.admit_new(self.address),
        )
        self.begun = str(session.pk)
        return session

    def _set_values(self, message: dict[str, Any]) -> None:
        plays = message.get("play", True) is not False
        if self.session_id and self.person.is_authenticated:
            session_id: object = self.session_id
        else:
            session_id = (self._running() if plays else self._session()).pk
        try:
            self._move(session_id, message, plays)
        except Session.DoesNotExist:  # It was cleared away: another one begins.
            self._move(self._session().pk, message, plays)

    def _move(self, session_id: object, message: dict[str, Any], plays: bool) -> None:
        self.ignored = input_values.set_values(
            session_id=session_id,
            given=message["values"],
            by=self._name(),
            account=self.person.username,
            play=plays,
            from_link=message.get("link") is True,
            message=str(message.get("message", "")),
            reader=self.reader,
        )

    def _press(self, message: dict[str, Any]) -> None:
        name, once = str(message["name"]), str(message.get("message", ""))
        input_values.press(session=self._running(), name=name, by=self._name(), message=once, reader=self.reader)

    def _run(self, message: dict[str, Any]) -> None:
        """Run: everything, or with reactivity what the changed inputs need."""
        session = self._running()
        state = State.from_json(session.state)
        wanted = Wanted.STALE if message.get("pending") and state.changed else Wanted.ALL
        sessions.submit(session.pk, Ask(Request(wanted), message=str(message.get("message", ""))[:64]))

    def _name(self) -> str:
        return self.person.name if self.person.is_authenticated else "A visitor"

    # ---- Inside, on the loop

    begun: str | None = None
    ignored: Mapping[str, str] = MappingProxyType({})

    async def _join_new(self) -> None:
        """After a message that may have begun the session: join it; say what was not used."""
        if self.begun and self.begun != self.session_id:
            self.session_id = self.begun
            await self._join(self.session_id)
            await self._catch_up(0, None)
        await self.say_ignored(self.ignored)
        self.ignored = {}

    async def _join(self, session_id: str) -> None:
        self.places.in_session(session_id)
        await self.channel_layer.group_add(f"session.{session_id}", self.channel_name)
        await in_thread(participants.join, session_id=session_id, person=self.person, channel=self.channel_name)
        await self.tell({"type": "session", "id": session_id})

    async def _catch_up(self, since: int, changed_inputs: list[str] | None, until: int | None = None) -> None:
        """Fragments of everything after event `since`; all inputs when it is not known which changed.

        Windows that hear of event `until` together share one rendering; a window that asks by itself gets its own,
        as nobody knows what has happened since another asked.
        """
        session_id, reader = self.session_id, self.reader

        def make() -> list[dict[str, Any]]:
            session = session_rows.read(session_id)
            return fragments.of_session_since(session, reader, since, changed_inputs)

        try:
            if until is None:
                found = await in_thread(make)
            else:
                found = await shared.get(
                    (session_id, reader, since, until, None if changed_inputs is None else tuple(changed_inputs)), make
                )
        except Session.DoesNotExist:
            return
        self.sent = max(self.sent, found[-1]["sequence"])
        if until is None:
            self.gathering.caught_up(self.sent)
        await self.tell_all(found)
