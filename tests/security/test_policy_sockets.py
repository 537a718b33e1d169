"""Every socket and message × everybody; and sockets that are open when access changes (specs/security T9, T10, T23)."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import Group
from django.test import Client

from apps_runtime.consumers import AppConsumer, DraftConsumer, RunConsumer, RunsConsumer, policy
from apps_runtime.messaging import news
from projects.levels import Level
from projects.models import Project, User
from projects.permissions import Action
from projects.services import access
from sharing.services import grants, visibility
from tests.security.policy import SOCKETS, allows
from tests.security.test_policy_matrix import let_viewers_look
from tests.security.windows import Window, open_window
from tests.security.world import Case, World, cases, make_world

pytestmark = pytest.mark.django_db(transaction=True)

CASES = list(cases())
CONSUMERS = {
    "app-socket": AppConsumer,
    "draft-socket": DraftConsumer,
    "run-socket": RunConsumer,
    "runs-socket": RunsConsumer,
}


@pytest.fixture
def world(transactional_db) -> World:
    return make_world()


@pytest.fixture
def only_said(monkeypatch) -> None:
    """Instead of carrying out a message, sockets answer that they would have."""

    async def say(self, message: dict[str, Any]) -> None:
        await self.tell({"type": "carried out"})

    for consumer in CONSUMERS.values():
        for method, _ in consumer.messages.values():
            monkeypatch.setattr(consumer, method, say)


def test_the_table_of_sockets_is_the_routes():
    assert set(CONSUMERS) == set(SOCKETS)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_every_message_does_what_the_table_says(world, only_said, case: Case):
    account = await sync_to_async(case.prepare)(world)
    wrong = {}
    for socket, messages in SOCKETS.items():
        for message, action in messages.items():
            expected = allows(messages[""], case.column) and allows(action, case.column)
            if await said(world, socket, message, account) != expected:
                wrong[socket, message] = f"expected {'yes' if expected else 'no'}"
    assert not wrong


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_where_viewers_only_look_no_message_runs(world, only_said, case: Case):
    await sync_to_async(let_viewers_look)(world)
    account = await sync_to_async(case.prepare)(world)
    for message, action in SOCKETS["app-socket"].items():
        expected = allows(action, case.column, viewers_run=False)
        assert await said(world, "app-socket", message, account) == expected, message


async def said(world: World, socket: str, message: str, account: User | None) -> bool:
    """Whether the socket opens and, if `message` is one, carries it out."""
    window = await open_window(address(world, socket), account)
    if window is None:
        return False
    if message:
        await window.send(json.dumps({"type": message}))
        answer = await answer_of(window)
    await window.leave()
    return not message or answer == "carried out"


async def answer_of(window: Window) -> str:
    """The first word to a message: carried out, an error, or the end."""
    while True:
        output = await window.receive()
        if output["type"] == "websocket.close":
            return "closed"
        kind = json.loads(output["text"])["type"]
        if kind in {"carried out", "error", "closed"}:
            return kind


class TestOpenWindows:
    """dave looks; access changes in another process; his window closes within a second."""

    async def closed(self, window) -> int:
        """The code with which the window is closed; what it is sent until then is at most a word of why."""
        async with asyncio.timeout(5):
            while True:
                output = await window.receive()
                if output["type"] == "websocket.close":
                    return output["code"]
                assert json.loads(output["text"])["type"] in {"closed", "fragment", "session"}

    async def test_revoking(self, world):
        dave = world.cast.dave
        window = await open_window(address(world, "app-socket"), dave)
        began = asyncio.get_running_loop().time()
        await sync_to_async(grants.revoke)(project=world.project, of=dave, by=world.cast.alice)
        assert await self.closed(window) == 4404
        assert asyncio.get_running_loop().time() - began < 1

    async def test_lowering_a_level_closes_the_notebook_and_leaves_the_app(self, world):
        carol = world.cast.carol
        notebook = await open_window(address(world, "draft-socket"), carol)
        app = await open_window(address(world, "app-socket"), carol)
        await sync_to_async(grants.grant)(project=world.project, to=carol, level=Level.APP_ONLY, by=world.cast.alice)
        assert await self.closed(notebook) == 4403
        assert await app.is_quiet(0.3)
        await app.leave()

    async def test_closing_the_app_to_strangers(self, world):
        await sync_to_async(visibility.set_visibility)(
            project=world.project, visibility=Project.Visibility.LINK, by=world.cast.alice
        )
        window = await open_window(address(world, "app-socket"), None)
        assert window is not None
        await sync_to_async(visibility.set_visibility)(
            project=world.project, visibility=Project.Visibility.WORKSPACE, by=world.cast.alice
        )
        assert await self.closed(window) == 4404

    async def test_leaving_a_group(self, world):
        def join() -> Group:
            group = Group.objects.create(name="Desk")
            group.user_set.add(world.cast.mallory)
            access.write_level(project=world.project, principal=group, level=Level.CAN_VIEW)
            return group

        group = await sync_to_async(join)()
        window = await open_window(address(world, "draft-socket"), world.cast.mallory)
        await sync_to_async(lambda: group.user_set.remove(world.cast.mallory))()
        assert await self.closed(window) == 4404

    async def test_leaving_the_workspace(self, world):
        await sync_to_async(visibility.set_workspace_level)(
            project=world.project, level=Level.CAN_VIEW, by=world.cast.alice
        )
        await sync_to_async(access.write_level)(project=world.project, principal=world.cast.dave, level=None)
        window = await open_window(address(world, "draft-socket"), world.cast.dave)
        await sync_to_async(lambda: world.cast.dave.memberships.get().delete())()
        assert await self.closed(window) == 4404

    async def test_closing_an_account(self, world):
        dave = world.cast.dave
        window = await open_window(address(world, "app-socket"), dave)
        dave.is_active = False
        await sync_to_async(dave.save)()
        assert await self.closed(window) == 4404

    async def test_signing_out_closes_the_windows_of_that_browser_only(self, world):
        dave, client = world.cast.dave, Client()
        await sync_to_async(client.force_login)(dave)
        here = await open_window(address(world, "app-socket"), dave, key=client.session.session_key)
        there = await open_window(address(world, "app-socket"), dave)
        began = asyncio.get_running_loop().time()
        await sync_to_async(client.post)("/sign-out/")
        assert await self.closed(here) == 4401
        assert asyncio.get_running_loop().time() - began < 1
        assert await there.is_quiet(0.3)
        await there.leave()

    async def test_another_password_closes_them_all(self, world):
        dave = world.cast.dave
        window = await open_window(address(world, "app-socket"), dave)
        dave.set_password("another-long-one")
        await sync_to_async(dave.save)()
        assert await self.closed(window) == 4401

    async def test_the_workspace_gets_nothing_any_more(self, world):
        erin = await sync_to_async(User.objects.create_user)("erin")
        await sync_to_async(lambda: world.cast.workspace.memberships.create(user=erin))()
        await sync_to_async(visibility.set_workspace_level)(
            project=world.project, level=Level.CAN_VIEW, by=world.cast.alice
        )
        window = await open_window(address(world, "draft-socket"), erin)
        await sync_to_async(visibility.set_workspace_level)(project=world.project, level=None, by=world.cast.alice)
        assert await self.closed(window) == 4404

    async def test_a_window_that_missed_the_news_is_refused_at_its_next_message(self, world, only_said):
        """Losing one message of the channel layer costs nothing: a message asks the rows again."""
        bob = world.cast.bob
        window = await open_window(address(world, "draft-socket"), bob)
        await sync_to_async(access.write_level)(project=world.project, principal=bob, level=None)
        await window.send(json.dumps({"type": "run_all"}))
        assert await self.closed(window) == 4404  # Fails at anything else that is said, such as "carried out".

    async def test_one_that_missed_the_news_among_its_messages_is_refused_within_seconds(
        self, world, only_said, monkeypatch
    ):
        bob = world.cast.bob
        window = await open_window(address(world, "draft-socket"), bob)
        await window.send(json.dumps({"type": "run_all"}))
        assert await answer_of(window) == "carried out"
        await sync_to_async(access.write_level)(project=world.project, principal=bob, level=None)
        assert policy.GOOD_FOR_SECONDS == 5
        monkeypatch.setattr(policy, "GOOD_FOR_SECONDS", 0)
        await window.send(json.dumps({"type": "run_all"}))
        assert await self.closed(window) == 4404

    async def test_any_news_of_the_project_makes_the_next_message_ask_again(self, world, only_said):
        dave = world.cast.dave
        window = await open_window(address(world, "app-socket"), dave)
        await window.send(json.dumps({"type": "run"}))
        assert await answer_of(window) == "carried out"
        await sync_to_async(access.write_level)(project=world.project, principal=dave, level=None)
        await get_channel_layer().group_send(news.project_group(world.project.pk), {"type": "project.results"})
        while json.loads((await window.receive())["text"])["type"] != "results":
            pass
        await window.send(json.dumps({"type": "run"}))
        assert await self.closed(window) == 4404

    async def test_many_messages_in_a_row_ask_once(self, world, only_said, monkeypatch):
        asked = []
        window = await open_window(address(world, "draft-socket"), world.cast.bob)
        authorise = policy.PolicyConsumer._authorise
        monkeypatch.setattr(
            policy.PolicyConsumer, "_authorise", lambda self, action: asked.append(action) or authorise(self, action)
        )
        for _ in range(5):
            await window.send(json.dumps({"type": "run_all"}))
            assert await answer_of(window) == "carried out"
        assert asked == [Action.RUN_NOTEBOOK]
        await window.leave()


def address(world: World, socket: str) -> str:
    project = world.project.pk
    return {
        "app-socket": f"/ws/app/{project}/",
        "draft-socket": f"/ws/draft/{world.children['draft_id']}/",
        "runs-socket": f"/ws/runs/{project}/",
        "run-socket": f"/ws/run/{project}/{world.children['number']}/",
    }[socket]
