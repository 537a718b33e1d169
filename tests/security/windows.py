"""A browser's window on a socket, without a browser: the application's own ASGI interface.

`channels.testing` would do, but cannot be imported without a web server that is not used here.
"""

from importlib import import_module

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from hexlite.asgi import application
from projects.models import User


class Window:
    """An accepted socket."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        self.communicator = ApplicationCommunicator(application, scope)

    async def connect(self) -> bool:
        await self.communicator.send_input({"type": "websocket.connect"})
        answer = await self.communicator.receive_output(timeout=10)
        return answer["type"] == "websocket.accept"

    async def send(self, text: str) -> None:
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def receive(self, timeout: float = 5) -> dict:
        """The next thing that is sent: `websocket.send` or `websocket.close`."""
        return await self.communicator.receive_output(timeout=timeout)

    async def is_quiet(self, seconds: float) -> bool:
        return await self.communicator.receive_nothing(timeout=seconds)

    async def leave(self) -> None:
        await self.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.communicator.wait(timeout=10)


async def open_window(path: str, account: User | None, *, key: str = "") -> Window | None:
    """A socket with the person's cookie (`key`: of this session) and this site's origin; None when it is refused."""
    headers = [(b"origin", settings.ORIGIN.encode())]
    if account is not None:
        cookie = f"{settings.SESSION_COOKIE_NAME}={key or await sync_to_async(_session_of)(account)}"
        headers.append((b"cookie", cookie.encode()))
    window = Window(path, headers)
    return window if await window.connect() else None


def _session_of(account: User) -> str:
    """A signed-in session, as the sign-in page makes one; also for accounts that were closed since."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "sharing.backends.NameOrEmail"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    return session.session_key
