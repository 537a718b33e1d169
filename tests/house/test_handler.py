"""How requests reach Django: each in one thread of a pool, with the database connection that the thread has."""

import threading
from collections.abc import Iterator

import pytest
from channels.testing import HttpCommunicator
from django.db import connection, connections
from django.http import HttpResponse
from django.urls import path

from hexlite.handler import Handler

pytestmark = pytest.mark.django_db(transaction=True)

seen: list[tuple[str, object]] = []


def look(request):
    connection.ensure_connection()
    seen.append((threading.current_thread().name, connection.connection))
    return HttpResponse("seen")


def fail(request):
    raise RuntimeError("a fault")


urlpatterns = [path("look", look), path("fail", fail)]


async def answer(handler: Handler, address: str) -> dict:
    headers = [(b"host", b"localhost")]
    return await HttpCommunicator(handler, "GET", address, headers=headers).get_response(timeout=10)


@pytest.fixture
def handler(settings) -> Iterator[Handler]:
    settings.ROOT_URLCONF = __name__
    made = Handler()
    yield made
    made.threads.submit(connections.close_all).result()
    made.threads.shutdown()


async def test_requests_in_a_row_find_a_thread_and_its_connection(handler):
    """Not always the same: a thread is free a moment after its answer."""
    seen.clear()
    for _ in range(8):
        assert (await answer(handler, "/look"))["body"] == b"seen"
    held = dict(seen)
    assert all(thread.startswith("request") for thread in held)
    assert all(held[thread] is kept for thread, kept in seen)
    assert len(held) < len(seen)


async def test_a_fault_is_an_answer_and_the_next_request_is_served(handler, settings):
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    assert (await answer(handler, "/fail"))["status"] == 500
    assert (await answer(handler, "/look"))["status"] == 200
