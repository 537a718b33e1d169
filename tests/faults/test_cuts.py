"""The connection of a window is cut fifty times, at random, while its input is moved."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.faults.conftest import Played
from tests.faults.world import assert_world_sane
from tests.kernel_host import wait_until
from tests.running import free_port
from tests.schedules.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.xdist_group("stack")]

CUTS, PATIENCE = 50, 60
ORIGIN = "http://localhost:8000"
MAKE = """
from dataclasses import replace
from apps_runtime.services.publishing import publishing
from projects.models import User, Workspace
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import projects
alice = User.objects.get()
slider = InputSpec(kind=InputKind.SLIDER, name="n", label="Count", default=1, minimum=1, maximum=9999, step=1)
double, again = "double = 2 * n\\nprint(f'{n} doubled is {double}')", "print(f'{double} again is {4 * n}')"
sources = {"double": double, "again": again}
cells = [replace(Cell.new(CellKind.CODE, source), id=name) for name, source in sources.items()]
notebook = Notebook((replace(Cell.new_input(slider), id="count"), *cells))
project = projects.create(workspace=Workspace.objects.get(), by=alice, title="Cuts", notebooks=[("Cuts", notebook)])
run = publishing.preview(draft=project.drafts.get(), by=alice)
publishing.publish(version=run.version, by=alice)
answer = project.pk.hex, run.pk.hex
"""
OPEN = """
from apps_runtime.services.sessions import sessions
from projects.models import Project
from tests.security.windows import _session_of
project = Project.objects.get(pk={project!r})
session = sessions.open_app(version=project.publication.version, person=project.created_by, visitor="", values={{}})
answer = session.pk.hex, _session_of(project.created_by)
"""
# Whenever the session takes something a window sent, its id is noted: a second time, should it be taken twice.
NOTED = """
CREATE TABLE taken (message TEXT);
CREATE TRIGGER note_what_is_taken AFTER UPDATE OF state ON apps_runtime_session
WHEN NEW.id = '{session}' AND json_extract(NEW.state, '$.recent') IS NOT json_extract(OLD.state, '$.recent')
BEGIN INSERT INTO taken VALUES (json_extract(NEW.state, '$.recent[#-1]')); END;
"""
FORGOTTEN = "DROP TRIGGER note_what_is_taken; DROP TABLE taken;"


class Line:
    """The network: it cuts connections at random moments, `cuts` times, and then no more."""

    def __init__(self, port: int, random: Random, cuts: int) -> None:
        self.port, self.random, self.cuts = port, random, cuts

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        flows = [asyncio.ensure_future(flow(reader, far_writer)), asyncio.ensure_future(flow(far_reader, writer))]
        life = self.random.uniform(0.005, 0.2) if self.cuts else None
        await asyncio.wait(flows, timeout=life, return_when=asyncio.FIRST_COMPLETED)
        self.cuts -= 1 if self.cuts else 0
        for one in (writer, far_writer):
            one.transport.abort()
        await asyncio.gather(*flows, return_exceptions=True)


async def flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65_536):
        writer.write(some)
        await writer.drain()


@dataclass
class Page:
    """What `static/js/socket.js` and `app-session.js` do: says what was not heard again, and where it stands."""

    address: str
    cookie: str
    sequence: int = 0
    shown: dict[str, tuple[int, str]] = field(default_factory=dict)
    unheard: dict[str, dict[str, Any]] = field(default_factory=dict)
    connections: int = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Any]:
        self.connections += 1
        async with connect(
            self.address, origin=ORIGIN, additional_headers={"Cookie": self.cookie}, proxy=None, close_timeout=1
        ) as socket:
            await socket.send(json.dumps({"type": "hello", "sequence": self.sequence}))
            for message in list(self.unheard.values()):
                await socket.send(json.dumps(message))
            yield socket

    async def move(self, socket: Any, value: int) -> None:
        message = {"type": "set", "values": {"n": value}, "message": f"m{value}"}
        self.unheard[f"m{value}"] = message
        await socket.send(json.dumps(message))

    async def listen(self, socket: Any) -> None:
        async for text in socket:
            self.take(json.loads(text))

    def take(self, told: dict[str, Any]) -> None:
        assert told["type"] in {"session", "fragment", "heard"}, told
        if told["type"] == "heard":
            self.unheard.pop(told["message"], None)
        elif told["type"] == "fragment" and told["id"] != "people":
            sequence, _ = self.shown.get(told["id"], (0, ""))
            if told["sequence"] >= sequence:
                self.shown[told["id"]] = told["sequence"], told["html"]
            if told["id"] == "status":
                self.sequence = max(self.sequence, told["sequence"])

    @property
    def is_busy(self) -> bool:
        return 'data-busy="false"' not in self.shown["status"][1]

    def shows(self, text: str) -> bool:
        return any(text in html for _, html in self.shown.values())


async def play_through_cuts(page: Page, line: Line, near: int, random: Random) -> int:
    """Move the input as long as the line is cut, and on until everything is heard; the last value."""
    value = 1
    async with asyncio.timeout(PATIENCE), await asyncio.start_server(line.carry, "127.0.0.1", near):
        while line.cuts or page.unheard:
            try:
                async with page.connected() as socket:
                    listening = asyncio.ensure_future(page.listen(socket))
                    while not listening.done() and (line.cuts or page.unheard):
                        if line.cuts and len(page.unheard) < 8:
                            value += 1
                            await page.move(socket, value)
                        await asyncio.wait([listening], timeout=random.uniform(0.005, 0.05))
                    listening.cancel()
                    await asyncio.gather(listening, return_exceptions=True)
            except (OSError, EOFError, WebSocketException) as problem:
                print("cut", repr(problem)[:200])
                continue  # Cut; the next connection takes up what was not heard.
        async with page.connected() as socket, asyncio.timeout(30):
            while page.is_busy or not page.shows(f"{2 * value} again is {4 * value}"):
                page.take(json.loads(await socket.recv()))
    return value


async def snapshot(page: Page) -> Page:
    """What a window is told that comes in now and knows nothing."""
    fresh = Page(page.address, page.cookie)
    async with asyncio.timeout(20), fresh.connected() as socket:
        while "status" not in fresh.shown:
            fresh.take(json.loads(await socket.recv()))
    return fresh


def test_fifty_cuts_at_random_lose_nothing_and_repeat_nothing(stack: Stack):
    project, run = stack.python(MAKE)
    Played(stack, project, run).wait_for("done")
    session, cookie = stack.python(OPEN.format(project=project))
    port, far = free_port(), free_port()
    web = stack.spawn(
        (sys.executable, "-m", "uvicorn", "hexlite.asgi:application", "--port", str(far), "--lifespan", "on"), "web"
    )
    wait_until(lambda: answers(far), 30)
    path = f"/ws/app/{UUID(project)}/?session={UUID(session)}"
    page = Page(f"ws://127.0.0.1:{port}{path}", f"sessionid={cookie}")
    random = Random(50)
    with closing(sqlite3.connect(stack.folder / "hexlite.sqlite3", timeout=20)) as database:
        database.executescript(NOTED.format(session=session))
        last = asyncio.run(play_through_cuts(page, Line(far, random, CUTS), port, random))
        taken = [message for (message,) in database.execute("SELECT message FROM taken ORDER BY rowid")]
        database.executescript(FORGOTTEN)
    assert page.connections > CUTS and taken == [f"m{value}" for value in range(2, last + 1)]
    page.address = page.address.replace(str(port), str(far))
    fresh = asyncio.run(snapshot(page))
    assert {name: html for name, (_, html) in page.shown.items()} == {
        name: html for name, (_, html) in fresh.shown.items()
    }
    stack.kill(web)
    assert_world_sane(stack)


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://localhost:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
