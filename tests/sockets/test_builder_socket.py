"""The socket of the App view: blocks as viewers get them."""

import pytest

from apps_runtime.services.sessions import sessions
from tests.cast import make_cast
from tests.markup import flat
from tests.sockets.test_app_socket import connect, read_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    return make_cast()


@pytest.fixture
def session(cast):
    return sessions.of_draft(draft=cast.draft)


async def heard(socket) -> list[dict]:
    """Everything up to the state of the stage, which comes last."""
    found: list[dict] = []

    def is_last(message: dict) -> bool:
        found.append(message)
        return message.get("id") == "builder-state"

    await read_until(socket, is_last)
    return found


async def test_inputs_come_with_their_values_and_no_cell_of_the_notebook_page(cast, session) -> None:
    socket, _ = await connect(cast.bob, f"/ws/draft/{session.draft_id}/")
    await socket.send_json_to({"type": "hello", "view": "app", "sequence": 0})
    messages = await heard(socket)
    assert "field-n" in {message.get("id") for message in messages}
    assert not [message for message in messages if message["type"] == "cell"]
    await socket.disconnect()


async def test_a_run_is_told_block_by_block(cast, session) -> None:
    socket, _ = await connect(cast.bob, f"/ws/draft/{session.draft_id}/")
    await socket.send_json_to({"type": "hello", "view": "app", "sequence": session.sequence})
    await heard(socket)
    await socket.send_json_to({"type": "run_all"})
    state = (await heard(socket))[-1]
    assert state["busy"] is True and "Queued" in state["html"]
    await socket.disconnect()


async def test_carol_is_told_the_same_with_inputs_that_are_still(cast, session) -> None:
    socket, _ = await connect(cast.carol, f"/ws/draft/{session.draft_id}/")
    await socket.send_json_to({"type": "hello", "view": "app", "sequence": 0})
    field = next(message for message in await heard(socket) if message.get("id") == "field-n")
    assert " disabled" in flat(field["html"])
    await socket.disconnect()
