"""Several notebooks in a project: add, rename, copy, delete, export."""

import json

import pytest
from django.urls import reverse

from apps_runtime.models import SessionCell
from apps_runtime.services.sessions import sessions
from projects.notebook.document import CellKind
from projects.notebook.files import ipynb
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def address(cast: Cast, name: str, *arguments) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *arguments])


def test_bob_adds_a_notebook_and_goes_there(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    answer = client.post(address(cast, "notebook-add")).json()
    assert client.get(answer["address"]).status_code == 200
    assert [draft.title for draft in cast.project.drafts.all()] == ["Squares", "Untitled"]


def test_a_copy_remembers_where_its_cells_come_from(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    original = cast.draft
    answer = client.post(address(cast, "notebook-copy", original.pk)).json()
    copy = cast.project.drafts.get(pk=answer["notebook"])
    assert copy.title == "Squares, copy"
    assert [cell.lineage for cell in copy.notebook.cells] == [cell.id for cell in original.notebook.cells]


def test_deleting_a_notebook_can_be_undone(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    original = cast.draft
    client.post(address(cast, "notebook-add"))
    answer = client.post(address(cast, "notebook-delete", original.pk)).json()
    assert cast.project.drafts.count() == 1
    back = client.post(
        address(cast, "notebook-restore"), {"version": answer["version"], "title": answer["title"]}
    ).json()
    restored = cast.project.drafts.get(pk=back["notebook"])
    assert restored.title == "Squares"
    assert restored.document == original.document


def test_the_last_notebook_stays(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    response = client.post(address(cast, "notebook-delete", cast.draft.pk))
    assert response.status_code == 422
    assert "at least one notebook" in response.json()["sentence"]


def test_renaming(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    cells = address(cast, "notebook-cells", cast.draft.pk)
    rename = {"operation": "rename", "title": "  Cubes "}
    assert client.post(cells, rename, content_type="application/json").json()["title"] == "Cubes"
    refused = client.post(cells, {"operation": "rename", "title": " "}, content_type="application/json")
    assert refused.status_code == 422
    assert cast.draft.title == "Cubes"


def test_carol_exports_what_jupyter_reads(cast: Cast, client) -> None:
    client.force_login(cast.carol)
    response = client.get(address(cast, "notebook-export"))
    assert response["Content-Disposition"] == 'attachment; filename="Squares.ipynb"'
    assert json.loads(response.content)["nbformat"] == 4
    assert ipynb.read(response.content).notebook.cells == cast.draft.notebook.cells


def test_an_export_takes_what_the_page_shows_along(cast: Cast, client) -> None:
    session = sessions.of_draft(draft=cast.draft)
    cell = next(cell for cell in cast.draft.notebook.cells if cell.kind is CellKind.CODE)
    outputs = [{"output_type": "stream", "name": "stdout", "text": "0 1 4"}]
    SessionCell.objects.update_or_create(
        session=session, cell_id=cell.id, defaults={"outputs": outputs, "execution_count": 7, "position": 0}
    )
    client.force_login(cast.carol)
    exported = json.loads(client.get(address(cast, "notebook-export")).content)
    [taken] = [each for each in exported["cells"] if each["id"] == cell.id]
    assert (taken["outputs"][0]["text"], taken["execution_count"]) == (["0 1 4"], 7)


@pytest.mark.parametrize(
    ("person", "export", "change"), [("carol", 200, 403), ("dave", 403, 403), ("mallory", 404, 404), (None, 302, 302)]
)
def test_who_may(cast: Cast, client, person: str | None, export: int, change: int) -> None:
    if person:
        client.force_login(cast.people[person])
    draft = cast.draft.pk
    assert client.get(address(cast, "notebook-export")).status_code == export
    for where in (
        address(cast, "notebook-add"),
        address(cast, "notebook-copy", draft),
        address(cast, "notebook-delete", draft),
        address(cast, "notebook-restore"),
    ):
        assert client.post(where).status_code == change
    assert cast.project.drafts.count() == 1
