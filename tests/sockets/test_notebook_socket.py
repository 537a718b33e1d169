"""The socket of the notebook page: runs, inputs, and what windows that heard everything are told next."""

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from apps_runtime.models import Session
from apps_runtime.services.sessions import sessions, uploads
from apps_runtime.session.state import Phase, State
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from tests.cast import make_cast, published
from tests.sockets.test_app_socket import connect, in_thread, read_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    cells = (
        replace(Cell.new_input(InputSpec(kind=InputKind.BUTTON, name="again", label="Again")), id="again"),
        replace(Cell.new(CellKind.CODE, "print(again)"), id="reads"),
    )
    return make_cast(Notebook(cells))


@pytest.fixture
def session(cast) -> Session:
    return sessions.of_draft(draft=cast.draft)


async def state_of(session: Session) -> State:
    await in_thread(session.refresh_from_db)
    return State.from_json(session.state)


async def test_a_window_that_heard_everything_hears_what_comes_next(cast, session) -> None:
    """The fragments of a hello must not be taken for those of the news that follow it."""
    socket, _ = await connect(cast.bob, f"/ws/draft/{session.draft_id}/")
    await socket.send_json_to({"type": "hello", "sequence": session.sequence})
    rested = await read_until(socket, lambda message: message.get("id") == "run-line")
    assert rested["busy"] is False
    await socket.send_json_to({"type": "run_all"})
    busy = await read_until(socket, lambda message: message.get("id") == "run-line")
    assert busy["busy"] is True
    await socket.disconnect()


async def test_bob_presses_a_run_button(cast, session) -> None:
    socket, _ = await connect(cast.bob, f"/ws/draft/{session.draft_id}/")
    await socket.send_json_to({"type": "press", "name": "again"})
    await read_until(socket, lambda message: message.get("id") == "run-line" and message["busy"])
    state = await state_of(session)
    assert state.pressed == "again"
    assert state.phase is Phase.QUEUED
    await socket.disconnect()


@pytest.mark.parametrize("message", [{"type": "run_all"}, {"type": "press", "name": "again"}, {"type": "restart"}])
async def test_carol_runs_nothing(cast, session, message: dict) -> None:
    socket, accepted = await connect(cast.carol, f"/ws/draft/{session.draft_id}/")
    assert accepted
    await socket.send_json_to(message)
    refusal = await read_until(socket, lambda message: message["type"] == "error")
    assert "Can Edit" in refusal["sentence"]
    assert (await state_of(session)).phase is Phase.RESTING
    await socket.disconnect()


@pytest.mark.parametrize("name", ["dave", "mallory"])
async def test_others_do_not_get_in(cast, session, name: str) -> None:
    _, accepted = await connect(cast.people[name], f"/ws/draft/{session.draft_id}/")
    assert not accepted


async def test_a_publisher_is_not_told_what_the_dialogue_has_said(cast, session) -> None:
    windows = {
        name: (await connect(cast.people[name], f"/ws/draft/{session.draft_id}/"))[0] for name in ("alice", "bob")
    }
    await in_thread(lambda: published(cast, by=cast.alice))
    for name, socket in windows.items():
        news = await read_until(socket, lambda message: message["type"] == "published")
        assert (news["by"], news["yours"]) == ("Alice", name == "alice")
        await socket.disconnect()


@pytest.mark.parametrize("view", ["", "?view=app"])
async def test_a_file_that_bob_hands_over_on_either_page_is_the_inputs_value(client, tmp_path, view) -> None:
    """As both pages do it: to the address they name, and then the answer as the value, by their socket."""
    cells = (
        replace(Cell.new_input(InputSpec(kind=InputKind.FILE, name="table", label="Table", default=None)), id="table"),
        replace(Cell.new(CellKind.CODE, "print(open(table).read())"), id="reads"),
    )
    cast = await in_thread(make_cast, Notebook(cells))

    def hand_over() -> tuple[Session, str]:
        client.force_login(cast.bob)
        page = client.get(f"/harbour-lab/project/{cast.project.pk}/{view}").content.decode()
        assert 'id="field-table"' in page
        address = re.search(r'data-upload="(/[^"]+)"', page)[1]
        draft = re.search(r'data-draft="([^"]+)"', page)[1]
        where = urlencode({"input": "table", "name": "a.csv", "notebook": draft})
        answer = client.post(f"{address}?{where}", b"x,y\n", content_type="application/octet-stream")
        assert answer.status_code == 201, answer.content
        return sessions.of_draft(draft=cast.draft), answer.json()["value"]

    session, value = await in_thread(hand_over)
    socket, _ = await connect(cast.bob, f"/ws/draft/{session.draft_id}/")
    await socket.send_json_to({"type": "set", "values": {"table": value}, "message": "one"})
    await read_until(socket, lambda told: told == {"type": "heard", "message": "one"})
    assert (await state_of(session)).values["table"] == value
    assert await in_thread(uploads.holds, session, value)
    await socket.disconnect()
