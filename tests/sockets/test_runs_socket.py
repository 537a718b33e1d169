"""The sockets of runs: the log hears what changes, and a preview knows whether anybody looks."""

import asyncio
import json

import pytest
from django.utils import timezone

from apps_runtime import tasks
from apps_runtime.messaging import queue
from apps_runtime.models import Run
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from tests.cast import make_cast
from tests.sockets.test_app_socket import connect, in_thread, read_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    return make_cast()


@pytest.fixture
def preview(cast) -> Run:
    return publishing.preview(draft=cast.draft, by=cast.alice)


async def test_the_log_hears_of_a_run_from_its_start_to_its_end(cast):
    window, accepted = await connect(cast.carol, f"/ws/runs/{cast.project.pk}/")
    assert accepted
    run = await in_thread(publishing.preview, draft=await in_thread(lambda: cast.draft), by=cast.alice)
    assert await read_until(window, lambda message: message == {"type": "runs", "run": run.number})
    run = await in_thread(runs.claim, run_id=str(run.pk), worker="test", now=timezone.now())
    await read_until(window, lambda message: message["type"] == "runs")
    await in_thread(runs.record, run=run, cells={"other": {"state": "done", "outputs": []}})
    await read_until(window, lambda message: message["type"] == "runs")
    await in_thread(runs.record, run=run, cells={"squares": {"outputs": []}})
    assert await window.receive_nothing(0.2)  # Outputs alone come too often for a list.
    await in_thread(runs.finish, run=run, state=Run.State.DONE)
    await read_until(window, lambda message: message["type"] == "runs")
    await window.disconnect()


@pytest.mark.parametrize("name", ["dave", "mallory"])
async def test_who_may_not_read_the_log_hears_nothing(cast, name):
    _, accepted = await connect(cast.people[name], f"/ws/runs/{cast.project.pk}/")
    assert not accepted


async def test_a_window_that_came_back_keeps_its_preview(cast, preview, monkeypatch):
    """A connection that drops for a moment must not cost the run; one that is gone must."""
    asked = []
    monkeypatch.setattr(queue, "enqueue", lambda task, *arguments, **options: asked.append((task, *arguments)))
    address = f"/ws/run/{cast.project.pk}/{preview.number}/"
    window, _ = await connect(cast.alice, address)
    await window.disconnect()
    assert asked == [("unwatched", str(preview.pk))]
    back, _ = await connect(cast.alice, address)
    await back.send_to(text_data=json.dumps({"type": "hello", "sequence": 0}))
    await read_until(back, lambda message: message.get("id") == "run-progress")  # It hears news from now on.

    await in_thread(tasks.unwatched, str(preview.pk))
    assert asked[-1][:2] == ("unwatched", str(preview.pk))
    async with asyncio.timeout(5):
        while not await in_thread(lambda: Run.objects.get().watched_at):
            await asyncio.sleep(0.02)
    await in_thread(tasks.unwatched, *asked[-1][1:])
    assert (await in_thread(Run.objects.get)).state == Run.State.QUEUED

    await back.disconnect()
    await in_thread(tasks.unwatched, str(preview.pk))
    await in_thread(tasks.unwatched, *asked[-1][1:])
    assert (await in_thread(Run.objects.get)).state == Run.State.CANCELLED
