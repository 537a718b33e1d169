"""The notebook page, as each of the cast meets it."""

import pytest
from django.urls import reverse

from apps_runtime.models import Session
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def page(cast: Cast, **query: str) -> str:
    address = reverse("notebook", args=[cast.workspace.slug, cast.project.pk])
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def test_alice_sees_cells_with_their_controls(cast: Cast, client) -> None:
    client.force_login(cast.alice)
    html = client.get(page(cast)).content.decode()
    for id in ("head", "count", "other", "squares"):
        assert f'id="cell-{id}"' in html
    assert "data-edits" in html
    assert "data-runs" in html
    assert 'data-act="run-all"' in html
    assert "Publish</button>" in html
    assert 'aria-label="Code cell 3, not run yet"' in html


def test_carol_reads_without_any_way_to_change(cast: Cast, client) -> None:
    client.force_login(cast.carol)
    html = client.get(page(cast)).content.decode()
    assert 'id="cell-squares"' in html
    editing = ("data-edits", "data-runs", "cell-tools", "data-insert")
    for control in (*editing, 'data-act="run', "Publish</button>", "share/"):
        assert control not in html
    assert "takes Can Edit" in html


@pytest.mark.parametrize(
    ("person", "status"), [("alice", 200), ("bob", 200), ("carol", 200), ("dave", 403), ("mallory", 404)]
)
def test_every_level_gets_its_answer(cast: Cast, client, person: str, status: int) -> None:
    client.force_login(cast.people[person])
    assert client.get(page(cast)).status_code == status


def test_a_stranger_is_asked_to_sign_in(cast: Cast, client) -> None:
    assert client.get(page(cast)).status_code == 302


def test_looking_starts_no_kernel_and_makes_one_session(cast: Cast, client) -> None:
    client.force_login(cast.carol)
    client.get(page(cast))
    client.get(page(cast))
    session = Session.objects.get(draft=cast.draft)
    assert session.kernel is None


def test_a_notebook_that_is_not_of_this_project_is_not_found(cast: Cast, client) -> None:
    client.force_login(cast.alice)
    assert client.get(page(cast, notebook="00000000-0000-4000-8000-000000000000")).status_code == 404
    assert client.get(page(cast, notebook="nonsense")).status_code == 404


def test_code_is_text_in_the_page(cast: Cast, client) -> None:
    from projects.services import cells

    source = '"</pre><script>alert(1)</script>'
    draft = cast.draft
    cells.overwrite(draft=draft, cell_id="other", source=source, base=_base(draft, "other"), by=cast.alice)
    client.force_login(cast.alice)
    assert "<script>alert(1)" not in client.get(page(cast)).content.decode()


def test_the_page_asks_the_database_few_questions(cast: Cast, client, django_assert_max_num_queries) -> None:
    client.force_login(cast.alice)
    client.get(page(cast))
    with django_assert_max_num_queries(26):
        client.get(page(cast))


def _base(draft, cell_id: str) -> str:
    from projects.services.drafts import source_digest

    return source_digest(draft.notebook.cell(cell_id).source)
