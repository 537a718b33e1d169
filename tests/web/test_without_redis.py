"""While Redis is away pages open and say so, what needs a worker is refused before it is written, the rest is kept."""

import json

import pytest
from celery import current_app
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from apps_runtime.messaging import machines, queue
from apps_runtime.models import ApiToken, Run, Schedule
from apps_runtime.services.runs import runs
from projects.models import Publication, Version
from projects.services import drafts
from tests.cast import Cast, make_cast, published

pytestmark = pytest.mark.django_db
# What is sent when a transaction commits is sent, and fails.
commits = pytest.mark.django_db(transaction=True)
JSON = "application/json"
SAID = "Live updates and new runs are not available at the moment"


@pytest.fixture
def cast(db) -> Cast:
    """The app is live, with a schedule, and a preview of a newer draft has ended well."""
    cast = make_cast()
    published(cast)
    client = Client()
    client.force_login(cast.bob)
    client.post(address(cast, "schedules"), {"every": "day", "at": "06:00", "time_zone": "Europe/Berlin"})
    write(cast, "print('new')")
    client.post(address(cast, "publish"))
    runs.finish(run=Run.objects.get(number=2), state=Run.State.FAILED)
    return cast


@pytest.fixture
def redis_away(cast, settings, tmp_path, monkeypatch) -> None:
    """All that speaks to Redis is told of a socket behind which nobody is."""
    url = f"unix://{tmp_path / 'nobody.sock'}"
    settings.REDIS_URL = url
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [url]}}
    }
    monkeypatch.setattr(machines, "_client", None)
    monkeypatch.setattr(queue, "_known", (0.0, False))
    app = current_app._get_current_object()
    monkeypatch.setattr(app.conf, "broker_write_url", url.replace("unix://", "redis+socket://"))
    monkeypatch.setattr(app.conf, "broker_read_url", url.replace("unix://", "redis+socket://"))
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)


def address(cast: Cast, name: str, *more: object) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *more])


def write(cast: Cast, source: str) -> None:
    base = drafts.source_digest(cast.draft.notebook.cell("other").source)
    drafts.write_source(draft=cast.draft, cell_id="other", source=source, base=base, by=cast.bob)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


OF_PROJECT = ["notebook", "app", "runs", "schedules", "share", "audit", "files", "graph"]


@pytest.mark.parametrize("name", OF_PROJECT)
def test_pages_of_a_project_open(cast: Cast, redis_away, name: str) -> None:
    response = signed_in(cast.alice).get(address(cast, name))
    assert response.status_code == 200 and response.content.decode().count(SAID) == 1


@pytest.mark.parametrize("name", ["home", "trash", "profile", "tokens", "sign-in", "workspace"])
def test_other_pages_open(cast: Cast, redis_away, name: str) -> None:
    client = Client() if name == "sign-in" else signed_in(cast.alice)
    response = client.get(reverse(name, args=["harbour-lab"] if name == "workspace" else []))
    assert response.status_code == 200 and response.content.decode().count(SAID) == 1


@pytest.mark.parametrize("name", ["index", "now", "apps_runtime_run_changelist", "apps_runtime_session_changelist"])
def test_pages_of_administrators_open(cast: Cast, redis_away, name: str) -> None:
    admin = get_user_model().objects.create_superuser("root", "root@example.org", "hexlite-demo")
    response = signed_in(admin).get(reverse(f"admin:{name}"))
    assert response.status_code == 200 and response.content.decode().count(SAID) == 1


@commits
def test_what_needs_a_worker_is_refused_and_nothing_is_half_done(cast: Cast, redis_away) -> None:
    write(cast, "print('newer')")
    before = Run.objects.count(), Version.objects.count()
    client, token = signed_in(cast.bob), ApiToken.make(person=cast.bob, name="test")[1]
    program = Client(headers={"Authorization": f"Bearer {token}"})
    for door in ("publish", "run-again", "schedule-run", "runs", "previews"):
        more = {"run-again": [1], "schedule-run": [Schedule.objects.get().pk]}.get(door, [])
        if door in ("runs", "previews"):
            response = program.post(f"/api/v1/projects/{cast.project.pk}/{door}", "{}", content_type=JSON)
        else:
            response = client.post(address(cast, door, *more))
        assert (response.status_code, response.headers["Retry-After"]) == (503, "60"), door
        assert response.json()["sentence"] == (
            f"{SAID}. Nothing was started, and nothing is lost; try again in a minute."
        )
    assert (Run.objects.count(), Version.objects.count()) == before


@commits
def test_what_needs_none_is_done(cast: Cast, redis_away) -> None:
    client = signed_in(cast.bob)
    body = json.dumps({"replaces": 1})
    assert client.post(address(cast, "preview-publish", 2), body, content_type=JSON).status_code == 200
    assert Publication.objects.get().version == Run.objects.get(number=2).version
    write(cast, "print('kept')")
    assert cast.draft.notebook.cell("other").source == "print('kept')"


def test_with_redis_nothing_is_said(cast: Cast) -> None:
    assert SAID not in signed_in(cast.alice).get(reverse("home")).content.decode()
