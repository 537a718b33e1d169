"""The app's page through the client: what it shows, to whom, and what it never sends."""

import json

import pytest

from apps_runtime.models import Run, Session
from apps_runtime.services.sessions import sessions
from projects.models import Project
from projects.services import drafts, versions
from tests.cast import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(cast):
    published(cast)
    return f"/harbour-lab/hex/{cast.project.pk}/latest"


def page(client, person, address):
    if person is not None:
        client.force_login(person)
    return client.get(address)


@pytest.mark.parametrize("name", ["alice", "bob", "carol", "dave"])
def test_who_has_a_level_sees_the_published_results(cast, app, client, name):
    response = page(client, cast.people[name], app)
    assert response.status_code == 200
    assert "[0, 1, 4, 9]" in response.content.decode()


def test_looking_starts_nothing(cast, app, client):
    runs = Run.objects.count()
    for query in ("", "?__run=true", "?_n=7&__run=true"):
        page(client, cast.dave, app + query)
    assert Run.objects.count() == runs and Session.objects.count() == 0


def test_a_stranger_gets_the_same_answer_as_for_nothing(cast, app, client):
    missing = "/harbour-lab/hex/00000000-0000-0000-0000-000000000000/latest"
    there, nothing = page(client, cast.mallory, app), client.get(missing)
    assert there.status_code == nothing.status_code == 404
    assert "Squares" not in there.content.decode()


def test_a_visitor_without_an_account_is_sent_to_sign_in_with_the_whole_link(cast, app, client):
    response = client.get(app + '?_name="a+b"&_n=7')
    assert response.status_code == 302 and response["Location"].startswith("/sign-in/?next=")
    assert "%3F_name%3D" in response["Location"]


def test_hidden_cells_and_hidden_code_are_not_sent(cast, client):
    draft = cast.draft

    def hide(notebook):
        secret = notebook.cell("other")
        return notebook.set_show("other", type(secret.show)(cell=False)).replace_source("other", "CANARY = 'secret'")

    drafts.change(draft=draft, by=cast.alice, edit=hide)
    published(cast, outputs={"other": [{"output_type": "stream", "name": "stdout", "text": "CANARY\n"}]})
    html = page(client, cast.dave, f"/harbour-lab/hex/{cast.project.pk}/latest").content.decode()
    assert "CANARY" not in html and "range(n)" not in html


def test_a_link_sets_what_it_can_and_says_what_it_could_not(cast, app, client):
    html = page(client, cast.dave, app + "?_n=9").content.decode()
    assert 'value="9"' in html and '"n": 9' in html
    html = client.get(app + "?_n=99").content.decode()
    assert "was not used" in html and 'value="4"' in html


def test_a_link_always_begins_a_new_session(cast, app, client):
    session = sessions.open_app(version=cast.project.publication.version, person=cast.dave, visitor="", values={"n": 6})
    assert f'data-session="{session.pk}"' in page(client, cast.dave, app).content.decode()
    assert 'data-session=""' in client.get(app + "?_n=9").content.decode()
    assert 'data-session=""' in client.get(app + "?__new=true").content.decode()


def test_nobody_is_shown_somebody_elses_session(cast, app, client):
    sessions.open_app(version=cast.project.publication.version, person=cast.carol, visitor="", values={"n": 6})
    assert 'data-session=""' in page(client, cast.dave, app).content.decode()


def test_a_project_without_an_app_hints_to_its_people_only(cast, client):
    address = f"/harbour-lab/hex/{cast.project.pk}/latest"
    assert "has no app yet" in page(client, cast.carol, address).content.decode()
    assert "has no app yet" not in page(client, cast.dave, address).content.decode()


def test_deleting_the_app_keeps_the_project_and_the_link(cast, app, client):
    versions.delete_app(project=cast.project, by=cast.alice)
    assert page(client, cast.dave, app).status_code == 404
    published(cast)
    assert client.get(app).status_code == 200


def test_the_page_needs_few_queries(cast, app, client, django_assert_max_num_queries):
    client.force_login(cast.dave)
    client.get(app)
    with django_assert_max_num_queries(14):
        client.get(app)


def link(client, app, kind, **body):
    return client.post(
        app.replace("latest", f"link?kind={kind}"), json.dumps({"values": {}, **body}), content_type="application/json"
    )


def test_the_three_links(cast, app, client):
    client.force_login(cast.dave)
    assert link(client, app, "published").json()["link"].endswith("/latest")
    assert link(client, app, "inputs", values={"n": 9}).json()["link"].endswith("/latest?_n=9")
    session = sessions.open_app(version=cast.project.publication.version, person=cast.dave, visitor="", values={"n": 6})
    shared = link(client, app, "session", session=str(session.pk)).json()["link"]
    session.refresh_from_db()
    assert shared.endswith(f"/session/{session.token}")
    client.force_login(cast.carol)
    assert f'data-token="{session.token}"' in client.get(shared).content.decode()
    client.force_login(cast.mallory)
    assert client.get(shared).status_code == 404


def test_anyone_with_the_link_sees_an_app_that_is_open_to_links(cast, app, client):
    Project.objects.filter(pk=cast.project.pk).update(visibility="link")
    response = client.get(app)
    assert response.status_code == 200
    assert link(client, app, "session").status_code == 302  # Sharing a session takes an account.


@pytest.mark.parametrize("name", ["carol", "dave"])
def test_only_editors_publish(cast, app, client, name):
    client.force_login(cast.people[name])
    assert client.post(f"/harbour-lab/project/{cast.project.pk}/publish/").status_code == 403


def test_a_second_publisher_is_told_who_was_first(cast, app, client):
    client.force_login(cast.alice)
    base = f"/harbour-lab/project/{cast.project.pk}/publish/"
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda n: n.replace_source("other", "1"))
    assert client.post(base).status_code == 200
    mine = cast.project.runs.first().number
    live = cast.project.publication.version.number
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("other", "2"))
    published(cast, by=cast.bob)
    response = client.post(f"{base}{mine}/publish/", json.dumps({"replaces": live}), content_type="application/json")
    assert response.status_code == 409 and "Bob published version" in response.json()["sentence"]


def test_what_is_shown_before_a_session_is_older_than_all_its_events(cast, app, client):
    html = page(client, cast.dave, app).content.decode()
    assert 'id="block-squares"' in html and 'data-sequence="0"' in html
    assert not [mark for mark in html.split('data-sequence="')[1:] if not mark.startswith('0"')]


def test_a_publication_between_two_reads_shows_the_new_app_and_nothing_between(cast, app, client, monkeypatch):
    """Found by a browser test: the version was read before, and its results after somebody published."""
    from apps_runtime.views import app as view

    pause = [lambda: newly_published(cast)]

    def newly_published(cast):
        drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("other", "print('newer')"))
        said = {"output_type": "stream", "name": "stdout", "text": "said newly\n"}
        published(cast, outputs={"squares": [said]})

    read = view._of_results

    def overtaken(*arguments):
        while pause:
            pause.pop()()
        return read(*arguments)

    monkeypatch.setattr(view, "_of_results", overtaken)
    text = page(client, cast.dave, app).content.decode()
    assert "said newly" in text


@pytest.mark.parametrize("query", ["?_n=%22a%00%22", "?_n=%00", "?%00=1", "?_n=%ED%A0%80"])
def test_a_link_with_what_no_text_holds_opens_the_app_with_its_defaults(cast, app, client, query):
    """specs/url-parameters, row 5: a bad parameter is ignored, never a 4xx or 5xx."""
    client.force_login(cast.dave)
    assert client.get(cast.project.app_url + query).status_code == 200
