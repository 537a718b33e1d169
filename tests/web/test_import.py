"""Bringing notebook files along: by the page, whole or not at all."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from apps_runtime.models import Session, SessionCell
from apps_runtime.outputs import store
from apps_runtime.services.publishing import importing
from apps_runtime.session.state import CellState
from projects.levels import Level
from projects.models import Draft, Membership, Project, Workspace
from projects.permissions import level_of

PICTURE = {"image/png": "iVBORw0KGgo=\n", "text/plain": "<Figure>"}


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def code(identity, source, outputs=(), count=None, **metadata):
    return {
        "cell_type": "code", "id": identity, "metadata": metadata, "source": source, "outputs": list(outputs),
        "execution_count": count,
    }  # fmt: skip


RUN_BEFORE = notebook(
    {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Tides"},
    code("data", "heights = [3.1, 2.9]", count=1),
    code("show", "plot(heights)", [{"output_type": "display_data", "data": PICTURE, "metadata": {}}], 2),
    code("bad", "1 / 0", [{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "", "traceback": ["x"]}], 3),
    code("secret", "key = 1", tags=["hide-cell"]),
)


@pytest.fixture
def bring(client, cast):
    """`bring("tides.ipynb", {...})` sends the file as alice does from her home page."""
    client.force_login(cast.alice)

    def send(name, content, **fields):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return client.post("/import/", {"file": SimpleUploadedFile(name, data), **fields})

    return send


def test_a_notebook_becomes_a_project_of_whoever_brings_it(cast, bring):
    answer = bring("elliott-bay_tides.ipynb", RUN_BEFORE).json()
    project = Project.objects.get(title="Elliott bay tides")
    assert answer == {"title": "Elliott bay tides", "address": project.get_absolute_url(), "notes": []}
    assert project.workspace == cast.workspace
    assert level_of(cast.alice, project) is Level.FULL_ACCESS
    assert level_of(cast.bob, project) is None
    assert [cell.id for cell in project.drafts.get().notebook.cells] == ["head", "data", "show", "bad", "secret"]
    assert project.audit_events.filter(action="imported a file").get().detail == {"file": "elliott-bay_tides.ipynb"}


def test_its_outputs_are_shown_until_its_cells_run_here(bring):
    bring("tides.ipynb", RUN_BEFORE)
    rows = {row.cell_id: row for row in SessionCell.objects.all()}
    assert {name: row.state for name, row in rows.items()} == {
        "data": CellState.DONE, "show": CellState.DONE, "bad": CellState.FAILED, "secret": CellState.IDLE,
    }  # fmt: skip
    assert rows["show"].execution_count == 2
    assert store.load(rows["show"].outputs)[0]["data"] == PICTURE
    assert Session.objects.get().kernel is None


def test_its_pictures_can_be_fetched_by_those_who_may_read_it(client, cast, bring):
    answer = bring("tides.ipynb", RUN_BEFORE).json()
    reference = store.reference_of(SessionCell.objects.get(cell_id="show").outputs[0]["data"]["image/png"])
    address = f"{answer['address'].replace('/project/', '/hex/')}output/{reference['sha256']}"
    assert client.get(address).status_code == 200
    client.force_login(cast.mallory)
    assert client.get(address).status_code == 404


def test_what_jupyter_hides_is_hidden(bring):
    bring("tides.ipynb", RUN_BEFORE)
    assert Draft.objects.get(project__title="Tides").notebook.cell("secret").show.cell is False


def test_a_notebook_without_outputs_begins_without_a_session(bring):
    bring("tides.ipynb", notebook(code("a", "x = 1")))
    assert not Session.objects.exists()


def test_its_own_kernel_is_not_taken_over(bring):
    bring("tides.ipynb", notebook(code("a", "x = 1"), kernelspec={"name": "bash", "display_name": "Bash"}))
    assert Project.objects.get(title="Tides").kernelspec == "hexlite-python"


def test_a_deepnote_file_brings_all_its_notebooks(bring):
    content = b"""
version: 1.0.0
metadata: {createdAt: '2026-01-01T00:00:00Z'}
project:
  id: 1f7a2b6c-0000-4000-8000-000000000000
  name: Harbour
  notebooks:
    - {id: a, name: Tides, executionMode: block, blocks: [{id: a1, type: code, sortingKey: a, content: x = 1}]}
    - {id: b, name: Ferries, executionMode: block, blocks: [{id: b1, type: markdown, sortingKey: a, content: Hello}]}
"""
    assert bring("harbour.deepnote", content).json()["title"] == "Harbour"
    project = Project.objects.get(title="Harbour")
    assert [draft.title for draft in project.drafts.all()] == ["Tides", "Ferries"]


def test_it_goes_where_it_is_wanted(cast, bring):
    notes = Workspace.objects.create(slug="field-notes", name="Field notes")
    assert bring("tides.ipynb", RUN_BEFORE, workspace="field-notes").status_code == 404
    Membership.objects.create(workspace=notes, user=cast.alice)
    assert bring("tides.ipynb", RUN_BEFORE, workspace="field-notes").status_code == 200
    assert Project.objects.get(title="Tides").workspace == notes


REFUSED = {
    "no file of ours": ("tides.xlsx", b"PK", "is no notebook file"),
    "nothing in it": ("tides.ipynb", b"", "empty"),
    "no JSON": ("tides.ipynb", b"x = 1\nprint(x)\n", "tides.ipynb"),
    "cut off": ("tides.ipynb", json.dumps(RUN_BEFORE).encode()[:-40], "tides.ipynb"),
    "no notebook": ("tides.ipynb", b'{"type": "FeatureCollection"}', "tides.ipynb"),
    "50 MB": ("tides.ipynb", b" " * 52_428_800, "50 MB"),
    "a cell of 1 MB": ("tides.ipynb", json.dumps(notebook(code("a", "x" * 1_048_576))).encode(), "Cell 1"),
    "a Deepnote file cut off": ("tides.deepnote", b"version: 1.0.0\nproject: {name: 'x", "tides.deepnote"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_notebook_is_refused_in_a_sentence_and_nothing_is_left(bring, case):
    name, content, says = REFUSED[case]
    before = Project.objects.count()
    answer = bring(name, content)
    assert answer.status_code == 422
    sentence = answer.json()["sentence"]
    assert says in sentence
    assert sentence.endswith(".")
    assert Project.objects.count() == before


def test_without_a_file_it_says_so(client, cast):
    client.force_login(cast.alice)
    assert client.post("/import/").json() == {"sentence": "Choose a file first."}


def test_no_room_for_the_outputs_leaves_nothing_half_imported(cast, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write", full)
    content = json.dumps(RUN_BEFORE).encode()
    with pytest.raises(OSError, match="No space"):
        importing.import_file(name="tides.ipynb", content=content, workspace=cast.workspace, by=cast.alice)
    assert not connection.needs_rollback
    assert not Project.objects.filter(title="Tides").exists()
    assert not Session.objects.exists()


def test_strangers_import_nothing(client, db):
    assert client.post("/import/").status_code == 302
    assert client.get("/import/").status_code in (302, 405)


def test_names_of_files_are_only_names(bring):
    answer = bring("../../etc/<script>.ipynb", notebook(code("a", "x = 1"))).json()
    assert answer["title"] == "<script>"
    assert "<script>" not in bring("<script>.txt", b"").json()["sentence"].replace("“<script>.txt”", "").replace(
        '"<script>.txt"', ""
    )
