"""The dependency graph's page."""

import pytest

from tests.markup import flat, tight

pytestmark = pytest.mark.django_db


def address(cast):
    return f"/harbour-lab/project/{cast.project.pk}/graph/"


@pytest.mark.parametrize(("name", "status"), [("alice", 200), ("carol", 200), ("dave", 403), ("mallory", 404)])
def test_who_may_see_it(cast, client, name, status):
    client.force_login(cast.people[name])
    assert client.get(address(cast)).status_code == status


def test_it_draws_cells_and_says_the_same_in_words(cast, client):
    client.force_login(cast.carol)
    html = client.get(address(cast)).content.decode()
    assert html.count('class="node"') == 3 and html.count('class="edge') == 1
    assert "Count" in html and "<code>squares</code>" in html


def test_a_notebook_without_cells_has_a_graph_too(cast, client):
    from projects.notebook.document import Notebook
    from projects.services import drafts

    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook())
    client.force_login(cast.carol)
    assert "No cells yet" in client.get(address(cast)).content.decode()


@pytest.mark.parametrize("page", ["graph/", "settings/", "versions/"])
def test_what_is_no_notebook_is_not_there(cast, client, page):
    client.force_login(cast.alice)
    assert client.get(address(cast).replace("graph/", page) + "?notebook=x").status_code == 404


def played(cast, *, failing=""):
    """What the draft's session did last, as its state says it: `n` went from 4 to 9."""
    from dataclasses import replace

    from apps_runtime.services.sessions import sessions
    from apps_runtime.session.state import CellState, State

    session = sessions.of_draft(draft=cast.draft)
    state = State.from_json(session.state)
    cells = tuple(
        replace(cell, state=CellState.FAILED if cell.id == failing else CellState.DONE, played=cell.digest)
        for cell in state.cells
    )
    last = {"count": "n changed", "squares": "reads n, which changed"}
    state = replace(state, cells=cells, last=last, moved={"n": 4}, baseline={"n": 9}, values={"n": 9}, runs=2)
    session.state = state.to_json()
    session.save()


def test_it_says_what_ran_why_and_why_the_others_did_not(cast, client):
    played(cast)
    client.force_login(cast.carol)
    html = client.get(address(cast)).content.decode()
    assert "2 of 3 cells ran" in html and "After “Count” changed" in html
    assert "It was changed from 4 to 9" in html
    assert "It reads n, which was changed from 4 to 9" in html
    assert "It reads nothing that could change" in html
    table = html.split("<tbody>")[1]
    assert table.index("<code>squares</code>") < table.index("It reads nothing that could change")
    assert "n = 9" in html


def test_a_failed_cell_says_so(cast, client):
    played(cast, failing="squares")
    client.force_login(cast.carol)
    assert 'data-state="failed">Failed' in tight(client.get(address(cast)).content.decode())


def test_a_run_of_the_log(cast, client):
    from tests.cast import published

    published(cast)
    client.force_login(cast.carol)
    assert "Run 1, version 1" in flat(client.get(address(cast)).content.decode())
    html = flat(client.get(address(cast) + "?run=1").content.decode())
    assert "3 of 3 cells ran" in html and "A whole run plays every cell from the top" in html
    for wrong in ("2", "x", "9" * 30):
        assert client.get(f"{address(cast)}?run={wrong}").status_code == 404


def test_the_picture_alone(cast, client):
    from xml.etree import ElementTree

    client.force_login(cast.carol)
    response = client.get(address(cast) + "?format=svg")
    assert (
        response.headers["Content-Type"] == "image/svg+xml" and "attachment" in response.headers["Content-Disposition"]
    )
    assert ElementTree.fromstring(response.content).tag.endswith("svg")
