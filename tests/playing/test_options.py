"""Options that come from variables, with real kernels: in a session, a notebook, a run (url-parameters, row 13)."""

from dataclasses import replace

import pytest
from django.urls import reverse

from apps_runtime.models import Run, Session
from apps_runtime.pages import fragments
from apps_runtime.pages.app import PREVIEW
from apps_runtime.playing import run_playing, session_playing
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import input_values, sessions, uploads
from apps_runtime.session.operations import Ask
from apps_runtime.session.state import Note, Request, State, Wanted
from projects.models import Version
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.permissions import rights_of
from projects.services import drafts, versions
from tests.cast import published

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("kernel_host"),
    pytest.mark.xdist_group("kernels"),
]

CITY = InputSpec(kind=InputKind.DROPDOWN, name="city", default="Rome", options_from="cities")
COUNTRY = InputSpec(kind=InputKind.DROPDOWN, name="country", default="it", options=("it", "no", "none"))
BY_COUNTRY = "cities = {'it': ['Rome', 'Oslo by mistake'], 'no': ['Oslo', 'Bergen']}[country]"


@pytest.fixture
def make(cast):
    """Publishes a notebook in which `cities` is set by this code; gives a way to begin its session."""

    def begin(code: str, spec: InputSpec = CITY) -> Session:
        cells = (Cell.new_input(COUNTRY), Cell.new(CellKind.CODE, code), Cell.new_input(spec))
        shows = Cell.new(CellKind.CODE, "print('in', city)")
        drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((*cells, shows)))
        version = published(cast).version
        return sessions.open_app(version=version, person=cast.dave, visitor="", values={})

    return begin


def state_of(session) -> State:
    return State.from_json(Session.objects.get(pk=session.pk).state)


def play(session) -> State:
    session_playing.play_session(session_id=str(session.pk), worker="test")
    return state_of(session)


def shown(session) -> str:
    rows = list(session.cells.all())
    return rows[-1].outputs[0]["text"]


@pytest.mark.parametrize(
    "code",
    [
        "cities = ['Rome', 'Oslo', None, 'Rome']",
        "import pandas as pd\ncities = pd.Series(['Rome', 'Oslo', None])",
        "import pandas as pd\ncities = pd.Index(['Rome', 'Oslo'])",
        "import numpy as np\ncities = np.array(['Rome', 'Oslo'])",
        "import pandas as pd\ncities = pd.DataFrame({'city': ['Rome', 'Oslo', 'Rome'], 'n': [1, 2, 3]})['city']",
        "cities = ['Rome']\ncities.append('Oslo')",
    ],
)
def test_a_list_a_series_an_index_an_array_and_a_column(make, code):
    session = make(code)
    input_values.set_values(session_id=session.pk, given={"country": "no"}, by="Dave")
    assert play(session).known_options == {"city": ("Rome", "Oslo")}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("cities = 3", "a int has no items to choose from. Use a list, a Series"),
        ("other = 3", 'There is no variable "cities" yet'),
        ("cities = [f'city {k}' for k in range(1500)]", "has 1,500 options; the first 1,000 are offered"),
        ("cities = ['x' * 900 + str(k) for k in range(30)]", "10,000 characters together"),
    ],
)
def test_what_gives_no_options_is_said_to_the_author(cast, code, words):
    cells = (Cell.new(CellKind.CODE, code), Cell.new_input(CITY))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook(cells))
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    run = runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=cast.alice)
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    assert run.state == Run.State.DONE and words in run.options["city"]["problem"]
    assert run.used_values["city"] is None and runs.shows_defaults(run)


def test_a_links_value_is_held_until_its_own_run_tells_the_options(make):
    session = make(BY_COUNTRY)
    input_values.set_values(session_id=session.pk, given={"country": "no", "city": "Bergen"}, by="Dave", from_link=True)
    before = state_of(session)
    assert before.values["city"] == "Rome" and before.shown_values["city"] == "Bergen"
    state = play(session)
    assert (state.values["city"], state.held, state.notes) == ("Bergen", {}, ())
    assert shown(session) == "in Bergen\n" and state.runs == 1


def test_a_links_value_that_is_no_option_is_explained_and_the_default_stands(make):
    session = make("cities = ['Rome', 'Turin']")
    input_values.set_values(session_id=session.pk, given={"city": "Oslo"}, by="Dave", from_link=True)
    state = play(session)
    assert state.values["city"] == "Rome" and shown(session) == "in Rome\n"
    said = 'A value in this link was not used: "city" must be "Rome" or "Turin".'
    assert state.notes == (Note(said, "city"),)


def test_other_options_take_a_choice_that_is_none_of_them_back(make):
    session = make(BY_COUNTRY)
    input_values.set_values(session_id=session.pk, given={"country": "no"}, by="Dave")
    state = play(session)
    assert state.known_options["city"] == ("Oslo", "Bergen") and state.values["city"] is None
    assert shown(session) == "in None\n"
    assert input_values.set_values(session_id=session.pk, given={"city": "Rome"}, by="Dave") == {
        "city": '"city" must be "Oslo" or "Bergen"'
    }
    input_values.set_values(session_id=session.pk, given={"city": "Oslo"}, by="Dave")
    assert play(session).values["city"] == "Oslo" and shown(session) == "in Oslo\n"


def test_the_variable_may_be_set_below_the_input(make, cast):
    session = make("pass")
    cells = (Cell.new_input(CITY), Cell.new(CellKind.CODE, "cities = ['Pisa', 'Turin']"))
    drafts.change(
        draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((*cells, Cell.new(CellKind.CODE, "print('in', city)")))
    )
    session = sessions.open_app(version=published(cast).version, person=cast.dave, visitor="", values={})
    input_values.set_values(session_id=session.pk, given={"city": "Turin"}, by="Dave", from_link=True)
    assert play(session).values["city"] == "Turin" and shown(session) == "in Turin\n"


def test_a_drafts_dropdown_gets_its_options_when_the_cell_was_run(cast):
    cells = (Cell.new(CellKind.CODE, "cities = ['Rome', 'Turin']"), Cell.new_input(CITY))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook(cells))
    session = sessions.of_draft(draft=cast.draft)
    sessions.submit(session.pk, Ask(Request(Wanted.CELLS, (cells[0].id,))))
    assert play(session).known_options == {"city": ("Rome", "Turin")}


def test_the_author_chooses_the_default_among_the_variables_options(cast, client):
    cells = (Cell.new(CellKind.CODE, "cities = ['Rome', 'Turin']"), Cell.new_input(CITY))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook(cells))
    session = sessions.of_draft(draft=cast.draft)
    client.force_login(cast.bob)
    address = reverse("notebook-cell-settings", args=["harbour-lab", cast.project.pk, cast.draft.pk, cells[1].id])
    assert "Run the cell that makes it" in client.get(address).content.decode()
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))
    play(session)
    html = client.get(address).content.decode()
    assert "&quot;Turin&quot;" in html and "Series, Index or array" in html


def test_a_kernel_from_before_there_was_an_input_for_files_gives_way(cast):
    drafts.change(
        draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((Cell.new(CellKind.CODE, "print('nothing yet')"),))
    )
    session = sessions.of_draft(draft=cast.draft)
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))
    play(session)
    table = InputSpec(kind=InputKind.FILE, name="table")
    reads = Cell.new(CellKind.CODE, "print(open(table).read() if table else None)")
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((Cell.new_input(table), reads)))
    session = Session.objects.get(pk=session.pk)
    value = uploads.keep(session=session, input_name="table", name="a.txt", content=[b"from the file"])
    input_values.set_values(session_id=session.pk, given={"table": value}, by="Alice")
    play(session)
    assert shown(session) == "from the file\n"


def test_the_preview_before_publishing_shows_the_options_when_they_are_known(cast):
    cells = (Cell.new(CellKind.CODE, "cities = ['Rome', 'Turin']"), Cell.new_input(CITY))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook(cells))
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    run = runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=cast.alice)
    run_playing.play_run(run_id=str(run.pk), worker="test")
    run.refresh_from_db()
    reader = replace(fragments.reader_of(rights_of(cast.alice, cast.project)), place=PREVIEW)
    told = [one for one in fragments.of_run_since(run, reader, 0) if one["id"] == "preview-field-city"]
    assert len(told) == 1 and "Turin" in told[0]["html"] and 'id="preview-input-city"' in told[0]["html"]


def test_a_value_of_a_link_is_judged_though_no_cell_has_to_run_for_it(make):
    """As in a session that is a fork of the published version: everything has been played already."""
    session = make("cities = ['Rome', 'Turin']")
    input_values.set_values(session_id=session.pk, given={"country": "no"}, by="Dave")
    play(session)
    session.refresh_from_db()
    input_values.set_values(session_id=session.pk, given={"city": "Turin"}, by="Dave", from_link=True)
    state = play(session)
    assert (state.values["city"], state.held) == ("Turin", {}) and shown(session) == "in Turin\n"


def test_a_value_waits_on_while_the_cell_that_gives_the_options_fails(make):
    session = make("cities = ['Rome', 'Oslo'] if country == 'no' else 1 / 0")
    input_values.set_values(session_id=session.pk, given={"city": "Oslo"}, by="Dave", from_link=True)
    assert play(session).held == {"city": "Oslo"}
    session.refresh_from_db()
    input_values.set_values(session_id=session.pk, given={"country": "no"}, by="Dave")
    assert play(session).values["city"] == "Oslo" and shown(session) == "in Oslo\n"


def test_a_variable_that_no_cell_sets_is_said_in_the_notebook(cast):
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: Notebook((Cell.new_input(CITY),)))
    session = sessions.of_draft(draft=cast.draft)
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))
    assert "There is no variable" in play(session).options["city"].problem
