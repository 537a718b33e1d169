"""How much a request may bring along (specs/security T30).

Django writes a whole body to a temporary file before any view sees it, however long it is and whether or not its
length was announced. This stands before Django and counts. A little may come to every address; for more it is asked,
once, who sends it where (`hexlite.body_rooms`).
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TOO_LARGE = "This is more than a request may carry."
CROWDED = "Many visitors are handing in files just now. Try again in a minute, or sign in."
STRANGERS_AT_ONCE = 8  # large bodies that one process takes from strangers at the same time


@dataclass(frozen=True)
class Room:
    """What a request may carry: `most` bytes. `why` is what is said to more; a `stranger` shares his room."""

    most: int
    why: str = TOO_LARGE
    stranger: bool = False


class _TooLarge(Exception):
    """More has come than may."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class BodyLimit:
    """An ASGI application that answers 413 to requests with more than they may carry, and passes on the others.

    A `little` passes without a question; `room_of` says how much may come of a larger body.
    """

    def __init__(self, application: Application, *, little: int, room_of: Callable[[Scope], Awaitable[Room]]) -> None:
        self.application, self.little, self.room_of = application, little, room_of
        self.strangers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        body = _Body(self, scope, receive)
        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await body.expect(_announced(scope))
            await self.application(scope, body.receive, noted)
        except _TooLarge as refusal:
            if not answered:
                await _refuse(scope, send, refusal.why)
        finally:
            body.leave()


class _Body:
    """The body of one request on its way in."""

    def __init__(self, limit: BodyLimit, scope: Scope, receive: Receive) -> None:
        self.limit, self.scope, self._receive = limit, scope, receive
        self.received = 0
        self.room: Room | None = None
        self.shares = False  # the room of strangers

    async def receive(self) -> Message:
        message = await self._receive()
        self.received += len(message.get("body", b""))
        await self.expect(self.received)
        return message

    async def expect(self, size: int) -> None:
        """Raises _TooLarge when so much may not come."""
        if size <= self.limit.little:
            return
        if self.room is None:
            room = await self.limit.room_of(self.scope)
            self.room = room
            if size <= room.most and room.stranger:
                if self.limit.strangers >= STRANGERS_AT_ONCE:
                    raise _TooLarge(CROWDED)
                self.limit.strangers += 1
                self.shares = True
        if size > self.room.most:
            raise _TooLarge(self.room.why)

    def leave(self) -> None:
        self.limit.strangers -= self.shares


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    """Scripts read the sentence from JSON, as all refusals; people read it as it is."""
    if b"text/html" in dict(scope["headers"]).get(b"accept", b""):
        kind, said = b"text/plain; charset=utf-8", f"{why}\n".encode()
    else:
        kind, said = b"application/json", json.dumps({"sentence": why}).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(said)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": said})
