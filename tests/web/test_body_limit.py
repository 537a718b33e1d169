"""The limit before Django: counted as it comes, announced or not (specs/security T30)."""

import asyncio

import pytest

from hexlite.bodies import BodyLimit


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


async def ask(application, pieces, headers=()):
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    taken, sent = [], []

    async def receive():
        taken.append(1)
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    await BodyLimit(application, most=100)({"type": "http", "headers": list(headers)}, receive, send)
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

    await BodyLimit(application, most=1)({"type": "websocket", "headers": []}, None, None)
    assert seen.is_set()


async def test_other_failures_pass_through():
    async def application(scope, receive, send):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        await ask(application, [])
