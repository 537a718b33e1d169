"""The socket of a run: the live preview in the publish dialogue, and a run's own page."""

from dataclasses import replace
from typing import Any, ClassVar

from django.template.loader import render_to_string
from django.utils import timezone

from apps_runtime.consumers.policy import PolicyConsumer, in_thread
from apps_runtime.consumers.rendering import shared
from apps_runtime.models import Run
from apps_runtime.pages import fragments
from apps_runtime.pages.app import PREVIEW
from apps_runtime.pages.progress import of_run
from apps_runtime.services.publishing import publishing
from projects.permissions import Action, NotYours, check, rights_of


class RunConsumer(PolicyConsumer):
    """`/ws/run/<project_id>/<number>/`."""

    action: ClassVar[Action] = Action.VIEW_RUNS
    messages: ClassVar[dict[str, tuple[str, Action]]] = {"hello": ("hello", Action.VIEW_RUNS)}

    def load(self):
        project = super().load()
        check(self.person, project, Action.VIEW_RUNS)
        run = Run.objects.filter(project=project, number=self.scope["url_route"]["kwargs"]["number"]).first()
        if run is None:
            raise NotYours()
        self.run_id, self.group = run.pk, run.group
        self.reader = replace(fragments.reader_of(rights_of(self.person, project)), place=PREVIEW)
        return project

    async def open(self) -> None:
        await self.channel_layer.group_add(self.group, self.channel_name)

    async def shut(self) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)
        await in_thread(publishing.window_closed, run_id=self.run_id)

    async def run_watched(self, message: dict[str, Any]) -> None:
        """Another window on this run closed: say that this one is here."""
        await in_thread(publishing.watched, run_id=self.run_id, now=timezone.now())

    async def hello(self, message: dict[str, Any]) -> None:
        await self._catch_up(self.number_in(message, "sequence"))

    async def run_changed(self, message: dict[str, Any]) -> None:
        await self._catch_up(message["sequence"] - 1, until=message["sequence"])

    async def _catch_up(self, since: int, until: int | None = None) -> None:
        def make() -> list[dict[str, Any]]:
            run = Run.objects.select_related("version", "project__workspace", "by").get(pk=self.run_id)
            progress = render_to_string("publish/progress.html", {"progress": of_run(run), "run": run})
            return [
                *fragments.of_run_since(run, self.reader, since),
                {
                    "type": "fragment",
                    "id": "run-progress",
                    "html": progress,
                    "sequence": run.sequence,
                    "state": run.state,
                    "finished": run.is_finished,
                },
            ]

        if until is None:
            await self.tell_all(await in_thread(make))
        else:
            await self.tell_all(await shared.get((self.run_id, self.reader, since, until), make))
