"""What a notebook shows before anything ran in it."""

import pytest
from django.urls import reverse

from apps_runtime.models import BlobUse, Session
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import Ask
from apps_runtime.session.state import Request, State, Wanted
from projects.notebook.cells import Cell
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import cells, projects
from projects.services.drafts import source_digest
from tests.cast import Cast, make_cast, published, small_notebook

pytestmark = pytest.mark.django_db

LONG = [{"output_type": "stream", "name": "stdout", "text": "untouched\n" * 1000}]  # So long that it is a blob.


def shown(draft) -> dict[str, tuple[str, str]]:
    """Source of a cell → its state, and the beginning of its text."""
    rows = {row.cell_id: row for row in Session.objects.get(draft=draft).cells.all()}
    return {
        cell.source.partition("\n")[0]: (rows[cell.id].state, str(rows[cell.id].outputs)[:500])
        for cell in draft.notebook.cells
        if cell.kind.runs
    }


def ran(cast: Cast, *, state: str = "done") -> Session:
    session = sessions.of_draft(draft=cast.draft)
    session.cells.filter(cell_id="other").update(state=state, outputs=[{"output_type": "stream", "text": "untouched"}])
    data = State.from_json(session.state)
    session.state = data.to_json() | {"values": {"n": 7}}
    session.save(update_fields=["state"])
    return session


def test_the_copy_of_a_project_shows_what_the_project_showed(cast: Cast, client) -> None:
    ran(cast)
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    assert shown(copy.drafts.get())["words = 'untouched'"][0] == "done"
    assert State.from_json(Session.objects.get(project=copy).state).values == {"n": 7}
    client.force_login(cast.carol)
    assert "untouched</" in client.get(copy.get_absolute_url()).content.decode()


def test_an_upload_stays_with_the_session_that_has_it() -> None:
    table = Cell.new_input(InputSpec(kind=InputKind.FILE, name="table"))
    cast = make_cast(Notebook((*small_notebook().cells, table)))
    session = ran(cast)
    session.state |= {"values": {"n": 7, "table": f"{session.pk}/table/0a1b/rows.csv"}}
    session.save()
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    assert State.from_json(Session.objects.get(project=copy).state).values == {"n": 7, "table": None}


def test_what_was_stale_has_not_run_in_the_copy_and_is_shown_all_the_same(cast: Cast) -> None:
    ran(cast, state="stale")
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    state, outputs = shown(copy.drafts.get())["words = 'untouched'"]
    assert (state, "untouched" in outputs) == ("idle", True)


def test_the_copy_of_a_notebook_shows_what_it_showed(cast: Cast, client) -> None:
    ran(cast)
    client.force_login(cast.bob)
    address = reverse("notebook-copy", args=[cast.workspace.slug, cast.project.pk, cast.draft.pk])
    copy = cast.project.drafts.get(pk=client.post(address).json()["notebook"])
    assert shown(copy)["words = 'untouched'"][0] == "done"


def test_a_copy_of_what_never_ran_is_as_empty(cast: Cast) -> None:
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    assert not Session.objects.filter(project=copy).exists()


@pytest.mark.parametrize("was_opened", [False, True])
def test_the_notebook_of_an_app_shows_its_results_until_it_ran(cast: Cast, client, was_opened: bool) -> None:
    if was_opened:
        sessions.of_draft(draft=cast.draft)
    published(cast)
    client.force_login(cast.bob)
    page = client.get(cast.project.get_absolute_url(), {"view": "app"}).content.decode()
    assert shown(cast.draft)["squares = [k * k for k in range(n)]"][0] == "done"
    assert "[0, 1, 4, 9]" in page
    assert "Outputs of an earlier run" in page


def test_large_outputs_of_the_app_reach_its_authors(cast: Cast) -> None:
    published(cast, outputs={"other": LONG})
    sessions.of_draft(draft=cast.draft)
    assert "blob" in shown(cast.draft)["words = 'untouched'"][1]
    assert BlobUse.objects.filter(project=cast.project, shown_to=BlobUse.Audience.AUTHORS).exists()


def test_what_ran_in_a_notebook_is_left_alone(cast: Cast) -> None:
    ran(cast)
    published(cast)
    assert shown(cast.draft)["squares = [k * k for k in range(n)]"] == ("idle", "[]")


def test_a_notebook_that_waits_for_its_kernel_is_left_alone(cast: Cast) -> None:
    sessions.submit(sessions.of_draft(draft=cast.draft).pk, Ask(Request(Wanted.ALL)))
    published(cast)
    assert not Session.objects.get(draft=cast.draft).cells.filter(state="done").exists()


def test_cells_from_the_first_changed_one_on_show_nothing_of_the_app(cast: Cast) -> None:
    published(cast)
    base = source_digest(cast.draft.notebook.cell("other").source)
    cells.write(draft=cast.draft, cell_id="other", source="words = 'new'", base=base, by=cast.bob)
    sessions.of_draft(draft=cast.draft)
    assert [state for state, _ in shown(cast.draft).values()] == ["done", "idle", "idle"]
