"""Links with values: what they carry, what is kept here because it is too long, and who is told what was not used."""

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from apps_runtime.models import Run, SavedLink
from apps_runtime.services.links import links
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import sessions
from projects.notebook.cells import Cell
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import drafts
from tests.cast import published

pytestmark = pytest.mark.django_db

TEXT = InputSpec(kind=InputKind.TEXT, name="words", label="Words", default="")
DATE = InputSpec(kind=InputKind.DATE, name="since", label="Since", default="2021-07-13")
FILE = InputSpec(kind=InputKind.FILE, name="table", label="Table", default=None)
BUTTON = InputSpec(kind=InputKind.BUTTON, name="go", label="Go", default=False)


@pytest.fixture
def app(cast, client) -> str:
    cells = tuple(map(Cell.new_input, (TEXT, DATE, FILE, BUTTON)))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook(cells))
    published(cast)
    client.force_login(cast.dave)
    return f"/harbour-lab/hex/{cast.project.pk}/latest"


def link(client, app, kind, **body) -> dict:
    address = app.replace("latest", f"link?kind={kind}")
    return client.post(address, json.dumps({"values": {}, **body}), content_type="application/json").json()


def query(made: str) -> str:
    return urlsplit(made).query


def test_a_short_one_keeps_its_values_in_the_address(app, client):
    made = link(client, app, "inputs", values={"words": "a+b ä", "since": "7 days ago"})["link"]
    assert query(made) == "_words=%22a%2Bb%20%C3%A4%22&_since=%227%20days%20ago%22"


def test_who_copies_it_is_told_what_it_cannot_carry(app, client):
    """Rows 10 and 29: buttons and files are not part of it."""
    assert link(client, app, "inputs", values={"go": True})["without"] == "A link can't carry the button Go."
    made = link(client, app, "inputs", values={"table": "inputs/a.csv", "go": True})
    assert made["without"] == "A link can't carry the file of Table or the button Go."
    assert "_table" not in query(made["link"]) and "_go" not in query(made["link"])


def test_row_30_a_long_one_is_kept_here_and_handed_out_short(app, client):
    long = "ä" * 900
    made = link(client, app, "inputs", values={"words": long, "since": "7 days ago"})["link"]
    assert len(made) < 200 and query(made).startswith("__link=")
    html = client.get(f"{app}?{query(made)}").content.decode()
    assert long in html and "7 days ago" in html and "was not used" not in html
    again = link(client, app, "inputs", values={"words": long, "since": "7 days ago"})["link"]
    assert again == made and SavedLink.objects.count() == 1


def test_row_30_parameters_beside_a_short_link_are_stronger(app, client):
    made = link(client, app, "inputs", values={"words": "x" * 3000})["link"]
    html = client.get(f"{app}?{query(made)}&_words=%22mine%22&_since=%222020-01-02%22").content.decode()
    assert "mine" in html and "xxx" not in html and "2 Jan 2020" in html


def test_a_short_link_grants_nothing_and_an_unknown_one_is_explained(cast, app, client):
    made = link(client, app, "inputs", values={"words": "x" * 3000})["link"]
    assert "not kept here" in client.get(f"{app}?__link=nothing").content.decode()
    client.force_login(cast.mallory)
    assert client.get(f"{app}?{query(made)}").status_code == 404


def test_a_short_link_survives_an_input_that_is_renamed_or_gone(cast, app, client):
    made = link(client, app, "inputs", values={"words": "x" * 3000, "since": "2020-01-02"})["link"]
    renamed = InputSpec(kind=InputKind.TEXT, name="text", aliases=("words",), default="")
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((Cell.new_input(renamed),)))
    published(cast)
    html = client.get(f"{app}?{query(made)}").content.decode()
    assert "xxx" in html and "not used" not in html


def test_nobody_fills_the_database_with_links(cast, app, client, monkeypatch):
    monkeypatch.setattr(links, "MOST_A_DAY", 2)
    made = [link(client, app, "inputs", values={"words": f"{k}" * 3000})["link"] for k in range(3)]
    assert [len(one) < 200 for one in made] == [True, True, False]
    SavedLink.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert len(link(client, app, "inputs", values={"words": "z" * 3000})["link"]) < 200


def test_inputs_that_the_page_does_not_show_keep_what_the_session_has(cast, app, client):
    session = sessions.open_app(
        version=cast.project.publication.version, person=cast.dave, visitor="", values={"since": "2019-05-06"}
    )
    made = link(client, app, "inputs", values={"words": "x"}, session=str(session.pk))["link"]
    assert "_since=%222019-05-06%22" in made


def test_a_shared_session_has_one_link_whoever_asks(cast, app, client):
    session = sessions.open_app(version=cast.project.publication.version, person=cast.carol, visitor="", values={})
    token = sessions.share(session=session)
    made = link(client, app, "session", session=str(session.pk), token=token)["link"]
    assert made.endswith(f"/session/{token}")


def test_building_a_link_sets_what_is_chosen_and_says_so(app, client):
    answer = link(client, app, "build", values={"since": "7 days ago"}, run=True)
    assert query(answer["link"]) == "_since=%227%20days%20ago%22&__run=true"
    assert answer["sets"] == [["Since", "7 days ago"]] and answer["run"] is True and answer["ignored"] == {}
    answer = link(client, app, "build", values={"since": "yesterday"})
    assert answer["link"].endswith("/latest") and "must be a date" in answer["ignored"]["since"]


def test_the_dialogue_is_for_people_who_read_the_notebook(cast, app, client):
    address = app.replace("latest", "link/build")
    assert client.get(address).status_code == 403
    client.force_login(cast.carol)
    html = client.get(address).content.decode()
    assert 'id="build-input-words"' in html and "build-field-since" in html and "build-field-go" not in html


def test_what_links_asked_for_in_vain_is_told_to_the_authors(cast, app, client):
    for _ in range(3):
        client.get(f"{app}?_since=%22yesterday%22&utm_source=mail&_nothing=3")
    html = client.get(f"{app}?_since=%22yesterday%22").content.decode()
    assert "The value in this link was not used" in html and "must be a date" in html
    client.force_login(cast.carol)
    log = client.get(f"/harbour-lab/project/{cast.project.pk}/runs/").content.decode()
    assert "Links asked for values that could not be used" in log and "must be a date" in log and "4 times" in log
    assert "yesterday" not in log and "nothing" not in log


def test_run_true_runs_on_load_and_nothing_else_does(app, client):
    assert "data-run-on-load" in client.get(f"{app}?__run=true").content.decode()
    assert "data-run-on-load" in client.get(f"{app}?__run==true").content.decode()
    for other in ("", "?__run=false", "?__run=True", "?__run=1"):
        assert "data-run-on-load" not in client.get(app + other).content.decode()


def test_a_link_is_stronger_than_the_last_runs_values_and_those_than_defaults(cast, app, client):
    version = cast.project.publication.version
    given = {"words": "of the schedule", "since": "2018-01-01"}
    run = runs.start(version=version, trigger=Run.Trigger.SCHEDULE, by=cast.alice, values=given)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.finish(run=run, state=Run.State.DONE)
    html = client.get(app).content.decode()
    assert "of the schedule" in html and "1 Jan 2018" in html
    html = client.get(f"{app}?_since=%222020-01-02%22").content.decode()
    assert "of the schedule" in html and "2 Jan 2020" in html and "1 Jan 2018" not in html


def test_where_viewers_only_look_a_links_values_are_not_shown_beside_other_results(cast, app, client):
    drafts.change(
        draft=cast.draft, by=cast.alice, edit=lambda n: n.set_settings(replace(n.settings, viewers_run=False))
    )
    published(cast)
    html = client.get(f"{app}?_since=%222020-01-02%22&__run=true").content.decode()
    assert "you can look at this app, not run it" in html and "13 Jul 2021" in html
    assert "given-values" not in html and "data-run-on-load" not in html
    client.force_login(cast.bob)
    assert "2 Jan 2020" in client.get(f"{app}?_since=%222020-01-02%22").content.decode()
