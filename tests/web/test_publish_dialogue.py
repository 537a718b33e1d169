"""The publish dialogue: what it starts, shows and says (specs/publishing 1–9)."""

import json
from dataclasses import replace

import pytest
from django.urls import reverse

from apps_runtime.models import Run
from apps_runtime.services.runs import runs
from projects.models import Publication, User
from projects.notebook.document import Notebook
from projects.services import drafts
from tests.cast import Cast, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(cast: Cast, client):
    client.force_login(cast.alice)
    return client


def address(cast: Cast, name: str, *arguments) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *arguments])


def opened(client, cast: Cast) -> tuple[Run, str]:
    """The run that opening the dialogue started, and the dialogue."""
    response = client.post(address(cast, "publish"))
    assert response.status_code == 200
    return cast.project.runs.first(), response.content.decode()


def edited(cast: Cast, *, by: User) -> None:
    def edit(notebook: Notebook) -> Notebook:
        *others, last = notebook.cells
        return replace(notebook, cells=(*others, replace(last, source=last.source + "\n# more")))

    drafts.change(draft=cast.draft, by=by, edit=edit)


def test_opening_it_starts_a_run_of_the_draft_as_it_is(cast: Cast, alice) -> None:
    run, page = opened(alice, cast)
    assert (run.trigger, run.state, run.by) == (Run.Trigger.PREVIEW, Run.State.QUEUED, cast.alice)
    assert run.version.notebook.cells == cast.draft.notebook.cells
    for word in ("Running…", "Publish now", "Publish version", "Everything is new", "grants nobody access"):
        assert word in page
    assert not Publication.objects.exists()


def test_it_publishes_what_was_previewed_and_not_what_was_typed_since(cast: Cast, alice) -> None:
    run, _ = opened(alice, cast)
    runs.finish(run=run, state=Run.State.DONE)
    edited(cast, by=cast.bob)
    answer = alice.post(address(cast, "preview-publish", run.number), "{}", content_type="application/json").json()
    assert answer["sentence"] == f"Published version {run.version.number}."
    assert Publication.objects.get().version == run.version


def test_it_says_who_changed_the_draft_meanwhile(cast: Cast, alice) -> None:
    run, page = opened(alice, cast)
    assert "What you see is exactly what will be published." in page
    edited(cast, by=cast.bob)
    said = alice.get(address(cast, "preview-said", run.number), {"replaces": ""}).content.decode()
    assert "Bob changed the draft since this preview began." in said
    assert "Preview those changes too" in said


def test_it_says_who_published_in_between_and_publishes_nothing_over_it(cast: Cast, alice) -> None:
    run, _ = opened(alice, cast)
    edited(cast, by=cast.bob)
    theirs = published(cast, by=cast.bob)
    said = alice.get(address(cast, "preview-said", run.number), {"replaces": ""}).content.decode()
    assert f"Bob published version {theirs.version.number} at " in said
    assert "Start a new preview" in said
    response = alice.post(
        address(cast, "preview-publish", run.number), json.dumps({"replaces": None}), content_type="application/json"
    )
    assert response.status_code == 409
    assert response.json()["sentence"].startswith(f"Bob published version {theirs.version.number} at ")
    assert Publication.objects.get().version == theirs.version


@pytest.mark.parametrize("body", ["{", "[1]", '{"replaces": "the last"}', '{"replaces": [1]}', '{"replaces": 1e999}'])
def test_what_can_not_be_read_publishes_nothing_and_says_so(cast: Cast, alice, body: str) -> None:
    run, _ = opened(alice, cast)
    answer = alice.post(address(cast, "preview-publish", run.number), body, content_type="application/json")
    said = answer.json()["sentence"]
    assert answer.status_code == 400 and ("can't be read" in said or "open the dialogue again" in said)
    assert not Publication.objects.exists()


def test_the_version_it_replaces_is_no_news(cast: Cast, alice) -> None:
    live = published(cast).version
    edited(cast, by=cast.alice)
    run, page = opened(alice, cast)
    assert f"replaces version {live.number}" in page
    said = alice.get(address(cast, "preview-said", run.number), {"replaces": live.number}).content.decode()
    assert "What you see is exactly what will be published." in said


@pytest.mark.parametrize(
    ("state", "why", "words"),
    [
        (Run.State.FAILED, "ZeroDivisionError: division by zero", "You may publish all the same."),
        (Run.State.LOST, runs.LOST, "Start a new preview"),
    ],
)
def test_a_run_that_did_not_end_well_says_why_and_what_to_do(cast: Cast, alice, state, why: str, words: str) -> None:
    run, _ = opened(alice, cast)
    runs.claim(run_id=str(run.pk), worker="w", now=run.enqueued_at)
    runs.finish(run=run, state=state, why=why)
    page = alice.get(address(cast, "preview-changes", run.number)).content.decode()
    assert why in page and words in page


def test_closing_it_stops_the_run(cast: Cast, alice) -> None:
    run, _ = opened(alice, cast)
    alice.post(address(cast, "preview-cancel", run.number), "{}", content_type="application/json")
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert not Publication.objects.exists()
