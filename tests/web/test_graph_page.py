"""The dependency graph's page."""

import pytest

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
