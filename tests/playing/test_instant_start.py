"""Sessions that begin with everything played: forked from the template of the published version."""

from dataclasses import replace

import pytest

from apps_runtime import kernels
from apps_runtime.models import InstantStart, Session
from apps_runtime.outputs import store
from apps_runtime.playing import instant_start, session_playing
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import Ask, SetValues
from apps_runtime.session.state import CellState, Phase, Request, State, Wanted
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.services import projects, versions
from tests.cast import make_cast, published, small_notebook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("playing")]


@pytest.fixture
def publish(transactional_db, kernel_host):
    """Publishes a slider `n` of 4 and these cells below it, and makes the template; gives what is known of it."""
    made = []

    def publish_one(*sources: str) -> InstantStart:
        slider = small_notebook().cells[1]
        cells = [replace(Cell.new(CellKind.CODE, source), id=f"c{number}") for number, source in enumerate(sources, 1)]
        project = published(make_cast(Notebook((slider, *cells))), outputs={}).version.project
        made.append(project)
        return instant_start.make(project_id=str(project.pk), machine="local")

    yield publish_one
    for session in Session.objects.exclude(kernel=None):
        kernels.connect(kernels.KernelAddress.from_json(session.kernel)).kill()
    for start in InstantStart.objects.all():
        kernels.drop_template(str(start.project_id), start.key)


def opened(start: InstantStart) -> Session:
    return sessions.open_app(version=start.project.publication.version, person=None, visitor="v", values={})


def played(session: Session, *operations) -> State:
    """After these operations, when everything that was asked for has run."""
    sessions.submit(session.pk, *operations)
    session_playing.play_session(session_id=str(session.pk), worker="local")
    session.refresh_from_db()
    return State.from_json(session.state)


def texts(session: Session) -> dict[str, str]:
    """What each cell printed."""
    return {
        cell.cell_id: "".join("".join(output.get("text", "")) for output in store.load(cell.outputs))
        for cell in session.cells.all()
    }


def test_only_what_depends_on_the_change_runs(publish):
    start = publish("print('loaded')\ndata = list(range(100))", "print(sum(data[:n]))")
    assert start.ready, start.reason
    session = opened(start)
    state = played(session, SetValues({"n": 3}))
    assert session.kernel["forked_from"] == start.key
    assert set(state.last) == {"count", "c2"} and state.phase is Phase.RESTING
    assert texts(session)["c2"] == "3\n"
    assert {cell.id: cell.state for cell in state.cells if not cell.input}["c2"] is CellState.DONE


def test_what_the_probe_saw_in_the_template_counts(publish):
    """No text tells that `rows` and `seen` are one list; the probe does."""
    start = publish(
        "import types\nbox = types.SimpleNamespace(rows=[1])\nseen = vars(box)['rows']",
        "seen += [n]",
        "print(box.rows)",
    )
    session = opened(start)
    played(session, SetValues({"n": 9}))
    assert texts(session)["c3"] == "[1, 9]\n"


def test_everything_can_be_asked_to_run_in_a_fork(publish):
    start = publish("total = 0", "total += n\nprint(total)")
    session = opened(start)
    state = played(session, Ask(Request(Wanted.ALL)))
    assert set(state.last) == {"count", "c1", "c2"} and texts(session)["c2"] == "4\n"


def test_sessions_do_not_meet(publish):
    start = publish("seen = []", "seen.append(n)\nprint(seen)")
    first, second = opened(start), opened(start)
    played(first, SetValues({"n": 1}))
    played(second, SetValues({"n": 2}))
    assert texts(first)["c2"] == "[1]\n" and texts(second)["c2"] == "[2]\n"


def test_an_app_that_holds_a_connection_runs_from_the_top_and_says_why(publish):
    start = publish("import socket\nline = socket.socket()", "print(n)")
    assert not start.ready and start.cell_id == "c1"
    assert start.sentence.startswith("Instant start: off, because cell 2 ")
    session = opened(start)
    state = played(session, SetValues({"n": 5}))
    assert session.kernel["forked_from"] == "" and set(state.last) == {"count", "c1", "c2"}
    assert texts(session)["c2"] == "5\n"


def test_a_template_that_is_gone_is_asked_for_again(publish, monkeypatch):
    start = publish("print(n)")
    kernels.drop_template(str(start.project_id), start.key)
    asked = []
    monkeypatch.setattr("apps_runtime.messaging.queue.ask_for_template", lambda *given, **named: asked.append(given))
    session = opened(start)
    played(session, SetValues({"n": 5}))
    assert session.kernel["forked_from"] == "" and asked == [(start.project_id,)]
    assert texts(session)["c1"] == "5\n"


def test_where_all_kernels_are_in_use_a_session_waits_its_turn(publish, monkeypatch):
    start = publish("print(n)")
    session = opened(start)
    full = kernels.KernelHostFull(limit="app", most=20, position=2, waiting=3)

    def none_left(*_, **__):
        raise full

    monkeypatch.setattr("apps_runtime.playing.run_playing.start_kernel", none_left)
    state = played(session, SetValues({"n": 7}))
    assert state.phase is Phase.QUEUED and "number 2 of 3 in the queue" in state.why and session.lease_until is None
    monkeypatch.undo()
    session_playing.play_session(session_id=str(session.pk), worker="local")
    assert texts(session)["c1"] == "7\n"


def test_a_fork_that_tells_nothing_ends_and_the_session_says_so(publish, monkeypatch):
    start = publish("print(n)")
    monkeypatch.setattr("apps_runtime.playing.probing._RECALL", "'no report'")
    session = opened(start)
    state = played(session, SetValues({"n": 7}))
    assert state.phase is Phase.RESTING and state.why == "The kernel could not be made ready."
    assert session.kernel is None and session.lease_until is None
    assert not [one for one in kernels.list() if one.label == f"session {session.pk}"]
    monkeypatch.undo()
    played(session, SetValues({"n": 8}))
    assert texts(session)["c1"] == "8\n"


def test_with_the_app_its_template_goes(publish):
    start = publish("print(n)")
    versions.delete_app(project=start.project, by=start.project.created_by)
    assert instant_start.make(project_id=str(start.project_id), machine="local") is None
    assert not InstantStart.objects.exists()
    assert start.key not in str(kernels.stats())


def test_in_the_trash_a_project_has_no_template(publish, monkeypatch):
    start, asked = publish("print(n)"), []
    monkeypatch.setattr("apps_runtime.messaging.queue.ask_for_template", lambda project, machine: asked.append(machine))
    projects.trash(project=start.project, by=start.project.created_by)
    assert asked == ["local"]
    assert instant_start.make(project_id=str(start.project_id), machine="local") is None
    assert not InstantStart.objects.exists()
    assert start.key not in str(kernels.stats())
