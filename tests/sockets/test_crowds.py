"""How many live connections there may be: of a person, of strangers at one address, in a session (specs/faults)."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings

from apps_runtime.consumers import connection_limits, policy
from apps_runtime.models import Participant
from apps_runtime.services.sessions import sessions
from hexlite.asgi import application
from projects.models import Draft, Project
from tests.cast import Cast, make_cast, published
from tests.security.windows import Window, open_window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db) -> Cast:
    cast = make_cast()
    cast.project.visibility = Project.Visibility.LINK
    cast.project.save()
    published(cast)
    yield cast
    assert not connection_limits._open, "every place was given back"


async def shown_out(window: Window) -> str:
    """The reason with which the window is closed."""
    while (output := await window.receive())["type"] != "websocket.close":
        assert json.loads(output["text"])["type"] in {"fragment", "session", "heard"}
    assert output["code"] == connection_limits.FULL
    await window.leave()
    return output["reason"]


async def test_a_person_has_so_many_windows_and_closing_one_makes_room(cast, settings):
    settings.HEXLITE_SOCKETS_PERSON = 2
    draft = await sync_to_async(Draft.objects.get)(project=cast.project)
    app, notebook = f"/ws/app/{cast.project.pk}/", f"/ws/draft/{draft.pk}/"
    first, second = await open_window(app, cast.alice), await open_window(notebook, cast.alice)
    third = await open_window(app, cast.alice)
    assert await shown_out(third) == "You have 2 windows open, which is the most. Close one, then try again."
    bobs = await open_window(app, cast.bob)
    await first.leave()
    fourth = await open_window(app, cast.alice)
    assert await fourth.is_quiet(0.2)
    for window in (second, bobs, fourth):
        await window.leave()


async def stranger(cast: Cast, address: str) -> Window:
    window = Window(f"/ws/app/{cast.project.pk}/", [(b"origin", django_settings.ORIGIN.encode())])
    window.communicator.scope["client"] = (address, 5000)
    assert await window.connect()
    return window


async def test_strangers_are_counted_by_network_address(cast, settings):
    settings.HEXLITE_SOCKETS_ADDRESS = 1
    here = await stranger(cast, "2001:db8:1:2::7")
    reason = await shown_out(await stranger(cast, "2001:db8:1:2::8"))
    assert reason.startswith("Visitors at your network address have 1 window open, which is the most.")
    elsewhere = await stranger(cast, "2001:db8:1:3::7")
    assert await elsewhere.is_quiet(0.2)
    for window in (here, elsewhere):
        await window.leave()


async def test_a_session_holds_so_many(cast, settings):
    settings.HEXLITE_SOCKETS_SESSION = 1
    version = await sync_to_async(lambda: cast.project.publication.version)()
    session = await sync_to_async(sessions.open_app)(version=version, person=cast.dave, visitor="", values={})
    token = await sync_to_async(sessions.share)(session=session)
    address = f"/ws/app/{cast.project.pk}/?token={token}"
    inside = await open_window(address, cast.dave)
    assert "This session is open in 1 window" in await shown_out(await open_window(address, cast.carol))
    own = await open_window(f"/ws/app/{cast.project.pk}/", cast.carol)
    assert await own.is_quiet(0.2)
    for window in (inside, own):
        await window.leave()


@pytest.mark.parametrize("goes_well", [0, 1, 2])
async def test_a_connection_that_breaks_as_something_is_sent_gives_its_place_back(cast, settings, goes_well):
    """At the acceptance, or at what follows: the server says so by an error, and sends no disconnect."""
    window = await open_window(f"/ws/app/{cast.project.pk}/", cast.dave)
    scope = {**window.communicator.scope, "state": {}}
    await window.leave()
    said = [{"type": "websocket.connect"}]
    said += [{"type": "websocket.receive", "text": json.dumps({"type": "set", "values": {"n": 9}})}]
    sent = []

    async def receive():
        return said.pop(0) if said else await asyncio.Event().wait()

    async def send(message):
        if len(sent) == goes_well:
            raise ConnectionResetError
        sent.append(message["type"])

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(application(scope, receive, send), 10)
    assert sent == ["websocket.accept", "websocket.send"][:goes_well] and not connection_limits._open
    assert not await sync_to_async(Participant.objects.exists)()


async def test_a_connection_has_a_longest_life(cast, settings, monkeypatch):
    monkeypatch.setattr(policy, "RECHECK_SECONDS", 0)
    settings.HEXLITE_SOCKET_SECONDS = 0
    window = await open_window(f"/ws/app/{cast.project.pk}/", cast.dave)
    assert await window.receive() == {"type": "websocket.close", "code": 1012}
    await window.leave()


@pytest.mark.parametrize(
    "words", [connection_limits.of_person, connection_limits.of_address, connection_limits.of_session]
)
def test_the_words_fit_into_a_close(words):
    """A close frame holds 123 bytes of reason."""
    assert len(words(1_000_000).encode()) <= 123
