"""How often runs are started, sessions begun and projects published within a minute, at every door (specs/faults)."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import ApiToken, Run, Schedule, Session
from apps_runtime.schedules.recurrence import between
from apps_runtime.services.schedules import schedules
from projects.models import AuditEvent, Project, Publication, User, Version
from projects.services import versions
from tests.cast import Cast, make_cast, published

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def cast(db, settings) -> Cast:
    """bob has started one run within this minute, which is the most; the project was published once, also the most."""
    cast = make_cast()
    published(cast, by=cast.bob)
    settings.HEXLITE_STARTS_PERSON = settings.HEXLITE_PUBLICATIONS_PROJECT = 1
    return cast


def address(cast: Cast, name: str, *more: object) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *more])


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def program(person: User) -> Client:
    _, token = ApiToken.make(person=person, name="test")
    return Client(headers={"Authorization": f"Bearer {token}"})


def daily(cast: Cast) -> Schedule:
    client = signed_in(cast.bob)
    client.post(address(cast, "schedules"), {"every": "day", "at": "06:00", "time_zone": "Europe/Berlin"})
    return Schedule.objects.get()


def doors(cast: Cast) -> dict[str, str]:
    """What starts a run by a form, or by a script of ours."""
    return {
        "publish": address(cast, "publish"),
        "keep-name": address(cast, "preview-keep-name", 1),
        "again": address(cast, "run-again", 1),
        "run now": address(cast, "schedule-run", daily(cast).pk),
    }


def refused(response) -> str:
    """The sentence of an answer that says when to try again."""
    assert response.status_code == 429
    seconds = int(response.headers["Retry-After"])
    assert 1 <= seconds <= 60
    sentence = response.json()["sentence"]
    assert sentence.endswith(f"Try again in {seconds} second{'' if seconds == 1 else 's'}.")
    return sentence


@pytest.mark.parametrize("door", ["publish", "keep-name", "again", "run now"])
def test_a_start_too_many_is_refused_and_changes_nothing(cast: Cast, door: str) -> None:
    path, draft = doors(cast)[door], cast.draft.digest
    before = Run.objects.count(), Version.objects.count()
    sent = {"name": "was", "answers": "n"}
    assert refused(signed_in(cast.bob).post(path, sent)).startswith("One person may start 1 run a minute.")
    assert (Run.objects.count(), Version.objects.count()) == before and cast.draft.digest == draft
    signed_in(cast.alice).post(path, sent)
    assert Run.objects.count() == before[0] + 1, "alice has started none"
    Run.objects.filter(by=cast.bob).update(created_at=timezone.now() - timedelta(seconds=61))
    signed_in(cast.bob).post(path, sent)
    assert Run.objects.filter(by=cast.bob).count() + (door == "keep-name") >= 2, "a minute later bob may again"


@pytest.mark.parametrize("path", ["runs", "previews"])
def test_programs_are_counted_with_their_person(cast: Cast, path: str) -> None:
    asked = f"/api/v1/projects/{cast.project.pk}/{path}"
    assert "1 run a minute" in refused(program(cast.bob).post(asked, "{}", content_type=JSON))
    assert program(cast.alice).post(asked, "{}", content_type=JSON).status_code == 202


def test_a_form_gets_a_page_that_leads_back(cast: Cast) -> None:
    came_from = "http://testserver" + address(cast, "run", 1)
    headers = {"Accept": "text/html,*/*", "Referer": came_from}
    response = signed_in(cast.bob).post(address(cast, "run-again", 1), headers=headers)
    page = response.content.decode()
    assert response.status_code == 429 and "Retry-After" in response.headers
    assert "One person may start 1 run a minute." in page and f'href="{came_from}"' in page
    elsewhere = {**headers, "Referer": "https://elsewhere.example/"}
    page = signed_in(cast.bob).post(address(cast, "run-again", 1), headers=elsewhere).content.decode()
    assert "elsewhere" not in page


def test_schedules_are_not_counted(cast: Cast) -> None:
    schedule = daily(cast)
    Run.objects.update(trigger=Run.Trigger.SCHEDULE)
    assert signed_in(cast.bob).post(address(cast, "schedule-run", schedule.pk)).status_code == 302
    now = timezone.now()
    [slot, *_] = between(schedule.rule, schedule.zone, now, now + timedelta(days=2))
    Run.objects.update(trigger=Run.Trigger.MANUAL, state=Run.State.DONE)
    assert schedules.tick(now=slot.at), "nor held up by what was started by hand"


def test_publishing_too_often_is_refused_and_the_app_stays(cast: Cast) -> None:
    live = Publication.objects.get().version
    versions.save_version(draft=cast.draft, reason=Version.Reason.NAMED, by=cast.alice, note="another")
    another = Version.objects.exclude(pk=live.pk).get()
    run = Run.objects.create(
        project=cast.project,
        number=2,
        version=another,
        trigger=Run.Trigger.PREVIEW,
        state=Run.State.DONE,
        by=cast.alice,
        enqueued_at=timezone.now(),
    )
    body = json.dumps({"replaces": live.number, "run": run.number})
    page, api = address(cast, "preview-publish", run.number), f"/api/v1/projects/{cast.project.pk}/publish"
    for client, path in ((signed_in(cast.alice), page), (program(cast.alice), api)):
        sentence = refused(client.post(path, body, content_type=JSON))
        assert sentence.startswith("A project may be published 1 time a minute, so nothing was published.")
    assert Publication.objects.get().version == live
    AuditEvent.objects.filter(action="published").update(at=timezone.now() - timedelta(seconds=61))
    assert signed_in(cast.alice).post(page, body, content_type=JSON).status_code == 200
    assert Publication.objects.get().version == another


def test_strangers_begin_so_many_sessions_by_handing_in_files(cast: Cast, settings) -> None:
    settings.HEXLITE_STARTS_ADDRESS = 1
    cast.project.visibility = Project.Visibility.LINK
    cast.project.save()
    path, octets = address(cast, "session-upload") + "?input=n&name=a.csv", "application/octet-stream"
    first = Client(REMOTE_ADDR="203.0.113.7")
    assert first.post(path, b"1", content_type=octets).status_code == 400, "n takes no file, but a session was begun"
    sentence = refused(Client(REMOTE_ADDR="203.0.113.7").post(path, b"1", content_type=octets))
    assert sentence.startswith("Visitors at your network address may begin 1 session a minute. Sign in, or wait.")
    assert Client(REMOTE_ADDR="203.0.113.8").post(path, b"1", content_type=octets).status_code == 400
    assert signed_in(cast.dave).post(path, b"1", content_type=octets).status_code == 400
    assert Session.objects.filter(owner=None).count() == 2


def test_zero_is_no_limit(cast: Cast, settings) -> None:
    settings.HEXLITE_STARTS_PERSON = 0
    assert signed_in(cast.bob).post(address(cast, "run-again", 1)).status_code == 302
