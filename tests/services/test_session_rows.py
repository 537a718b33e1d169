"""Statements whose text is made once say what Django's own say, of every column."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps_runtime.models import Session
from apps_runtime.services.sessions import session_rows, sessions
from apps_runtime.session.state import CellState
from tests.cast import Cast, published


@pytest.fixture
def session(cast: Cast) -> Session:
    return sessions.open_app(version=published(cast).version, person=cast.dave, visitor="", values={})


def columns(row) -> dict:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_session_is_read_as_django_reads_it(session):
    assert columns(session_rows.read(session.pk)) == columns(Session.objects.get(pk=session.pk))
    assert session_rows.read(str(session.pk)).notebook == session.notebook


def test_its_version_is_read_once(session):
    session_rows.read(session.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        session_rows.read(session.pk).notebook  # noqa: B018
    assert len(queries) == 1


def test_a_drafts_session_has_its_draft(cast: Cast):
    session = sessions.of_draft(draft=cast.draft)
    assert session_rows.read(session.pk).notebook == cast.draft.notebook


def test_a_session_that_is_gone_is_said_as_django_says_it(session):
    session_rows.read(session.pk)
    session.delete()
    for gone in (session.pk or uuid4(), uuid4(), None):
        with pytest.raises(Session.DoesNotExist):
            session_rows.read(gone)
    with pytest.raises(ValidationError):
        session_rows.read("no id")


def test_locking_is_for_databases_that_lock_rows(session):
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        session_rows.read(session.pk, lock=True)
    [reading] = [query["sql"] for query in queries if "apps_runtime_session" in query["sql"]]
    assert reading.endswith("FOR UPDATE") is connection.features.has_select_for_update


def test_every_kind_of_column_is_written_and_emptied(session):
    now = timezone.now()
    for fields in (
        {"state": {"a": [1, None, "é"]}, "sequence": 7, "seen_at": now, "worker": "w", "lease_until": now,
         "kernel": {"id": "k"}, "idle_since": now - timedelta(days=1)},
        {"worker": "", "lease_until": None, "kernel": None, "idle_since": None},
    ):  # fmt: skip
        session_rows.write(session, fields)
        assert columns(Session.objects.get(pk=session.pk)) == columns(session)
    assert Session.objects.filter(pk=session.pk, kernel__isnull=True).exists(), "no JSON null"


def test_cells_are_written_together_and_read_by_their_sequence(session):
    outputs = [{"output_type": "stream", "name": "stdout", "text": "50 % of {this}\n"}]
    fields = {"state": CellState.DONE, "outputs": outputs, "seconds": 0.25, "sequence": 9, "execution_count": None}
    assert session_rows.write_cells(session, ["squares", "other", "nowhere"], fields) == 2
    found = list(session_rows.cells_since(session, 8))
    assert [cell.cell_id for cell in found] == [cell.cell_id for cell in session.cells.filter(sequence__gt=8)]
    assert {cell.cell_id for cell in found} == {"squares", "other"}
    for cell in found:
        assert model_to_dict(cell) == model_to_dict(session.cells.get(cell_id=cell.cell_id))
        assert (cell.state, cell.outputs, cell.seconds) == ("done", outputs, 0.25)
    assert list(session_rows.cells_since(session, 9)) == []
