"""The App view of the notebook page: what it draws for whom, and the edits it asks for."""

import json

import pytest

from apps_runtime.services.sessions import sessions
from projects.models import Publication
from projects.notebook.cells import Show
from projects.notebook.files import ipynb
from projects.notebook.layout.layout import pages
from projects.services import drafts
from tests.cast import published
from tests.markup import flat

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(cast, client):
    """`page("bob")` is the App view as bob gets it."""

    def get(name):
        client.force_login(cast.people[name])
        return client.get(f"/harbour-lab/project/{cast.project.pk}/?view=app")

    return get


@pytest.fixture
def ask(cast, client):
    """`ask("bob", "beside", …)`: the answer's status and what it says."""

    def post(name, operation, **details):
        client.force_login(cast.people[name])
        address = f"/harbour-lab/project/{cast.project.pk}/notebooks/{cast.draft.pk}/cells/"
        body = json.dumps({"operation": operation, "view": "app", **details})
        response = client.post(address, body, content_type="application/json")
        return response.status_code, response.json() if "json" in response.headers["Content-Type"] else {}

    return post


def rows(cast, tab=0):
    return [list(row.cells) for row in pages(cast.draft.notebook)[tab].rows]


@pytest.mark.parametrize(("name", "status"), [("alice", 200), ("carol", 200), ("dave", 403), ("mallory", 404)])
def test_who_may_see_it(page, name, status):
    assert page(name).status_code == status


def test_it_draws_the_blocks_as_viewers_get_them(cast, page):
    published(cast)
    html = page("bob").content.decode()
    assert html.count('class="placed"') == 3 and "Count" in html and "<h1 role" in html
    assert 'aria-label="Move row 1"' in html and "Hide all code" in html and "Open as a viewer" in html


def test_a_reader_gets_the_same_without_handles(page):
    html = page("carol").content.decode()
    assert html.count('class="placed"') == 3
    assert "data-grip" not in html and "App settings" not in html and "takes Can Edit" in html


def test_code_is_there_only_where_viewers_get_it(cast, page):
    assert 'aria-label="Code"' not in page("bob").content.decode()
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.set_show("squares", Show(True, True, True)))
    assert 'aria-label="Code"' in page("bob").content.decode()


@pytest.mark.parametrize(
    "shown", ["<h3>Rain &amp; sun</h3><p>x</p>", "<div><strong>Rain &amp; sun</strong><br>mm</div><h3>Later</h3>"]
)
def test_a_block_is_called_by_the_heading_that_it_shows(cast, page, shown):
    session = sessions.of_draft(draft=cast.draft)
    output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
    session.cells.update_or_create(cell_id="squares", defaults={"position": 3, "state": "done", "outputs": [output]})
    assert 'data-words="Rain &amp; sun"' in page("bob").content.decode()


def test_both_views_lead_to_each_other(cast, client, page):
    assert "?view=app" in page("bob").content.decode()
    plain = flat(client.get(f"/harbour-lab/project/{cast.project.pk}/").content.decode())
    assert '?view=app">App</a>' in plain.replace(" >", ">")


def test_bob_puts_a_block_beside_another_and_takes_it_back(cast, ask):
    status, answer = ask("bob", "beside", cell="squares", neighbour="other", after=True)
    assert status == 200 and rows(cast) == [["count"], ["other", "squares"]]
    assert {fragment["id"] for fragment in answer["fragments"]} == {
        "sheet-body",
        "builder-rail",
        "publish-state",
        "panel",
    }
    assert ask("bob", **answer["undo"])[0] == 200
    assert rows(cast) == [["count"], ["other"], ["squares"]]


def test_what_he_arranges_is_in_the_file(cast, ask):
    ask("bob", "beside", cell="squares", neighbour="other", after=True)
    ask("bob", "resize", cell="other", span=4)
    ask("bob", "add-tab", tab="two", title="More")
    ask("bob", "to-tab", cell="count", tab="two")
    again = ipynb.read(ipynb.write(cast.draft.notebook).encode()).notebook
    assert again.settings == cast.draft.notebook.settings
    assert [[(slot.cell, slot.span) for slot in row.slots] for row in pages(again)[0].rows] == [
        [("other", 4), ("squares", 8)]
    ]
    assert pages(again)[1].tab.title == "More"


def test_an_arrangement_is_an_unpublished_change(cast, ask):
    published(cast)
    _, answer = ask("bob", "alone", cells=["squares"], before="other", tab="")
    state = next(one["html"] for one in answer["fragments"] if one["id"] == "publish-state")
    assert "Unpublished changes" in state
    _, answer = ask("bob", **answer["undo"])
    assert "Unpublished" not in next(one["html"] for one in answer["fragments"] if one["id"] == "publish-state")


def test_what_would_change_a_result_is_refused_with_the_reason(cast, ask):
    before = cast.draft.digest
    status, answer = ask("bob", "alone", cells=["squares"], before="count", tab="")
    assert status == 422 and "has to stay below “Count”: it uses n" in answer["sentence"]
    assert cast.draft.digest == before


def test_blocks_leave_and_come_back(cast, ask):
    status, answer = ask("bob", "show", cells=["other"], show={"cell": False})
    assert status == 200 and rows(cast) == [["count"], ["squares"]]
    assert "Cell 2, hidden" in next(one["html"] for one in answer["fragments"] if one["id"] == "builder-rail")
    ask("bob", "put-in", cell="other", tab="")
    assert rows(cast) == [["count"], ["other"], ["squares"]]


def test_a_text_is_written_on_a_tab(cast, ask):
    ask("bob", "add-tab", tab="two", title="")
    for _ in range(2):  # A page that lost its connection sends it again.
        ask("bob", "write-text", id="note", source="## Method", tab="two", after="squares")
    assert rows(cast, 1) == [["note"]] and [cell.id for cell in cast.draft.notebook.cells].count("note") == 1


def test_tabs_are_renamed_moved_and_removed(cast, ask):
    ask("bob", "add-tab", tab="two", title="")
    ask("bob", "rename-tab", tab="two", title="Details")
    ask("bob", "to-tab", cell="squares", tab="two")
    ask("bob", "move-tab", tab="two", position=0)
    assert [tab.title for tab in cast.draft.notebook.settings.tabs] == ["Details", "Overview"]
    ask("bob", "remove-tab", tab="two")
    assert [tab.title for tab in cast.draft.notebook.settings.tabs] == ["Overview"]
    assert rows(cast) == [["count"], ["other"]] and "squares" in cast.draft.notebook


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Many squares"},
        {"hide_code": True},
        {"full_width": True},
        {"table_of_contents": True},
        {"outputs": "run"},
        {"viewers_run": False},
        {"reactive": False},
        {"apply": "apply"},
        {"show_errors": True},
        {"idle_minutes": 30},
        {"live_updates": True},
        {"description": "All of them"},
        {"picture": "squares"},
    ],
)
def test_every_setting_is_saved_as_it_is_changed(cast, ask, changes):
    before = cast.draft.digest
    status, answer = ask("bob", "settings", settings=changes)
    [(name, value)] = changes.items()
    assert status == 200 and getattr(cast.draft.notebook.settings, name) == value
    assert ask("bob", **answer["undo"])[0] == 200
    assert cast.draft.digest == before


def test_a_text_that_was_written_is_taken_back(cast, ask):
    before = cast.draft.digest
    _, answer = ask("bob", "write-text", id="new", source="Hello", tab="", after=None)
    assert "new" in cast.draft.notebook
    assert ask("bob", **answer["undo"])[0] == 200
    assert cast.draft.digest == before


@pytest.mark.parametrize(
    "changes",
    [{"idle_minutes": 0}, {"idle_minutes": None}, {"outputs": "moon"}, {"title": "x" * 300}, {"picture": "x"}],
)
def test_a_setting_that_can_not_be_says_why(cast, ask, changes):
    before = cast.draft.digest
    status, answer = ask("bob", "settings", settings=changes)
    assert status == 422 and answer["problems"][0]["field"] in changes and cast.draft.digest == before


@pytest.mark.parametrize(
    ("operation", "details"),
    [
        ("settings", {"settings": {"tabs": []}}),
        ("settings", {"settings": {}}),
        ("beside", {"cell": "squares"}),
        ("alone", {"cells": [], "before": None, "tab": ""}),
        ("resize", {"cell": "squares", "span": "6"}),
        ("rename-tab", {"tab": 3, "title": "x"}),
        ("put-back", {"before": 3}),
    ],
)
def test_what_no_page_sends_is_refused(ask, operation, details):
    assert ask("bob", operation, **details)[0] == 400


@pytest.mark.parametrize(("name", "status"), [("carol", 403), ("dave", 403), ("mallory", 404)])
def test_only_editors_arrange(ask, name, status):
    assert ask(name, "add-tab", tab="two", title="")[0] == status


def test_carol_sees_what_others_changed(ask):
    ask("bob", "add-tab", tab="two", title="More")
    status, answer = ask("carol", "look")
    assert status == 200 and "More" in answer["fragments"][0]["html"]


def test_alice_deletes_the_app_and_the_project_stays(cast, client):
    published(cast)
    client.force_login(cast.bob)
    address = f"/harbour-lab/project/{cast.project.pk}/app/delete/"
    assert client.post(address).status_code == 403
    client.force_login(cast.alice)
    assert "Deleted the app" in client.post(address, follow=True).content.decode()
    assert not Publication.objects.exists() and cast.draft.notebook.cells
