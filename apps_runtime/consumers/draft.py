"""The socket of the notebook page: the draft's live session, shared by everybody who has it open."""

from typing import Any, ClassVar

from django.utils import timezone

from apps_runtime.consumers.batching import Gathering
from apps_runtime.consumers.policy import PolicyConsumer, in_thread
from apps_runtime.consumers.rendering import shared
from apps_runtime.messaging import news
from apps_runtime.models import Session
from apps_runtime.pages import fragments, notebook_fragments
from apps_runtime.readers import AUTHOR
from apps_runtime.services.sessions import completion, input_values, participants, sessions
from apps_runtime.session.operations import Ask, KernelLost, Stop
from apps_runtime.session.state import Request, Wanted
from projects.models import Draft
from projects.permissions import Action, NotYours, check, load_by_id, may


class DraftConsumer(PolicyConsumer):
    """`/ws/draft/<draft_id>/`."""

    action: ClassVar[Action] = Action.VIEW_NOTEBOOK
    messages: ClassVar[dict[str, tuple[str, Action]]] = {
        "hello": ("hello", Action.VIEW_NOTEBOOK),
        "set": ("set_values", Action.RUN_NOTEBOOK),
        "press": ("press", Action.RUN_NOTEBOOK),
        "run_cells": ("run_cells", Action.RUN_NOTEBOOK),
        "run_all": ("run_all", Action.RUN_NOTEBOOK),
        "run_stale": ("run_stale", Action.RUN_NOTEBOOK),
        "restart_run_all": ("restart_run_all", Action.RUN_NOTEBOOK),
        "restart": ("restart", Action.RUN_NOTEBOOK),
        "stop": ("stop", Action.RUN_NOTEBOOK),
        "complete": ("complete", Action.RUN_NOTEBOOK),
    }

    def load(self):
        draft = Draft.objects.filter(pk=self.scope["url_route"]["kwargs"]["draft_id"]).first()
        if draft is None:
            raise NotYours()
        project = load_by_id(self.person, draft.project_id, self.action)
        check(self.person, project, self.action)
        self.draft_id = str(draft.pk)
        self.session_id = str(sessions.of_draft(draft=draft).pk)
        self.outputs_url = fragments.outputs_url(project)
        self.may_run = may(self.person, project, Action.RUN_NOTEBOOK)
        return project

    async def open(self) -> None:
        self.gathering = Gathering(self._news)
        self.places.in_session(self.session_id)
        await self.channel_layer.group_add(f"session.{self.session_id}", self.channel_name)
        await self.channel_layer.group_add(news.draft_group(self.draft_id), self.channel_name)
        await in_thread(participants.join, session_id=self.session_id, person=self.person, channel=self.channel_name)

    async def shut(self) -> None:
        self.gathering.stop()
        await self.channel_layer.group_discard(f"session.{self.session_id}", self.channel_name)
        await self.channel_layer.group_discard(news.draft_group(self.draft_id), self.channel_name)
        await in_thread(participants.leave, channel=self.channel_name)

    async def still_here(self) -> None:
        await in_thread(participants.seen, session_id=self.session_id, channel=self.channel_name)

    sent: int = 0
    shows_app: bool = False  # the App view, which is sent blocks as viewers get them

    # ---- From the browser

    async def hello(self, message: dict[str, Any]) -> None:
        self.sent = self.number_in(message, "sequence")
        self.shows_app = message.get("view") == "app"
        await self._catch_up(self.sent, None)

    async def set_values(self, message: dict[str, Any]) -> None:
        self.check_values(message)
        await self.say_ignored(await in_thread(self._set_values, message))

    async def press(self, message: dict[str, Any]) -> None:
        await in_thread(self._press, str(message["name"]))

    async def run_cells(self, message: dict[str, Any]) -> None:
        await self._ask(Request(Wanted.CELLS, tuple(str(identity) for identity in message["cells"])))

    async def run_all(self, message: dict[str, Any]) -> None:
        await self._ask(Request(Wanted.ALL))

    async def run_stale(self, message: dict[str, Any]) -> None:
        await self._ask(Request(Wanted.STALE))

    async def restart_run_all(self, message: dict[str, Any]) -> None:
        await self._ask(Request(Wanted.ALL, restart=True))

    async def restart(self, message: dict[str, Any]) -> None:
        await in_thread(sessions.submit, self.session_id, Stop(), KernelLost())

    async def stop(self, message: dict[str, Any]) -> None:
        await in_thread(sessions.submit, self.session_id, Stop())

    async def complete(self, message: dict[str, Any]) -> None:
        code, cursor = str(message["code"])[:100_000], self.number_in(message, "cursor")
        found = await in_thread(completion.complete, session_id=self.session_id, code=code, cursor=cursor)
        await self.tell({"type": "completions", "request": message.get("request"), **found})

    # ---- News

    async def session_changed(self, message: dict[str, Any]) -> None:
        await self.gathering.take(message)

    async def _news(self, until: int, inputs: list[str] | None) -> None:
        if until > self.sent or inputs is None or inputs:
            await self._catch_up(min(self.sent, until - 1), inputs, until=until)

    async def session_people(self, message: dict[str, Any]) -> None:
        found = await shared.get(
            ("people", self.session_id, message["sequence"]), lambda: participants.fragment(self.session_id)
        )
        await self.tell(found)

    async def draft_changed(self, message: dict[str, Any]) -> None:
        await self.tell({"type": "draft", "revision": message["revision"], "by": message["by"]})

    async def project_published(self, message: dict[str, Any]) -> None:
        yours = message["by_id"] == self.person.pk  # The dialogue has said so already.
        await self.tell({"type": "published", "version": message["version"], "by": message["by"], "yours": yours})

    # ---- Inside

    async def _ask(self, request: Request) -> None:
        await in_thread(sessions.submit, self.session_id, Ask(request), seen_at=timezone.now())

    def _session(self) -> Session:
        return Session.objects.select_related("draft", "project").get(pk=self.session_id)

    def _set_values(self, message: dict[str, Any]) -> dict[str, str]:
        session = self._session()
        return input_values.set_values(
            session_id=session.pk,
            given=message["values"],
            by=self.person.name,
            play=session.notebook.settings.reactive,
            message=str(message.get("message", "")),
            reader=AUTHOR,
        )

    def _press(self, name: str) -> None:
        input_values.press(session=self._session(), name=name, by=self.person.name, reader=AUTHOR)

    async def _catch_up(self, since: int, changed_inputs: list[str] | None, until: int | None = None) -> None:
        """Everything after event `since`. Windows that hear of event `until` together share one rendering; a window
        that asks by itself gets its own, as nobody knows what has happened since another asked."""
        render = self._render_app if self.shows_app else self._render
        if until is None:
            found = await in_thread(render, since, changed_inputs)
        else:
            kind = ("app", self.may_run) if self.shows_app else "draft"
            names = None if changed_inputs is None else tuple(changed_inputs)
            key = (self.session_id, kind, since, until, names)
            found = await shared.get(key, lambda: render(since, changed_inputs))
        self.sent = max(self.sent, found[-1]["sequence"])
        if until is None:
            self.gathering.caught_up(self.sent)
        await self.tell_all(found)

    def _render_app(self, since: int, changed_inputs: list[str] | None) -> list[dict[str, Any]]:
        session = Session.objects.select_related("draft", "project__workspace").get(pk=self.session_id)
        reader = fragments.draft_reader(session.project, may_run=self.may_run)
        return fragments.of_draft_since(session, reader, since, changed_inputs)

    def _render(self, since: int, changed_inputs: list[str] | None) -> list[dict[str, Any]]:
        session = Session.objects.select_related("draft", "project__workspace").get(pk=self.session_id)
        return notebook_fragments.since(session, since, changed_inputs, outputs_url=self.outputs_url)
