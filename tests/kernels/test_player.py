"""Playing cells: events, outputs, deadlines, stopping."""

import json
import random
import threading
import time

import pytest

from apps_runtime.kernels import KernelAddress, KernelBusy, connect
from apps_runtime.outputs.area import OutputLimits
from apps_runtime.playing.player import AssignmentFailed, Changed, Ended, EndState, Player, PlayLimits, Started
from tests.kernels.conftest import play, printed


def test_a_cell_starts_changes_and_ends(kernel):
    source = "import time\nfor number in range(3):\n    print(number, flush=True)\n    time.sleep(0.06)"
    events = list(Player(kernel).play(source, cell_id="a", deadline_seconds=10))
    assert isinstance(events[0], Started)
    assert all(isinstance(event, Changed) for event in events[1:-1])
    assert events[1].outputs[0]["text"].startswith("0\n")
    assert len(events) >= 4
    assert isinstance(events[-1], Ended)
    assert (events[-1].state, printed(events[-1])) == (EndState.DONE, "0\n1\n2\n")


def test_a_quick_cell_is_reported_once(kernel):
    play(kernel, "1")
    events = list(Player(kernel).play("2 + 2", cell_id="a", deadline_seconds=10))
    assert len(events) <= 3
    assert events[-1].outputs == [
        {"output_type": "execute_result", "data": {"text/plain": "4"}, "metadata": {}, "execution_count": 2}
    ]
    assert events[-1].execution_count == 2


def test_changes_are_throttled(kernel):
    source = "for number in range(300):\n    print(number, flush=True)"
    events = list(Player(kernel).play(source, cell_id="a", deadline_seconds=10))
    assert len(events) - 2 <= events[-1].seconds / 0.04 + 1


def test_names_stay_from_cell_to_cell_and_from_player_to_player(kernel):
    play(kernel, "x = 41")
    assert printed(play(kernel, "print(x + 1)")) == "42\n"


@pytest.mark.parametrize("source", ["", "   \n", "# only words"])
def test_a_cell_without_code_is_done(kernel, source):
    assert play(kernel, source).state is EndState.DONE


def test_an_error_has_name_words_and_traceback(kernel):
    ended = play(kernel, "def f():\n    raise ValueError('no such day')\nf()")
    assert (ended.state, ended.error.name, ended.error.value) == (EndState.FAILED, "ValueError", "no such day")
    assert len(ended.error.traceback) >= 3
    assert "no such day" in ended.error.traceback[-1]
    assert ended.outputs[-1]["output_type"] == "error"
    assert (ended.sentence, ended.kernel_gone) == ("ValueError: no such day", False)


def test_the_next_cell_runs_after_an_error(kernel):
    play(kernel, "1 / 0")
    assert play(kernel, "1").state is EndState.DONE


def test_a_loop_is_interrupted_at_its_deadline_and_the_kernel_lives(kernel):
    ended = play(kernel, "print('begun', flush=True)\nwhile True: pass", seconds=0.3)
    assert (ended.state, ended.kernel_gone) == (EndState.TIMED_OUT, False)
    assert "0.3 seconds" in ended.sentence
    assert printed(ended) == "begun\n"
    assert play(kernel, "1").state is EndState.DONE


def test_what_ignores_the_interrupt_is_killed_after_the_grace(kernel):
    began = time.monotonic()
    ended = play(kernel, "sum(range(10**13))", seconds=0.2, limits=PlayLimits(interrupt_grace=0.5))
    assert (ended.state, ended.kernel_gone) == (EndState.TIMED_OUT, True)
    assert time.monotonic() - began < 5
    assert not kernel.alive()


def test_another_thread_stops_the_cell(kernel):
    player = Player(kernel)
    events = []
    for event in player.play("print('on', flush=True)\nwhile True: pass", cell_id="a", deadline_seconds=20):
        events.append(event)
        if isinstance(event, Changed):
            threading.Thread(target=player.stop).start()
    assert (events[-1].state, events[-1].sentence) == (EndState.INTERRUPTED, "The cell was stopped.")


def test_a_stopped_player_plays_nothing_more(kernel):
    player = Player(kernel)
    player.stop()
    *_, ended = player.play("open('/tmp/played', 'w')", cell_id="a", deadline_seconds=20)
    assert ended.state is EndState.INTERRUPTED
    assert printed(play(kernel, "import os; print(os.path.exists('/tmp/played'))")) == "False\n"


def test_a_stop_before_the_cells_code_runs_costs_no_kernel(kernel):
    """A kernel takes no notice of an interrupt that comes while it is getting to the code."""
    source = "import time\nfor i in range(600):\n    time.sleep(0.1)"
    moments = random.Random(5)
    for _ in range(40):
        player = Player(kernel)
        timer = threading.Timer(moments.uniform(0.0, 0.006), player.stop)
        timer.start()
        *_, ended = player.play(source, cell_id="a", deadline_seconds=60)
        timer.join()
        assert (ended.state, ended.kernel_gone) == (EndState.INTERRUPTED, False)
    assert printed(play(kernel, "print(1)")) == "1\n"


def test_an_interrupt_from_elsewhere_ends_the_cell(kernel):
    events = []
    source = "print('on', flush=True)\nwhile True: pass"
    for event in Player(kernel).play(source, cell_id="a", deadline_seconds=20):
        events.append(event)
        if isinstance(event, Changed):
            threading.Thread(target=kernel.interrupt).start()
    assert events[-1].state is EndState.INTERRUPTED


def test_interrupts_in_a_row_end_the_cell_and_not_the_kernel(kernel):
    playing = Player(kernel).play("print('on', flush=True)\nwhile True: pass", cell_id="a", deadline_seconds=20)
    next(playing)
    next(playing)
    for _ in range(5):
        kernel.interrupt()
    *_, ended = playing
    assert (ended.state, ended.seconds < 10) == (EndState.INTERRUPTED, True)
    assert play(kernel, "1").state is EndState.DONE


def test_an_interrupt_between_cells_harms_nothing(kernel):
    play(kernel, "x = 1")
    kernel.interrupt()
    assert play(kernel, "x").state is EndState.DONE


def test_who_goes_away_leaves_no_cell_running(kernel):
    playing = Player(kernel).play("while True: pass", cell_id="a", deadline_seconds=60)
    next(playing)
    threading.Timer(0.2, kernel.interrupt).start()
    playing.close()
    assert play(kernel, "1", seconds=10).state is EndState.DONE


def test_one_cell_at_a_time(kernel):
    playing = Player(kernel).play("1", cell_id="a", deadline_seconds=10)
    next(playing)
    with pytest.raises(KernelBusy), kernel.turn():
        pass
    assert kernel.complete("impo", 4, seconds=0.05).matches == ()
    playing.close()


def test_a_silent_statement_leaves_no_trace(kernel):
    player = Player(kernel)
    player.assign("n = 7; print('unseen')")
    ended = play(kernel, "n")
    assert (ended.execution_count, ended.outputs[0]["data"]["text/plain"]) == (1, "7")


def test_a_silent_statement_that_fails_says_so(kernel):
    with pytest.raises(AssignmentFailed, match="NameError"):
        Player(kernel).assign("n = unknown")


def test_expressions_come_back_with_the_end(kernel):
    values = play(kernel, "x = [1, 2]", expressions={"length": "len(x)", "wrong": "nothing"}).values
    assert values["length"]["data"]["text/plain"] == "2"
    assert values["wrong"]["status"] == "error"


@pytest.mark.parametrize(
    ("expression", "options"),
    [
        ("['b', 'a', 'b']", ["b", "a"]),
        ("range(3)", [0, 1, 2]),
        ("{'x': 1, 'y': 2}", ["x", "y"]),
        ("pandas.Series([1.5, float('nan')])", [1.5, None]),
        ("pandas.DataFrame({'d': pandas.to_datetime(['2026-01-02'])})", ["2026-01-02T00:00:00"]),
        ("numpy.array([3, 2])", [3, 2]),
        ("[True, None, (1, 2)]", [True, None, "(1, 2)"]),
    ],
)
def test_a_variable_offers_its_items(kernel, expression, options):
    player = Player(kernel)
    player.assign(f"import numpy, pandas; v = {expression}")
    assert player.options("v") == options


def test_a_variable_without_items_offers_none(kernel):
    player = Player(kernel)
    player.assign("v = 3")
    with pytest.raises(AssignmentFailed, match="int has no items"):
        player.options("v")


def test_a_figure_is_a_picture_in_the_products_look(kernel):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.rcParams['axes.spines.top']"
    picture, told = play(kernel, source).outputs
    assert picture["data"]["image/png"].startswith("iVBOR")
    assert told["data"]["text/plain"] == "False"


@pytest.mark.parametrize(
    ("source", "media_type"),
    [
        ("import plotly.express as px\npx.bar(x=[1], y=[2])", "application/vnd.plotly.v1+json"),
        ("import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1])).show()", "application/vnd.plotly.v1+json"),
        ("import altair\naltair.Chart(altair.Data(values=[])).mark_bar()", "application/vnd.vegalite.v6+json"),
    ],
)
def test_a_chart_is_its_data_and_no_page_of_scripts(kernel, source, media_type):
    (chart,) = play(kernel, source, seconds=60).outputs
    assert media_type in chart["data"]
    assert "text/html" not in chart["data"]


@pytest.mark.parametrize("module", ["tqdm", "tqdm.auto", "tqdm.autonotebook", "tqdm.notebook"])
def test_a_bar_of_tqdm_is_text_without_a_warning(kernel, module):
    ended = play(kernel, f"from {module} import tqdm, trange\nfor _ in tqdm(range(3)): pass\nfor _ in trange(2): pass")
    assert "3/3" in printed(ended)
    assert "2/2" in printed(ended)
    assert "Warning" not in printed(ended)


def test_completion_knows_the_variables(kernel):
    play(kernel, "turnover_by_region = 1")
    found = kernel.complete("turnover_", 9)
    assert (found.matches, found.start, found.end) == (("turnover_by_region",), 0, 9)


def test_completion_knows_attributes_and_columns(kernel):
    play(kernel, "import pandas\nsales = pandas.DataFrame({'turnover': [1]})")
    found = kernel.complete("sales.turno", 11)
    assert (found.matches, found.start, found.end) == (("turnover",), 6, 11)
    assert kernel.complete("sales['", 7).matches == ("turnover",)


def test_inspection_shows_the_documentation(kernel):
    play(kernel, "def area(r):\n    'Of a circle.'")
    assert "Of a circle." in kernel.inspect("area", 4)
    assert kernel.inspect("nothing_here", 4) == ""


def test_an_address_survives_a_row(kernel):
    address = KernelAddress.from_json(json.loads(json.dumps(kernel.address.to_json())))
    assert connect(address) is kernel


def test_updates_of_displays_are_handed_on(kernel):
    play(kernel, "handle = display('old', display_id='d')")
    updates = play(kernel, "handle.update('new')").updates
    assert [(update.display_id, update.data["text/plain"]) for update in updates] == [("d", "'new'")]


def test_limits_of_outputs_are_the_players(kernel):
    limits = PlayLimits(outputs=OutputLimits(outputs=2))
    ended = play(kernel, "for i in range(4): display(i)", limits=limits)
    assert [output["output_type"] for output in ended.outputs] == ["display_data", "display_data", "stream"]
