"""What a change of an input writes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps_runtime.models import Session
from apps_runtime.services.sessions import input_values, sessions
from projects.notebook.cells import Cell, CellKind, new_id
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import drafts
from tests.cast import published

pytestmark = pytest.mark.django_db

NUMBER = InputSpec(kind=InputKind.NUMBER, name="n", default=1)


def code(source: str) -> Cell:
    return Cell(new_id(), CellKind.CODE, source)


def session_with(cast, readers: int) -> Session:
    cells = (Cell.new_input(NUMBER), *(code(f"print(n + {index})") for index in range(readers)))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook(cells))
    return sessions.open_app(version=published(cast).version, person=cast.dave, visitor="", values={})


def statements_of_a_change(session: Session, value: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert input_values.set_values(session_id=session.pk, given={"n": value}, by="Dave") == {}
    return len(queries)


def test_cells_that_become_stale_together_are_written_together(cast):
    session = session_with(cast, 150)
    assert statements_of_a_change(session, 2) < 15
    session.refresh_from_db()
    rows = session.cells.all()
    assert len(rows) == 150  # An input has a control and no result.
    assert {row.state for row in rows} == {"stale"}


def test_a_draft_gains_rows_for_the_cells_it_gains(cast, django_capture_on_commit_callbacks):
    draft = cast.draft
    session = sessions.of_draft(draft=draft)
    known = set(session.cells.values_list("cell_id", flat=True))
    first, second = code("1"), code("2")
    with django_capture_on_commit_callbacks(execute=True):
        drafts.change(
            draft=draft,
            by=cast.alice,
            edit=lambda notebook: Notebook((*notebook.cells, first, second), notebook.metadata),
        )
    assert set(session.cells.values_list("cell_id", flat=True)) == known | {first.id, second.id}
