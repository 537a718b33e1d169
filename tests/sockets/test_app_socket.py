"""The sockets of apps: who may come in, what they are told, and when they are sent away."""

import asyncio
import json

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from apps_runtime.consumers.policy import PolicyConsumer
from apps_runtime.messaging import news
from apps_runtime.models import Session
from apps_runtime.routing import websocket_urlpatterns
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import SetValues
from apps_runtime.session.state import Note, State
from projects.permissions import Action
from tests.cast import LEVELS, make_cast, published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    cast = make_cast()
    published(cast)
    return cast


@pytest.fixture
def version(cast):
    """The published version, loaded before the event loop runs."""
    return cast.project.publication.version


def in_thread(function, *arguments, **named):
    return database_sync_to_async(function, thread_sensitive=False)(*arguments, **named)


async def connect(person, path):
    """A socket as `person`, past the origin check and the session cookie, which tests of their own hold."""

    async def app(scope, receive, send):
        await URLRouter(websocket_urlpatterns)({**scope, "user": person, "session": {}}, receive, send)

    communicator = WebsocketCommunicator(app, path)
    accepted, _ = await communicator.connect(timeout=5)
    return communicator, accepted


async def read_until(communicator, wanted, seconds=5):
    """Messages up to the first that `wanted` accepts."""
    async with asyncio.timeout(seconds):
        while True:
            message = json.loads(await communicator.receive_from(timeout=seconds))
            if wanted(message):
                return message


@pytest.mark.parametrize("name", [*LEVELS, "nobody"])
async def test_only_who_may_open_the_app_comes_in(cast, name):
    person = AnonymousUser() if name == "nobody" else cast.people[name]
    communicator, accepted = await connect(person, f"/ws/app/{cast.project.pk}/")
    assert accepted is (name not in ("mallory", "nobody"))
    await communicator.disconnect()


async def test_the_first_moved_input_begins_the_session(cast):
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    await socket.send_to(text_data=json.dumps({"type": "set", "values": {"n": 9}, "message": "m1"}))
    told = await read_until(socket, lambda message: message["type"] == "session")
    stale = await read_until(socket, lambda message: message.get("id") == "block-squares")
    assert 'data-state="stale"' in stale["html"]
    session = await in_thread(Session.objects.get, pk=told["id"])
    assert State.from_json(session.state).values == {"n": 9} and session.owner_id == cast.dave.pk
    await socket.disconnect()


@pytest.mark.parametrize(
    "message", ["{", "[" * 50_000, '{"type": "eval"}', '{"type": "set"}', '{"type": "set", "values": 3}', "3", '"x"']
)
async def test_what_is_no_message_changes_nothing_and_says_so(cast, message):
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    await socket.send_to(text_data=message)
    said = await read_until(socket, lambda told: told["type"] == "error")
    assert "changed nothing" in said["sentence"]
    assert not await in_thread(Session.objects.exists)
    await socket.disconnect()


async def test_names_and_values_that_are_not_inputs_do_nothing(cast):
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    await socket.send_to(text_data=json.dumps({"type": "set", "values": {"__import__": 1, "n": "9; import os"}}))
    said = await read_until(socket, lambda told: told["type"] == "error")
    assert "n" in said["sentence"]
    session = await in_thread(Session.objects.get)
    assert State.from_json(session.state).values == {"n": 4}
    await socket.disconnect()


@pytest.mark.parametrize(("count", "said"), [(300, 20), (5_000, 1)])
async def test_many_names_that_are_not_inputs_cost_few_words(cast, count, said):
    """One message of 64 KB must not make thousands of the server's, or hold up a session for all in it."""
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    values = {f"x{number}": 1 for number in range(count)}
    await socket.send_to(text_data=json.dumps({"type": "set", "values": values, "message": "m"}))
    told = []
    await read_until(socket, lambda message: told.append(message["type"]) or message["type"] == "heard")
    assert told.count("error") == said
    await socket.disconnect()


async def test_messages_that_come_too_fast_wait_and_the_last_one_counts(cast, settings):
    settings.HEXLITE_SOCKET_BURST, settings.HEXLITE_SOCKET_RATE = 1, 20
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    began = asyncio.get_running_loop().time()
    for value in (5, 6, 7, 8, 9):
        await socket.send_to(text_data=json.dumps({"type": "set", "values": {"n": value}, "message": f"m{value}"}))
    await read_until(socket, lambda told: told == {"type": "heard", "message": "m9"})
    assert asyncio.get_running_loop().time() - began >= 0.19  # four of them waited a twentieth of a second
    session = await in_thread(Session.objects.get)
    assert State.from_json(session.state).values == {"n": 9}
    await socket.disconnect()


async def test_revoking_closes_the_open_socket_with_a_word(cast):
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    await in_thread(cast.project.projectusergrant_set.filter(user=cast.dave).delete)
    await in_thread(news.announce, news.project_group(cast.project.pk), type="project.access")
    assert "may not open this" in (await read_until(socket, lambda told: told["type"] == "closed"))["sentence"]
    assert (await socket.receive_output(timeout=2))["type"] == "websocket.close"


async def test_a_message_after_revocation_is_refused_even_without_the_news(cast):
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    await in_thread(cast.project.projectusergrant_set.filter(user=cast.dave).delete)
    await socket.send_to(text_data=json.dumps({"type": "set", "values": {"n": 9}}))
    await read_until(socket, lambda told: told["type"] == "closed")
    assert not await in_thread(Session.objects.exists)


async def test_everybody_in_a_shared_session_is_told_and_who_changed_what(cast, version):
    session = await in_thread(sessions.open_app, version=version, person=cast.dave, visitor="", values={})
    token = await in_thread(sessions.share, session=session)
    path = f"/ws/app/{cast.project.pk}/?token={token}"
    sockets = [(await connect(person, path))[0] for person in (cast.dave, cast.carol, cast.bob)]
    await sockets[1].send_to(text_data=json.dumps({"type": "set", "values": {"n": 12}}))
    for socket in sockets:
        field = await read_until(socket, lambda told: told.get("input") == "n")
        assert field["value"] == 12 and "Changed by Carol" in field["html"]
    stranger, accepted = await connect(cast.mallory, path)
    assert accepted is False
    for socket in [*sockets, stranger]:
        await socket.disconnect()


async def test_who_comes_back_misses_nothing(cast, version):
    session = await in_thread(sessions.open_app, version=version, person=cast.dave, visitor="", values={})
    await in_thread(sessions.submit, session.pk, SetValues({"n": 30}, by="Dave"))
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/?session={session.pk}")
    await socket.send_to(text_data='{"type": "hello", "sequence": 0}')
    assert (await read_until(socket, lambda told: told.get("input") == "n"))["value"] == 30
    await socket.disconnect()


async def test_a_window_that_missed_news_gets_every_input_with_the_next(cast, version):
    session = await in_thread(sessions.open_app, version=version, person=cast.dave, visitor="", values={})
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/?session={session.pk}")
    await socket.send_to(text_data='{"type": "hello", "sequence": 0}')
    await read_until(socket, lambda told: told.get("id") == "status")
    await in_thread(Session.objects.filter(pk=session.pk).update, sequence=5)  # Four events nobody told of.
    await in_thread(sessions.submit, session.pk, SetValues({}, notes=(Note("Something was not used."),)))
    told = await read_until(socket, lambda told: told.get("input") == "n" or told.get("id") == "status")
    assert told.get("input") == "n"
    await socket.disconnect()


async def test_what_is_wrong_with_a_value_names_its_input(cast):
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    await socket.send_to(text_data=json.dumps({"type": "set", "values": {"n": 99}}))
    said = await read_until(socket, lambda told: told["type"] == "error")
    assert (said["input"], said["sentence"]) == ("n", '"n" must be from 1 to 50.')
    await socket.disconnect()


async def test_stop_is_for_everyone(cast, version):
    session = await in_thread(sessions.open_app, version=version, person=cast.dave, visitor="", values={})
    token = await in_thread(sessions.share, session=session)
    path = f"/ws/app/{cast.project.pk}/?token={token}"
    sockets = [(await connect(person, path))[0] for person in (cast.dave, cast.carol)]
    await sockets[0].send_to(text_data='{"type": "run"}')
    for socket in sockets:
        await read_until(socket, lambda told: told.get("id") == "status" and told["busy"])
    await sockets[1].send_to(text_data='{"type": "stop"}')
    for socket in sockets:
        await read_until(socket, lambda told: told.get("id") == "status" and not told["busy"])
    for socket in sockets:
        await socket.disconnect()


async def test_nobody_attaches_to_another_persons_session(cast, version):
    session = await in_thread(sessions.open_app, version=version, person=cast.carol, visitor="", values={"n": 41})
    socket, accepted = await connect(cast.dave, f"/ws/app/{cast.project.pk}/?session={session.pk}")
    await socket.send_to(text_data='{"type": "hello", "sequence": 0}')
    assert accepted and await socket.receive_nothing(timeout=0.3)
    await socket.disconnect()


@pytest.mark.parametrize("name", ["dave", "mallory"])
async def test_the_notebooks_socket_is_closed_to_who_may_not_read_it(cast, name):
    draft = await in_thread(lambda: cast.draft)
    socket, accepted = await connect(cast.people[name], f"/ws/draft/{draft.pk}/")
    assert accepted is False
    await socket.disconnect()


async def test_viewers_watch_the_notebook_but_run_nothing(cast):
    draft = await in_thread(lambda: cast.draft)
    socket, accepted = await connect(cast.carol, f"/ws/draft/{draft.pk}/")
    await socket.send_to(text_data='{"type": "run_all"}')
    said = await read_until(socket, lambda told: told["type"] == "error")
    assert accepted and "takes Can Edit" in said["sentence"]
    await socket.disconnect()


def test_every_socket_is_a_policy_consumer_with_an_action_for_every_message():
    for route in websocket_urlpatterns:
        consumer = route.callback.consumer_class
        assert issubclass(consumer, PolicyConsumer) and isinstance(consumer.action, Action)
        for method, action in consumer.messages.values():
            assert callable(getattr(consumer, method)) and isinstance(action, Action)


@pytest.fixture(autouse=True)
def new_layer():
    """The layer keeps connections by event loop, and every test has a loop of its own."""
    yield
    channel_layers.backends.clear()


async def test_a_window_that_missed_new_results_hears_of_them_when_it_comes_in(cast):
    run = await in_thread(lambda: str(cast.project.publication.results.run_id))
    socket, _ = await connect(cast.dave, f"/ws/app/{cast.project.pk}/")
    for shown in (run, ""):
        hello = {"type": "hello", "sequence": 0, "version": 1, "results": shown, "message": shown}
        await socket.send_to(text_data=json.dumps(hello))
    told = [json.loads(await socket.receive_from(timeout=5)) for _ in range(2)]
    assert told == [{"type": "heard", "message": run}, {"type": "results"}]
    await socket.disconnect()
