"""From where a browser may open a socket (specs/security T8)."""

from collections.abc import Collection
from typing import Any

from channels.security.websocket import WebsocketDenier


class OfTheseOrigins:
    """Lets a handshake through whose Origin is one of these, letter by letter; every other one is denied.

    channels' own OriginValidator takes the header apart, and raises where that fails.
    """

    def __init__(self, application: Any, allowed: Collection[str]) -> None:
        self.application, self.allowed = application, {origin.encode() for origin in allowed}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        said = [value for name, value in scope["headers"] if name == b"origin"]
        may = len(said) == 1 and said[0] in self.allowed
        return await (self.application if may else WebsocketDenier())(scope, receive, send)
