"""What changes, drawn: in the publish dialogue and in version control."""

from base64 import b64encode
from dataclasses import replace
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps_runtime.models import Run
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import sessions
from projects.notebook.cells import Cell, CellKind
from projects.services import drafts
from tests.cast import Cast, make_cast, published
from tests.markup import flat, tight

pytestmark = pytest.mark.django_db

HTML = """<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"""


def table(columns: list[str], rows: dict[str, list[str]]) -> dict:
    heads = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(
        f"<tr><th>{label}</th>{''.join(f'<td>{value}</td>' for value in values)}</tr>" for label, values in rows.items()
    )
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": HTML.format(heads=heads, rows=body)}}


def number(text: str) -> dict:
    return {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": text}}


def picture(colour: str) -> dict:
    file = BytesIO()
    Image.new("RGB", (4, 3), colour).save(file, "PNG")
    return {"output_type": "display_data", "metadata": {}, "data": {"image/png": b64encode(file.getvalue()).decode()}}


def error(name: str) -> dict:
    return {"output_type": "error", "ename": name, "evalue": "'station'", "traceback": [f"{name}: 'station'"]}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def previewed(cast: Cast, before: list[dict], after: list[dict]) -> Run:
    """`before` is what the published version showed in a cell, `after` what the preview of a newer one shows."""
    published(cast, outputs={"squares": before})
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("squares", "print(n)"))
    run = publishing.preview(draft=cast.draft, by=cast.bob)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.record(run=run, cells={"squares": {"state": "done", "outputs": after}})
    runs.finish(run=run, state=Run.State.DONE)
    return run


def changes(cast: Cast, run: Run, client) -> str:
    client.force_login(cast.bob)
    response = client.get(reverse("preview-changes", args=[cast.workspace.slug, cast.project.pk, run.number]))
    assert response.status_code == 200
    return flat(response.content.decode())


def test_a_number_is_shown_with_its_change(cast, client):
    page = changes(cast, previewed(cast, [number("16.4")], [number("17.22")]), client)
    assert "<del>16.4</del> <strong>17.22</strong>" in page
    assert "+0.82, +5 %" in page


def test_a_table_is_shown_with_what_differs_in_it(cast, client):
    before = table(["rain", "wind"], {"Mon": ["1", "5"], "Tue": ["2", "5"], "Wed": ["3", "5"]})
    after = table(["rain", "snow"], {"Mon": ["1", "0"], "Tue": ["4", "0"], "Thu": ["9", "1"]})
    page = changes(cast, previewed(cast, [before], [after]), client)
    assert "1 column added, 1 column removed, 1 row added, 1 row removed, 1 row changed" in page
    assert '<th scope="col" data-standing="added"><ins>snow</ins></th>' in tight(page)
    assert "<del>wind</del>" in page
    page = tight(page)
    assert "<td><del>2</del><ins>4</ins></td>" in page
    assert '<tr data-standing="added"><th scope="row"><span class="visually-hidden">Added:</span>Thu</th>' in tight(
        page
    )
    assert '<tr data-standing="removed"><th scope="row"><span class="visually-hidden">Removed:</span>Wed</th>' in tight(
        page
    )


def test_a_long_table_says_how_much_more_differs(cast, client):
    before = table(["rain"], {str(day): ["1"] for day in range(40)})
    after = table(["rain"], {str(day): ["2"] for day in range(40)})
    assert "20 more rows differ." in changes(cast, previewed(cast, [before], [after]), client)


def test_pictures_stand_next_to_each_other_with_a_slider(cast, client):
    page = changes(cast, previewed(cast, [picture("red")], [picture("blue")]), client)
    assert "<picture-compare" in page and 'data-mode="slider"' in page and 'data-mode="highlight"' in page
    assert "<figcaption>Version 1</figcaption>" in page and "<figcaption>This preview</figcaption>" in page
    assert page.count("<img") == 2


def test_an_error_that_appeared_or_is_gone_is_said(cast, client):
    run = previewed(cast, [error("KeyError")], [number("3")])
    page = changes(cast, run, client)
    assert "KeyError is gone" in page and "A number came" in page


def test_an_error_that_appeared_is_said(cast, client):
    page = changes(cast, previewed(cast, [number("3")], [error("KeyError")]), client)
    assert 'data-state="failed">KeyError appeared' in tight(page)


def test_changed_text_is_compared_line_by_line(cast, client):
    def said(text: str) -> dict:
        return {"output_type": "stream", "name": "stdout", "text": text}

    page = changes(cast, previewed(cast, [said("one\ntwo\n")], [said("one\nthree\n")]), client)
    assert 'aria-label="Changes in the text"' in page and "three" in page


def test_cells_that_are_the_same_are_there_to_open(cast, client):
    page = changes(cast, previewed(cast, [], []), client)
    assert "Show the 3 cells that are the same" in page and "words = &#x27;untouched&#x27;" in page


def test_version_control_says_what_is_the_same_and_how_far_the_draft_is(cast, client):
    published(cast)
    added = replace(Cell.new(CellKind.CODE, "print('more')"), id="more")
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.insert(added))
    client.force_login(cast.carol)
    page = client.get(reverse("versions", args=[cast.workspace.slug, cast.project.pk])).content.decode()
    assert "1 cell added, 4 the same" in page
    assert "1 change since version 1" in page


def test_a_draft_that_has_not_run_has_lost_no_outputs(cast, client):
    published(cast, outputs={"squares": [number("3")]})
    sessions.of_draft(draft=cast.draft)
    client.force_login(cast.carol)
    page = client.get(reverse("versions", args=[cast.workspace.slug, cast.project.pk])).content.decode()
    assert "went" not in page and "Nothing changed" in page


def test_version_control_says_how_long_a_version_was_live(cast, client):
    previewed(cast, [], [])
    published(cast)
    client.force_login(cast.carol)
    page = client.get(reverse("versions", args=[cast.workspace.slug, cast.project.pk])).content.decode()
    assert page.count("was live for") == 1
