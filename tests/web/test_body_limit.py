"""The limit before Django: counted as it comes, announced or not (specs/security T30)."""

import asyncio

import pytest

from hexlite.request_size import STRANGERS_AT_ONCE, BodyLimit, Room


class Application:
    """Reads a whole body as Django does, and says how long it was."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self, scope, receive, send) -> None:
        more = True
        while more:
            message = await receive()
            self.read += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(self.read).encode()})


async def hundred(scope):
    return Room(100)


async def ask(application, pieces, headers=(), room_of=hundred):
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    taken, sent = [], []

    async def receive():
        taken.append(1)
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    limit = BodyLimit(application, little=50, room_of=room_of)
    await limit({"type": "http", "headers": list(headers)}, receive, send)
    assert limit.strangers == 0
    return sent[0]["status"], len(taken)


async def test_a_body_up_to_the_limit_passes():
    application = Application()
    assert await ask(application, [b"x" * 60, b"x" * 40]) == (200, 3)
    assert application.read == 100


async def test_an_announced_length_is_refused_before_anything_is_read():
    assert await ask(Application(), [b"x" * 101], [(b"content-length", b"101")]) == (413, 0)


async def test_an_unannounced_one_is_refused_as_soon_as_it_is_too_long():
    status, taken = await ask(Application(), [b"x" * 60] * 1000)
    assert (status, taken) == (413, 2)


async def test_a_false_length_does_not_help():
    status, _ = await ask(Application(), [b"x" * 60] * 3, [(b"content-length", b"5")])
    assert status == 413


async def test_sockets_are_not_its_business():
    seen = asyncio.Event()

    async def application(scope, receive, send):
        seen.set()

    await BodyLimit(application, little=1, room_of=hundred)({"type": "websocket", "headers": []}, None, None)
    assert seen.is_set()


async def test_other_failures_pass_through():
    async def application(scope, receive, send):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        await ask(application, [])


async def test_a_little_asks_nobody_and_more_asks_once():
    asked = []

    async def room_of(scope):
        asked.append(scope)
        return Room(100)

    assert await ask(Application(), [b"x" * 50], room_of=room_of) == (200, 2)
    assert asked == []
    assert await ask(Application(), [b"x" * 30] * 3, room_of=room_of) == (200, 4)
    assert len(asked) == 1


async def test_some_strangers_at_once_and_the_next_one_reads_why():
    held, gate, sent = [], asyncio.Event(), []

    async def application(scope, receive, send):
        held.append(scope)
        await gate.wait()

    async def room_of(scope):
        return Room(100, stranger=True)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    limit = BodyLimit(application, little=10, room_of=room_of)
    scope = {"type": "http", "headers": [(b"content-length", b"90")]}
    inside = [asyncio.create_task(limit(scope, receive, send)) for _ in range(STRANGERS_AT_ONCE)]
    while len(held) < STRANGERS_AT_ONCE:
        await asyncio.sleep(0)
    await limit(scope, receive, send)
    assert sent[0]["status"] == 413 and b"Many visitors" in sent[1]["body"]
    gate.set()
    await asyncio.gather(*inside)
    assert limit.strangers == 0
