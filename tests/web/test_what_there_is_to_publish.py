"""**Publish** is enabled whenever the content differs from what is published, by nothing else (specs/publishing 1)."""

from dataclasses import replace
from datetime import time

import pytest
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import sessions
from projects.levels import Level
from projects.models import Version
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook, Show
from projects.permissions import levels_of
from projects.services import drafts, projects, versions
from tests.cast import Cast, give, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(cast: Cast) -> Cast:
    published(cast)
    return cast


def may_publish(client, cast: Cast) -> bool:
    client.force_login(cast.bob)
    page = client.get(cast.project.get_absolute_url()).content.decode()
    button = page.split('id="publish"')[1].split(">")[0]
    return "disabled" not in button


def settings(notebook: Notebook, **changes) -> Notebook:
    return notebook.set_settings(replace(notebook.settings, **changes))


def of_slider(notebook: Notebook, **changes) -> Notebook:
    return notebook.set_input("count", replace(notebook.cell("count").input, **changes))


CHANGES = {
    "a source": lambda n: n.replace_source("other", "print('another')"),
    "the order": lambda n: n.move("squares", 0),
    "a kind": lambda n: n.set_kind("other", CellKind.MARKDOWN),
    "a cell more": lambda n: n.insert(Cell.new(CellKind.CODE, "1")),
    "a cell less": lambda n: n.delete("other"),
    "an input's default": lambda n: of_slider(n, default=9),
    "an input's range": lambda n: of_slider(n, maximum=99),
    "an input's label": lambda n: of_slider(n, label="How many"),
    "an input's name": lambda n: of_slider(n, name="many"),
    "what viewers see": lambda n: n.set_show("other", Show(code=True)),
    "the layout": lambda n: settings(n, full_width=True),
    "the app's title": lambda n: settings(n, title="Squares of Kiel"),
    "how the app opens": lambda n: settings(n, outputs="run"),
}


def test_nothing_changed_is_nothing_to_publish(live: Cast, client) -> None:
    assert not may_publish(client, live)


def test_what_was_never_published_is_all_new(cast: Cast, client) -> None:
    assert may_publish(client, cast)


@pytest.mark.parametrize("what", CHANGES)
def test_content_that_differs_enables_it_and_changing_back_disables_it_again(live: Cast, client, what: str) -> None:
    before = live.draft.notebook
    drafts.change(draft=live.draft, by=live.bob, edit=CHANGES[what])
    assert may_publish(client, live)
    drafts.change(draft=live.draft, by=live.bob, edit=lambda _: before)
    assert not may_publish(client, live)


def test_the_projects_title_counts(live: Cast, client) -> None:
    projects.rename(project=live.project, title="Cubes", by=live.alice)
    assert may_publish(client, live)
    projects.rename(project=live.project, title="Squares", by=live.alice)
    assert not may_publish(client, live)


def test_permissions_schedules_and_outputs_do_not_count(live: Cast, client) -> None:
    give(live.mallory, live.project, Level.CAN_VIEW)
    six = Recurrence(Every.DAY, at=time(6))
    schedules.create(project=live.project, recurrence=six, time_zone="UTC", by=live.bob, values={"n": 9})
    run = runs.start(version=live.project.publication.version, trigger=Run.Trigger.MANUAL, by=live.bob)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.finish(run=run, state=Run.State.DONE)
    session = sessions.of_draft(draft=live.draft)
    session.cells.filter(cell_id="other").update(state="done", outputs=[{"output_type": "stream", "text": "new"}])
    assert not may_publish(client, live)


def test_publishing_grants_nobody_access(cast: Cast, client) -> None:
    """specs/publishing 8: whoever had nothing has nothing, and everybody else what they had."""

    def everybody() -> dict[str, Level | None]:
        return {name: levels_of(person, [cast.project]).get(cast.project.pk) for name, person in cast.people.items()}

    before = everybody()
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    publishing.publish(version=version, by=cast.alice)
    assert everybody() == before and before["mallory"] is None
    app = reverse("app", args=[cast.workspace.slug, cast.project.pk])
    client.force_login(cast.mallory)
    assert client.get(app).status_code == 404
    client.logout()
    assert client.get(app).status_code != 200
