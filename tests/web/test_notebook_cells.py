"""Editing cells: the one address the notebook page sends its edits to."""

from typing import Any

import pytest
from django.urls import reverse

from projects.services.drafts import source_digest
from tests.cast import Cast
from tests.markup import flat

pytestmark = pytest.mark.django_db


class Page:
    """A window of somebody on the cast's notebook."""

    def __init__(self, client, cast: Cast, person: str) -> None:
        self.client, self.cast = client, cast
        client.force_login(cast.people[person])
        self.address = reverse("notebook-cells", args=[cast.workspace.slug, cast.project.pk, cast.draft.pk])

    def ask(self, operation: str, *, status: int = 200, **data: Any) -> dict[str, Any]:
        body = {"operation": operation, **data}
        response = self.client.post(self.address, body, content_type="application/json")
        assert response.status_code == status, response.content
        return response.json() if response["Content-Type"] == "application/json" else {}

    @property
    def notebook(self):
        return self.cast.draft.notebook

    @property
    def order(self) -> list[str]:
        return [cell.id for cell in self.notebook.cells]

    def base(self, cell_id: str) -> str:
        return source_digest(self.notebook.cell(cell_id).source)

    def known(self, *ids: str) -> list[dict[str, str]]:
        return [{"id": identity, "base": self.base(identity)} for identity in ids]


@pytest.fixture
def bob(client, cast: Cast) -> Page:
    return Page(client, cast, "bob")


# ---- Writing


def test_bob_writes_and_the_answer_draws_the_cell(bob: Page) -> None:
    answer = bob.ask("write", cell="other", source="words = 'new'", base=bob.base("other"))
    assert bob.notebook.cell("other").source == "words = 'new'"
    assert answer["revision"] == 2
    [drawn] = [fragment for fragment in answer["fragments"] if fragment.get("cell")]
    assert drawn["id"] == "cell-other"
    assert f'data-base="{bob.base("other")}"' in drawn["html"]
    assert answer["order"] == bob.order
    assert answer["removed"] == []


def test_writing_twice_is_writing_once(bob: Page) -> None:
    base = bob.base("other")
    bob.ask("write", cell="other", source="new", base=base)
    answer = bob.ask("write", cell="other", source="new", base=base)
    assert answer["revision"] == 2


def test_two_people_never_overwrite_each_other_silently(bob: Page, cast: Cast) -> None:
    base = bob.base("other")
    bob.ask("write", cell="other", source="words = 'bob'\nprint(words)", base=base)
    alice = Page(bob.client, cast, "alice")
    conflict = alice.ask("write", cell="other", source="words = 'alice'\nprint(words)", base=base, status=409)
    assert alice.notebook.cell("other").source == "words = 'bob'\nprint(words)"
    assert conflict["who"] == "Bob"
    assert conflict["theirs"] == "words = 'bob'\nprint(words)"
    assert conflict["yours"] == "words = 'alice'\nprint(words)"
    assert conflict["both"].splitlines() == [
        "# ---- Bob’s:",
        "words = 'bob'",
        "# ---- yours:",
        "words = 'alice'",
        "# ---- both again",
        "print(words)",
    ]
    assert "<del>bob</del>" in conflict["html"]
    assert "<ins>alice</ins>" in conflict["html"]
    for choice in ("Keep mine", "Keep Bob’s", "Edit both"):
        assert choice in flat(conflict["html"])


def test_after_a_conflict_alice_keeps_her_text(bob: Page, cast: Cast) -> None:
    base = bob.base("other")
    bob.ask("write", cell="other", source="bob", base=base)
    alice = Page(bob.client, cast, "alice")
    conflict = alice.ask("write", cell="other", source="alice", base=base, status=409)
    alice.ask("write", cell="other", source="alice", base=conflict["base"], overwrite=True)
    assert alice.notebook.cell("other").source == "alice"


def test_a_third_change_while_the_choice_is_open_is_a_conflict_again(bob: Page) -> None:
    base = bob.base("other")
    bob.ask("write", cell="other", source="one", base=base)
    conflict = bob.ask("write", cell="other", source="mine", base=base, status=409)
    bob.ask("write", cell="other", source="two", base=conflict["base"])
    bob.ask("write", cell="other", source="mine", base=conflict["base"], overwrite=True, status=409)


def test_writing_in_a_cell_that_was_deleted_offers_to_put_it_back(bob: Page) -> None:
    base = bob.base("other")
    bob.ask("delete", cells=bob.known("other"))
    conflict = bob.ask("write", cell="other", source="still here", base=base, status=409)
    assert conflict["theirs"] is None
    assert "Put it back with my text" in conflict["html"]


def test_a_cell_that_became_an_input_meanwhile_is_a_conflict(bob: Page) -> None:
    base = bob.base("other")
    bob.ask("write", cell="other", source="words = 3", base=base)
    base = bob.base("other")
    bob.ask("kind", cells=["other"], kind="input")
    conflict = bob.ask("write", cell="other", source="words = 4", base=base, status=409)
    bob.ask("write", cell="other", source="words = 4", base=conflict["base"], overwrite=True)
    assert bob.notebook.cell("other").kind == "code"
    assert bob.notebook.cell("other").source == "words = 4"


def test_a_text_of_a_megabyte_is_refused_in_words(bob: Page) -> None:
    refused = bob.ask("write", cell="other", source="x" * 1_000_000, base=bob.base("other"), status=422)
    assert refused["sentence"].startswith("A cell can have 256 KB of text")


# ---- Cells come and go


def test_inserting_names_the_cell_and_may_be_repeated(bob: Page) -> None:
    bob.ask("insert", id="fresh", kind="code", after="head")
    bob.ask("insert", id="fresh", kind="code", after="head")
    assert bob.order == ["head", "fresh", "count", "other", "squares"]
    bob.ask("insert", id="first", kind="markdown", after=None, source="# Hello")
    assert bob.order[0] == "first"
    assert bob.notebook.cell("first").source == "# Hello"


def test_below_a_cell_that_is_gone_means_at_the_end(bob: Page) -> None:
    bob.ask("insert", id="fresh", kind="code", after="nowhere")
    assert bob.order[-1] == "fresh"


def test_a_new_input_has_a_variable_of_its_own(bob: Page) -> None:
    bob.ask("insert", id="one", kind="input", after=None)
    bob.ask("insert", id="two", kind="input", after=None)
    assert [bob.notebook.cell(cell).input.name for cell in ("one", "two")] == ["value", "value_2"]


def test_deleting_can_be_undone_as_it_was(bob: Page) -> None:
    before = bob.notebook
    answer = bob.ask("delete", cells=bob.known("count", "squares"))
    assert sorted(answer["removed"]) == ["count", "squares"]
    assert bob.order == ["head", "other"]
    bob.ask("restore", restore=answer["restore"])
    assert bob.notebook == before


def test_deleting_twice_is_deleting_once(bob: Page) -> None:
    known = bob.known("other")
    bob.ask("delete", cells=known)
    bob.ask("delete", cells=known)
    assert bob.order == ["head", "count", "squares"]


def test_a_cell_that_was_changed_meanwhile_is_not_deleted(bob: Page) -> None:
    known = bob.known("other")
    bob.ask("write", cell="other", source="new", base=bob.base("other"))
    bob.ask("delete", cells=known, status=409)
    assert "other" in bob.order


@pytest.mark.parametrize(
    ("cells", "before", "order"),
    [
        (["squares"], "head", ["squares", "head", "count", "other"]),
        (["head"], None, ["count", "other", "squares", "head"]),
        (["head", "count"], None, ["other", "squares", "head", "count"]),
        (["other", "squares"], "count", ["head", "other", "squares", "count"]),
        (["head"], "gone", ["count", "other", "squares", "head"]),
        (["count"], "count", ["head", "count", "other", "squares"]),
    ],
)
def test_moving(bob: Page, cells: list[str], before: str | None, order: list[str]) -> None:
    bob.ask("move", cells=cells, before=before)
    assert bob.order == order


def test_splitting_and_merging_give_the_text_back(bob: Page) -> None:
    source = bob.notebook.cell("other").source
    known = {"cell": "other", "base": bob.base("other"), "offset": source.index("\n"), "id": "lower"}
    bob.ask("split", **known)
    assert [bob.notebook.cell(cell).source for cell in ("other", "lower")] == source.split("\n")
    bob.ask("split", **known)  # Sent again by a page that did not hear the answer.
    assert len(bob.order) == 5
    bob.ask("merge", cells=bob.known("other", "lower"))
    assert bob.notebook.cell("other").source == source
    assert "lower" not in bob.order


def test_duplicating(bob: Page) -> None:
    bob.ask("duplicate", cell="count", id="copy")
    bob.ask("duplicate", cell="count", id="copy")
    assert bob.order == ["head", "count", "copy", "other", "squares"]
    assert bob.notebook.cell("copy").input.name == "n_2"


def test_pasting_makes_cells_of_their_own(bob: Page) -> None:
    copied = bob.ask("copy", cells=["count", "other"])["cells"]
    bob.ask("paste", cells=copied, ids=["p1", "p2"], after="squares")
    assert bob.order[-2:] == ["p1", "p2"]
    assert bob.notebook.cell("p1").input.name == "n_2"
    assert bob.notebook.cell("p2").source == bob.notebook.cell("other").source
    assert bob.notebook.cell("p2").lineage == "p2"


def test_kinds(bob: Page) -> None:
    bob.ask("kind", cells=["other", "squares"], kind="markdown")
    assert bob.notebook.cell("other").kind == "markdown"
    bob.ask("kind", cells=["other"], kind="code")
    bob.ask("kind", cells=["count"], kind="code")
    assert bob.notebook.cell("count").source == "n = 4"
    bob.ask("kind", cells=["count"], kind="input")
    assert bob.notebook.cell("count").input.default == 4


def test_a_cell_that_does_more_than_set_a_variable_can_not_become_an_input(bob: Page) -> None:
    refused = bob.ask("kind", cells=["squares"], kind="input", status=422)
    assert "Split the cell first" in refused["sentence"]


def test_two_windows_of_one_person_are_told_apart(bob: Page) -> None:
    base = bob.base("other")
    bob.ask("write", cell="other", source="words = 'in one window'", base=base)
    html = bob.ask("write", cell="other", source="words = 'in the other'", base=base, status=409)["html"]
    html = flat(html)
    assert "You changed the same text in another window" in html
    assert "Keep the other" in html and "Keep this one" in html and "Bob" not in html


def test_looking_again_brings_what_a_publication_changed(bob: Page) -> None:
    found = {fragment["id"] for fragment in bob.ask("look", known={})["fragments"]}
    assert {"version-button", "rail-project", "publish-state", "contents"} <= found


def test_a_cell_that_only_sets_variables_becomes_an_input_for_each(bob: Page) -> None:
    bob.ask("write", cell="other", source="days = 30\nregion = 'north'", base=bob.base("other"))
    answer = bob.ask("kind", cells=["other"], kind="input")
    made = [cell.input for cell in bob.notebook.cells if cell.input and cell.input.name in ("days", "region")]
    assert [(spec.name, spec.default) for spec in made] == [("days", 30), ("region", "north")]
    assert answer["order"] == bob.order


def test_what_papermill_calls_parameters_is_offered_as_inputs(bob: Page) -> None:
    source = "days = 30\nregion = 'north'\nstart = today()"
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}, "outputs": []}
    answer = bob.ask("paste", cells=[cell], ids=["offer1"], after="other")
    [html] = [flat(fragment["html"]) for fragment in answer["fragments"] if fragment.get("cell") == "offer1"]
    assert "<code>days</code> and <code>region</code> can become inputs" in html and "Make 2 inputs" in html
    bob.ask("kind", cells=["offer1"], kind="input")
    names = [cell.input.name if cell.input else cell.source for cell in bob.notebook.cells]
    at = names.index("days")
    assert names[at : at + 3] == ["days", "region", "start = today()"]
    answer = bob.ask("look", known={}, again=["offer1"])
    assert "can become" not in str(answer)


def test_what_is_shown_and_what_always_runs(bob: Page) -> None:
    bob.ask("show", cells=["other"], show={"cell": False})
    bob.ask("show", cells=["other"], show={"code": True})
    show = bob.notebook.cell("other").show
    assert (show.cell, show.code, show.output) == (False, True, True)
    bob.ask("always", cell="other", always=True)
    assert "always-run" in bob.notebook.cell("other").tags
    bob.ask("always", cell="other", always=False)
    assert bob.notebook.cell("other").tags == ()


# ---- News of others


def test_looking_gives_what_is_new_only(bob: Page) -> None:
    known = bob.ask("look", known={})
    drawn = {fragment["cell"]: fragment["html"] for fragment in known["fragments"] if fragment.get("cell")}
    assert list(drawn) == bob.order
    marks = {cell: html.split('data-mark="')[1].split('"')[0] for cell, html in drawn.items()}
    bob.ask("write", cell="other", source="new", base=bob.base("other"))
    bob.ask("delete", cells=bob.known("squares"))
    news = bob.ask("look", known=marks)
    assert [fragment["cell"] for fragment in news["fragments"] if fragment.get("cell")] == ["other"]
    assert news["removed"] == ["squares"]
    assert news["revision"] == 3


# ---- Who may, and what is refused


def test_carol_looks_but_changes_nothing(client, cast: Cast) -> None:
    carol = Page(client, cast, "carol")
    assert carol.ask("look", known={})["revision"] == 1
    carol.ask("copy", cells=["other"])
    carol.ask("write", cell="other", source="x", base=carol.base("other"), status=403)
    assert cast.draft.revision == 1


@pytest.mark.parametrize(("person", "status"), [("dave", 403), ("mallory", 404)])
def test_others_do_not_even_look(client, cast: Cast, person: str, status: int) -> None:
    page = Page(client, cast, person)
    page.ask("look", known={}, status=status)
    assert client.post(page.address, b"[", content_type="application/json").status_code == status


def test_a_draft_of_another_project_is_not_reached(bob: Page, cast: Cast) -> None:
    from tests.cast import make_project

    other = make_project(cast.workspace, cast.alice, title="Private")
    bob.address = reverse("notebook-cells", args=[cast.workspace.slug, cast.project.pk, other.drafts.get().pk])
    bob.ask("look", known={}, status=404)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"operation": 3}',
        b'{"operation": "unknown"}',
        b'{"operation": "write"}',
        b'{"operation": "write", "cell": "no id at all!", "source": "", "base": ""}',
        b'{"operation": "delete", "cells": ["other"]}',
        b'{"operation": "insert", "id": "x", "kind": "spell", "after": null}',
        b'{"operation": "split", "cell": "other", "base": "", "offset": true, "id": "x"}',
        b'{"operation": "show", "cells": ["other"], "show": {"cell": "yes"}}',
        b'{"operation": "paste", "cells": [{}], "ids": [], "after": null}',
        b"[" * 100_000,
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(bob: Page, body: bytes) -> None:
    response = bob.client.post(bob.address, body, content_type="application/json")
    assert response.status_code == 400
    assert bob.cast.draft.revision == 1


def test_a_cell_that_is_gone_is_said(bob: Page) -> None:
    assert bob.ask("duplicate", cell="gone", id="x", status=410)["sentence"]
    assert bob.ask("show", cells=["gone"], show={"cell": False}, status=410)["sentence"]
