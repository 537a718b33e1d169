"""Django over ASGI, with the whole of a request in one thread of a pool.

Django's own handler makes a thread for each request, whose database connection ends with it, and goes back and forth
between that and the event loop where some middleware is written for the one and some for the other: an app's page took
26 ms instead of 17.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import django
from channels.db import DatabaseSyncToAsync
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponseBase

# Requests at once; more wait. Most take milliseconds, and the slowest wait for a kernel's answer or read an upload.
THREADS = 32


Result = TypeVar("Result")


class Handler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._respond = DatabaseSyncToAsync(self.get_response, thread_sensitive=False, executor=self.threads)

    def load_middleware(self, is_async: bool = False) -> None:
        """All of it for a thread."""
        super().load_middleware(is_async=False)

    async def in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """A call that may ask the database, in one of the same threads."""
        return await DatabaseSyncToAsync(function, thread_sensitive=False, executor=self.threads)(*arguments)

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:
        return await self._respond(request)


def application() -> Handler:
    """As `django.core.asgi.get_asgi_application`."""
    django.setup(set_prefix=False)
    return Handler()
