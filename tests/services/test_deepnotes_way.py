"""Deepnote's way, kept as a choice: live updates, publishing a copy of the notebook, deleting the app."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import PublishedResults, Run
from apps_runtime.pages.run_log import LogFilter, places
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.publishing import live_updates, publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import SetValues
from projects.models import AuditEvent, Publication, Version
from projects.notebook.document import Show
from projects.services import drafts, notebooks
from tests.cast import Cast, make_cast, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def saved(django_capture_on_commit_callbacks):
    """`saved(cast, edit)` saves a change of the draft, with all that follows."""

    def save(cast: Cast, edit) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            drafts.change(draft=cast.draft, by=cast.bob, edit=edit)

    return save


def with_live_updates(notebook):
    return notebook.set_settings(replace(notebook.settings, live_updates=True))


def app_of(cast: Cast, client, person=None) -> str:
    client.force_login(person or cast.dave)
    return client.get(reverse("app", args=[cast.workspace.slug, cast.project.pk])).content.decode()


# ---- Live updates


def test_without_the_setting_the_app_waits_for_publish(cast, saved):
    version = published(cast).version
    saved(cast, lambda n: n.replace_source("other", "print('newer')"))
    assert Publication.objects.get().version == version


def test_with_it_a_saved_change_is_the_app_at_once_with_what_the_notebook_shows(cast, saved, client):
    published(cast)
    saved(cast, with_live_updates)
    saved(cast, lambda n: n.set_show("other", Show(code=True)).replace_source("other", "words = 'said live'"))
    publication = Publication.objects.get()
    assert publication.version.reason == Version.Reason.LIVE
    assert publication.version.digest == cast.draft.digest
    page = app_of(cast, client)
    assert "said live" in page
    assert "[0, 1, 4, 9]" in page  # What the other cells showed stays.


def test_the_notebooks_outputs_and_inputs_are_the_apps(cast, saved, client):
    published(cast)
    saved(cast, with_live_updates)
    session = sessions.of_draft(draft=cast.draft)
    sessions.submit(session.pk, SetValues({"n": 2}, by="Bob", play=False))
    session.cells.filter(cell_id="squares").update(
        state="done", outputs=[{"output_type": "stream", "name": "stdout", "text": "[0, 1]\n"}]
    )
    live_updates.update(draft=cast.draft, by=cast.bob)
    run = PublishedResults.objects.get().run
    assert run.trigger == Run.Trigger.LIVE and run.values == {"n": 2}
    page = app_of(cast, client)
    assert "[0, 1]" in page and "[0, 1, 4, 9]" not in page
    assert 'value="2"' in page


def test_it_leaves_one_copy_of_results_and_nothing_in_the_run_log(cast, saved):
    published(cast)
    saved(cast, with_live_updates)
    for text in ("print(1)", "print(2)", "print(3)"):
        saved(cast, lambda n, text=text: n.replace_source("other", text))
    assert Run.objects.filter(trigger=Run.Trigger.LIVE).count() == 1
    assert [kind for kind, _, _ in places(cast.project, LogFilter())] == ["run"]
    assert AuditEvent.objects.filter(action="updated the app live").count() == 1


def test_a_notebook_that_is_not_the_apps_updates_nothing(cast, saved, django_capture_on_commit_callbacks):
    published(cast)
    saved(cast, with_live_updates)
    before = Publication.objects.get().version
    other = notebooks.copy(draft=cast.draft, by=cast.bob)
    with django_capture_on_commit_callbacks(execute=True):
        drafts.change(draft=other, by=cast.bob, edit=lambda n: n.replace_source(n.cells[2].id, "print('copy')"))
    assert Publication.objects.get().version == before


def test_nothing_is_published_by_the_setting_alone(cast, saved):
    saved(cast, with_live_updates)
    assert not Publication.objects.exists()


def test_a_visitor_sees_it_on_reload_and_keeps_the_inputs(cast, saved, client):
    published(cast)
    saved(cast, with_live_updates)
    first = Publication.objects.get().version
    session = sessions.open_app(version=first, person=cast.dave, visitor="", values={"n": 7})
    page = app_of(cast, client)
    assert str(session.pk) in page
    saved(cast, lambda n: n.set_show("other", Show(code=True)).replace_source("other", "words = 'said live'"))
    page = app_of(cast, client)
    assert "said live" in page and str(session.pk) not in page
    assert '{"n": 7}' in page


def test_a_run_that_succeeds_afterwards_shows_its_results(cast, saved):
    published(cast)
    saved(cast, with_live_updates)
    run = runs.start(version=Publication.objects.get().version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.finish(run=run, state=Run.State.DONE)
    assert PublishedResults.objects.get().run == run


# ---- A copy of the notebook, published


def test_a_copy_becomes_the_app_with_the_same_link_visibility_and_settings(cast, client):
    def arrange(notebook):
        notebook = notebook.set_show("other", Show(cell=False))
        settings = replace(notebook.settings, title="Squares of Kiel", full_width=True, picture="squares")
        return notebook.set_settings(settings)

    drafts.change(draft=cast.draft, by=cast.alice, edit=arrange)
    published(cast)
    before = app_of(cast, client)
    copy = notebooks.copy(draft=cast.draft, by=cast.bob)
    squares = next(cell for cell in copy.notebook.cells if cell.lineage == "squares")
    drafts.change(draft=copy, by=cast.bob, edit=lambda n: n.replace_source(squares.id, "print('better')"))

    client.force_login(cast.bob)
    where = reverse("publish", args=[cast.workspace.slug, cast.project.pk])
    dialogue = client.post(where, {"notebook": copy.pk}).content.decode()
    assert "1 cell changed" in dialogue and "added" not in dialogue.split("What changes")[1].split("</p>")[0]
    run = Run.objects.first()
    publishing.publish(version=run.version, by=cast.bob, replaces=Publication.objects.get().version)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    said = {"output_type": "stream", "name": "stdout", "text": "better\n"}
    runs.record(run=run, cells={squares.id: {"state": "done", "outputs": [said]}})
    runs.finish(run=run, state=Run.State.DONE)

    cast.project.refresh_from_db()
    assert cast.project.app_draft == copy
    settings = cast.project.publication.version.notebook.settings
    assert (settings.title, settings.full_width, settings.picture) == ("Squares of Kiel", True, squares.id)
    after = app_of(cast, client)
    assert "better" in after
    assert "untouched" not in before and "untouched" not in after


# ---- Deleting the app


def test_deleting_the_app_answers_404_pauses_schedules_and_publishing_brings_the_link_back(
    cast, client, django_capture_on_commit_callbacks
):
    published(cast)
    six = Recurrence(Every.DAY, at=time(6))
    schedule = schedules.create(project=cast.project, recurrence=six, time_zone="UTC", by=cast.bob)
    where = reverse("app", args=[cast.workspace.slug, cast.project.pk])
    client.force_login(cast.alice)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("app-delete", args=[cast.workspace.slug, cast.project.pk]))
    client.force_login(cast.dave)
    assert client.get(where).status_code == 404
    schedule.refresh_from_db()
    assert schedule.is_paused and schedule.pause.why == "The app was deleted." and schedule.pause.by == cast.alice
    published(cast)
    assert client.get(where).status_code == 200
    assert type(schedule).objects.get().is_paused  # Until somebody resumes it.


@pytest.mark.parametrize(("person", "status"), [("bob", 403), ("carol", 403), ("dave", 403), ("mallory", 404)])
def test_deleting_the_app_takes_full_access(cast, client, person, status):
    published(cast)
    client.force_login(cast.people[person])
    answer = client.post(reverse("app-delete", args=[cast.workspace.slug, cast.project.pk]))
    assert answer.status_code == status and Publication.objects.exists()


def test_version_control_lists_one_live_update_in_ten_minutes(cast, saved, client, monkeypatch):
    published(cast)
    begun = timezone.now()
    saved(cast, with_live_updates)
    for minute in range(1, 31):
        monkeypatch.setattr(timezone, "now", lambda at=begun + timedelta(minutes=minute): at)
        saved(cast, lambda n, minute=minute: n.replace_source("other", f"print({minute})"))
    client.force_login(cast.carol)
    page = client.get(reverse("versions", args=[cast.workspace.slug, cast.project.pk])).content.decode()
    assert page.count("<span>Live update</span>") == 3  # Of 31: minutes 30, 20 and 10.
    assert Version.objects.filter(reason=Version.Reason.LIVE).count() == 31
