"""How much one web process holds: windows in one shared session, and sessions at once.

    python -m bench.sessions            prints the two rows
    sessions.together(stack, app, 50)   the figures, for `python -m bench`

The windows are sockets as browsers open them. Kernels play what depends on the input, one session after another.
"""

import asyncio
import json
import re
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import websockets

from bench import apps
from bench.measures import Figures
from bench.stack import PASSWORD, Stack, running

PATIENCE = 60.0


@dataclass
class Person:
    """Somebody who is signed in: a cookie jar that asks for pages, and the header for sockets."""

    stack: Stack
    name: str
    opener: Any = field(init=False)
    jar: Any = field(init=False)

    def __post_init__(self) -> None:
        keeper = HTTPCookieProcessor()
        self.opener, self.jar = build_opener(keeper), keeper.cookiejar
        page = self.get("/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"csrfmiddlewaretoken": token, "username": self.name, "password": PASSWORD}
        self.post("/sign-in/", urlencode(form).encode())

    @property
    def cookie(self) -> str:
        return "; ".join(f"{one.name}={one.value}" for one in self.jar)

    def get(self, path: str) -> str:
        return self.opener.open(self.stack.url + path, timeout=30).read().decode()

    def post(self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded") -> str:
        csrf = next(one.value for one in self.jar if "csrf" in one.name)
        headers = {"X-CSRFToken": csrf, "Content-Type": kind, "Referer": self.stack.url + path}
        asked = Request(self.stack.url + path, body, headers)  # noqa: S310  (the stack's own address)
        return self.opener.open(asked, timeout=30).read().decode()

    def window(self, project: str, query: str = "") -> Any:
        """A socket on the app."""
        address = f"{self.stack.url.replace('http', 'ws')}/ws/app/{project}/{query}"
        return websockets.connect(
            address, additional_headers={"Cookie": self.cookie}, origin=self.stack.url, open_timeout=PATIENCE
        )


def together(stack: Stack, app: str, windows: int, changes: int = 20) -> tuple[Figures, Figures]:
    """`windows` in one shared session, one of which moves a slider: from the move until every window has been told
    the new value, and until every window has the new output."""
    return asyncio.run(_together(Person(stack, "alice"), project_of(app), windows, changes))


def apart(stack: Stack, app: str, sessions: int) -> Figures:
    """`sessions` begun at once, each by a window of its own; each then moves its slider once more, all together: until
    each was told its own new value."""
    return asyncio.run(_apart(Person(stack, "alice"), project_of(app), sessions))


async def _together(person: Person, project: str, count: int, changes: int) -> tuple[Figures, Figures]:
    made = person.post(
        f"/harbour-lab/hex/{project}/link?kind=session", json.dumps({"values": {}}).encode(), "application/json"
    )
    token = json.loads(made)["link"].rpartition("/")[2]
    told, shown = [], []
    async with AsyncExitStack() as stack:
        windows = [await stack.enter_async_context(person.window(project, f"?token={token}")) for _ in range(count)]
        await move(windows[0], windows, 7)  # A kernel is taken.
        for index in range(changes):
            values, outputs = await move(windows[index % count], windows, 10 + index)
            told.append(values)
            shown.append(outputs)
    return Figures(tuple(told)), Figures(tuple(shown))


async def _apart(person: Person, project: str, count: int) -> Figures:
    async with AsyncExitStack() as stack:
        windows = [await stack.enter_async_context(person.window(project)) for _ in range(count)]
        await asyncio.gather(*(_begin(window, 3) for window in windows))
        times = await asyncio.gather(*(_begin(window, 20 + index % 70) for index, window in enumerate(windows)))
    return Figures(tuple(times))


async def _begin(window: Any, value: int) -> float:
    """Move without playing: what the web process does by itself."""
    began = time.perf_counter()
    await window.send(json.dumps({"type": "set", "values": {"n": value}, "play": False}))
    await _hear(window, lambda message: message.get("input") == "n" and message["value"] == value)
    return (time.perf_counter() - began) * 1000


async def move(mover: Any, windows: list[Any], value: int) -> tuple[float, float]:
    """Milliseconds until all windows were told the value, and until all show the output made for it."""
    began = time.perf_counter()

    async def follow(window: Any) -> tuple[float, float]:
        told = shown = 0.0
        async with asyncio.timeout(PATIENCE):
            async for text in window:
                message = json.loads(text)
                if message.get("input") == "n" and message["value"] == value:
                    told = told or time.perf_counter() - began
                if message.get("id") == "block-chart" and f"made for {value} in" in message["html"]:
                    shown = time.perf_counter() - began
                resting = message.get("id") == "status" and not message["busy"]
                if told and shown and resting:
                    return told, shown
        raise RuntimeError("the connection was closed")

    following = [asyncio.create_task(follow(window)) for window in windows]
    await mover.send(json.dumps({"type": "set", "values": {"n": value}}))
    times = await asyncio.gather(*following)
    return max(told for told, _ in times) * 1000, max(shown for _, shown in times) * 1000


async def _hear(window: Any, wanted: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        async for text in window:
            if wanted(json.loads(text)):
                return
    raise RuntimeError("the connection was closed")


def project_of(app: str) -> str:
    return app.rpartition("/hex/")[2].partition("/")[0]


def main() -> None:
    with running(demo=True) as stack, tempfile.TemporaryDirectory() as folder:
        file = apps.write(Path(folder), "small", apps.SMALL)
        project = stack.command("import_notebook", str(file), "--owner", "alice").split()[-1]
        stack.command("publish", project)
        app = f"/harbour-lab/hex/{project}/latest"
        told, shown = together(stack, app, 50)
        print("50 windows in one session: all were told the value", told)
        print("50 windows in one session: all show the new output", shown)
        print("100 sessions in one web process, all moved at once", apart(stack, app, 100))


if __name__ == "__main__":
    main()
