"""Files handed to file inputs: the session's own folder, limits, and nothing kept afterwards."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps_runtime.models import Session
from apps_runtime.services.limits import visitors
from apps_runtime.services.sessions import input_values, sessions, uploads
from apps_runtime.session.state import State
from projects.notebook.cells import Cell
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import drafts
from projects.services.file_staging import NoRoom
from tests.cast import published

pytestmark = pytest.mark.django_db

FILE = InputSpec(kind=InputKind.FILE, name="table")


@pytest.fixture
def session(cast) -> Session:
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((Cell.new_input(FILE),)))
    return sessions.open_app(version=published(cast).version, person=cast.dave, visitor="", values={})


def keep(session, content=b"a,b\n", name="data.csv") -> str:
    return uploads.keep(session=session, input_name="table", name=name, content=[content])


def place(session, value) -> Path:
    return uploads.folder_of(session.project) / value


def test_it_is_kept_in_the_sessions_folder_and_set_as_a_value(session):
    value = keep(session, b"x\n1\n")
    assert value.startswith(f"{session.pk}/table/") and place(session, value).read_bytes() == b"x\n1\n"
    assert input_values.set_values(session_id=session.pk, given={"table": value}, by="Dave") == {}
    session.refresh_from_db()
    assert State.from_json(session.state).values == {"table": value}


@pytest.mark.parametrize("value", ["data.csv", "../../etc/passwd", "/etc/passwd", "a/b/c/d", "x\0y", 3, ["a"]])
def test_only_uploads_of_this_session_are_values(session, value):
    assert "table" in input_values.set_values(session_id=session.pk, given={"table": value}, by="Dave")


def test_nobody_uses_another_sessions_upload(cast, session):
    value = keep(session)
    other = sessions.open_app(version=session.version, person=cast.carol, visitor="", values={})
    assert input_values.set_values(session_id=other.pk, given={"table": value}, by="Carol") == {
        "table": '"table" must be a file uploaded here'
    }


def test_too_large_leaves_nothing_behind(session, settings):
    settings.HEXLITE_INPUT_FILE_BYTES = 10
    with pytest.raises(uploads.UploadTooLarge, match="10 B is the most"):
        keep(session, b"x" * 11)
    assert not [path for path in uploads.folder_of(session.project).rglob("*") if path.is_file()]


def test_a_projects_sessions_together_have_a_limit(session, settings):
    settings.HEXLITE_INPUT_FILE_BYTES, settings.HEXLITE_PROJECT_BYTES = 100, 220
    keep(session, b"x" * 100)
    keep(session, b"x" * 100)
    with pytest.raises(NoRoom):
        keep(session, b"x" * 100)


def test_of_many_uploads_the_newest_two_are_kept(session):
    values = [keep(session, str(number).encode()) for number in range(4)]
    assert [uploads.holds(session, value) for value in values] == [False, False, True, True]


@pytest.mark.parametrize("name", ["", "a/b.csv", "..", "x" * 300, "a\nb"])
def test_names_no_file_has_are_refused_in_words(session, name, client, cast):
    client.force_login(cast.dave)
    response = client.post(upload_address(cast, session, name=name), b"x", content_type="application/octet-stream")
    assert response.status_code == 400 and response.json()["sentence"]


def test_nothing_is_kept_after_the_session(session, settings):
    value = keep(session)
    input_values.set_values(session_id=session.pk, given={"table": value}, by="Dave")
    now = timezone.now()
    assert uploads.sweep(now=now) == 0
    later = now + timedelta(seconds=settings.HEXLITE_SESSION_RESUME_SECONDS + 60)
    assert uploads.sweep(now=later) == 1
    assert not place(session, value).exists() and not place(session, str(session.pk)).exists()
    session.refresh_from_db()
    assert State.from_json(session.state).values == {"table": None}


def test_uploads_of_a_session_that_is_gone_go_too(session):
    value = keep(session)
    Session.objects.filter(pk=session.pk).delete()
    uploads.sweep(now=timezone.now())
    assert not place(session, value).exists()


def upload_address(cast, session=None, *, name="data.csv", **more) -> str:
    from urllib.parse import urlencode

    query = {"input": "table", "name": name, "session": session.pk if session else "", **more}
    return f"/harbour-lab/hex/{cast.project.pk}/upload?{urlencode(query)}"


def test_an_upload_begins_the_session_where_there_is_none(cast, session, client):
    client.force_login(cast.carol)
    response = client.post(upload_address(cast), b"x,y\n", content_type="application/octet-stream")
    assert response.status_code == 201
    begun = Session.objects.get(pk=response.json()["session"])
    assert begun.owner == cast.carol and begun.pk != session.pk
    assert uploads.holds(begun, response.json()["value"])


def test_somebody_elses_session_is_not_filled(cast, session, client):
    client.force_login(cast.carol)
    response = client.post(upload_address(cast, session), b"x", content_type="application/octet-stream")
    assert response.json()["session"] != str(session.pk)


def test_an_author_hands_a_file_to_the_notebook(cast, session, client):
    client.force_login(cast.bob)
    address = f"/harbour-lab/project/{cast.project.pk}/input-upload/?input=table&name=a.csv&notebook={cast.draft.pk}"
    answer = client.post(address, b"x", content_type="application/octet-stream")
    assert answer.status_code == 201 and answer.json()["value"].endswith("/a.csv")
    assert client.post(address.replace("table", "other"), b"x", content_type="a/b").status_code == 400
    assert json.loads(answer.content)["session"] == str(sessions.of_draft(draft=cast.draft).pk)


class TestOfStrangers:
    """Visitors without an account have a small room of their own, all together and at each network address."""

    HERE, THERE = "192.0.2.1", "198.51.100.7"

    @pytest.fixture
    def begin(self, session, settings):
        settings.HEXLITE_STRANGER_FILE_BYTES = 10
        settings.HEXLITE_STRANGERS_ADDRESS_BYTES, settings.HEXLITE_STRANGERS_BYTES = 25, 45

        def begun(address):
            digest = visitors.digest_of(address)
            return sessions.open_app(
                version=session.version, person=None, visitor=digest[:8], values={}, from_address=digest
            )

        return begun

    def hand(self, session, address, content=b"x" * 10):
        return uploads.keep(session=session, input_name="table", name="a.csv", content=[content], stranger=address)

    def test_one_file_is_smaller_than_that_of_people(self, begin):
        with pytest.raises(uploads.UploadTooLarge, match="10 B is the most"):
            self.hand(begin(self.HERE), self.HERE, b"x" * 11)

    def test_an_address_has_so_much_and_the_next_one_its_own(self, begin):
        for _ in range(2):
            self.hand(begin(self.HERE), self.HERE)
        with pytest.raises(NoRoom, match="at your network address"):
            self.hand(begin(self.HERE), self.HERE)
        self.hand(begin(self.THERE), self.THERE)

    def test_all_of_them_together_have_so_much_and_people_have_theirs(self, begin, session):
        for address in (self.HERE, self.HERE, self.THERE, self.THERE):
            self.hand(begin(address), address)
        with pytest.raises(NoRoom, match="Visitors have handed in"):
            self.hand(begin("203.0.113.1"), "203.0.113.1")
        keep(session, b"x" * 100)

    def test_what_goes_with_its_session_makes_room_again(self, begin, settings):
        for _ in range(2):
            self.hand(begin(self.HERE), self.HERE)
        later = timezone.now() + timedelta(seconds=settings.HEXLITE_SESSION_RESUME_SECONDS + 1)
        assert uploads.sweep(now=later) == 2
        self.hand(begin(self.HERE), self.HERE)
