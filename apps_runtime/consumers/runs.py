"""The socket of the run log: says that something of a project's runs changed; the page asks for itself again."""

from typing import Any, ClassVar

from apps_runtime.consumers.policy import PolicyConsumer
from apps_runtime.messaging import news
from projects.permissions import Action


class RunsConsumer(PolicyConsumer):
    """`/ws/runs/<project_id>/`: the log, a run's own page, the schedules."""

    action: ClassVar[Action] = Action.VIEW_RUNS
    messages: ClassVar[dict[str, tuple[str, Action]]] = {}

    async def open(self) -> None:
        await self.channel_layer.group_add(news.runs_group(self.project.pk), self.channel_name)

    async def shut(self) -> None:
        await self.channel_layer.group_discard(news.runs_group(self.project.pk), self.channel_name)

    async def runs_changed(self, message: dict[str, Any]) -> None:
        await self.tell({"type": "runs", "run": message["run"]})
