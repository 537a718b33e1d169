"""Sessions forked from a process that has played the published version."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps_runtime.kernels import connect, disconnect
from apps_runtime.kernels.process_table import private_bytes
from apps_runtime.playing.player import EndState
from tests.kernels.conftest import play, printed, running_host, wait_until

DATA = "import numpy as np\ndata = np.arange(4_000_000, dtype='float64')"


@pytest.fixture
def make(host, files):
    """Makes templates of the project most tests use; they end with the test."""
    made = []

    def make_one(key, *sources, **wish):
        cells = [(f"c{position}", source) for position, source in enumerate(sources, 1)]
        made.append(key)
        return host.client.make_template("alpha", key, cells, files_dir=files, **wish)

    yield make_one
    for key in made:
        host.client.drop_template("alpha", key)


def test_a_session_finds_the_version_played(make, start):
    report = make("v1", "n = 20", "def twice():\n    return n * 2", "twice()")
    assert (report.ready, report.reason) == (True, "")
    kernel = start(template="v1")
    assert kernel.address.forked_from == "v1"
    play(kernel, "n = 4")
    assert printed(play(kernel, "print(twice(), _, In[2][:9])")) == "8 40 def twice\n"


def test_counts_go_on_where_the_version_ended(make, start):
    make("v1", "1", "2", "3")
    ended = play(start(template="v1"), "4")
    assert ended.execution_count == 4


def test_sessions_do_not_see_each_other(make, start):
    make("v1", "seen = []")
    first, second = start(template="v1"), start(template="v1")
    play(first, "seen.append(1)")
    assert printed(play(second, "print(seen)")) == "[]\n"
    assert printed(play(start(template="v1"), "print(seen)")) == "[]\n"


def test_sessions_draw_different_numbers(make, start):
    make("v1", "import random, numpy")
    source = "print(random.random(), numpy.random.rand())"
    drawn = [number for _ in range(3) for number in printed(play(start(template="v1"), source)).split()]
    assert len(set(drawn)) == 6


def test_sessions_of_a_notebook_that_seeds_draw_what_a_new_kernel_draws(make, start):
    seeds = "import random, numpy as np\nrandom.seed(7); np.random.seed(seed=7); rng = np.random.default_rng(7)"
    source = "print(random.random(), np.random.rand(), rng.random(), random.seed.__module__)"
    make("v1", seeds)
    fresh = start()
    play(fresh, seeds)
    expected = printed(play(fresh, source))
    assert [printed(play(start(template="v1"), source)) for _ in range(2)] == [expected] * 2


def test_one_that_asks_for_fresh_numbers_gets_them(make, start):
    make("v1", "import random\nrandom.seed(7)\nrandom.seed()")
    first, second = (printed(play(start(template="v1"), "print(random.random())")) for _ in range(2))
    assert first != second


def test_data_is_shared_and_not_copied(host, make, start):
    report = make("v1", DATA)
    assert report.bytes > 32e6
    kernel = start(template="v1")
    assert printed(play(kernel, "print(int(data.sum()))")) == "7999998000000\n"
    process = wait_until(lambda: host.client.status(kernel.kernel_id).process)
    assert private_bytes(process) < 30e6


def test_forks_wait_in_reserve(host, make, start):
    make("v1", "n = 1")
    start()
    wait_until(lambda: host.client.stats()["sandboxes"][0]["standby"] >= 2)
    asked = time.monotonic()
    start(template="v1")
    assert time.monotonic() - asked < 1


def test_figures_tables_loggers_and_extensions_work_in_the_fork(make, start):
    report = make(
        "v1",
        "import matplotlib.pyplot as plt, pandas as pd\nplt.plot([1]); plt.title('t'); plt.show()",
        "import logging; logging.basicConfig(format='%(message)s'); logger = logging.getLogger()",
        "from IPython.core.magic import register_line_magic as r\n@r\ndef hello(line): return 'hello ' + line",
        "pd.set_option('display.max_rows', 3)",
    )
    assert report.ready, report.reason
    kernel = start(template="v1")
    assert "image/png" in play(kernel, "plt.plot([1, 2]); plt.show()").outputs[0]["data"]
    assert "text/html" in play(kernel, "pd.DataFrame({'a': [1]})").outputs[0]["data"]
    assert printed(play(kernel, "logger.warning('told')")) == "told\n"
    assert play(kernel, "%hello you").outputs[0]["data"]["text/plain"] == "'hello you'"
    assert printed(play(kernel, "print(pd.get_option('display.max_rows'))")) == "3\n"


def test_faults_are_the_same_in_a_fork(make, start):
    make("v1", "n = 1")
    kernel = start(template="v1")
    assert play(kernel, "while True: pass", seconds=0.3).state is EndState.TIMED_OUT
    assert play(kernel, "n").state is EndState.DONE
    assert play(kernel, "exit()").state is EndState.EXITED
    assert play(start(template="v1"), "import os; os._exit(1)").state is EndState.DIED
    assert play(start(template="v1"), "n").state is EndState.DONE


def test_forks_of_a_template_reach_not_into_each_other(make, start):
    make("v1", "n = 1")
    mine, theirs = start(template="v1"), start(template="v1")
    number = printed(play(theirs, "import os; print(os.getpid())")).strip()
    source = f"""
    import os
    for attempt in (lambda: os.kill({number}, 0), lambda: open('/run/hexlite/{theirs.kernel_id}/connection.json')):
        try:
            attempt(); print('reached')
        except PermissionError:
            print('refused')
    """
    assert printed(play(mine, source)) == "refused\nrefused\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()", "leaves a thread running"),
        ("from concurrent.futures import ThreadPoolExecutor as T\nt = T(); t.submit(print)", "leaves a thread running"),
        ("handle = open('data.csv')", "keeps a file open (data.csv)"),
        ("import socket; s = socket.socket()", "holds a connection"),
        (
            "import sqlite3; db = sqlite3.connect('/tmp/db'); db.execute('create table if not exists t (a)')",
            "keeps a file",
        ),
        ("import subprocess; p = subprocess.Popen(['sleep', '60'])", "leaves a process running"),
        ("import signal; signal.setitimer(signal.ITIMER_REAL, 60)", "leaves a timer running"),
        ("import sys, types; sys.modules['polars'] = types.ModuleType('polars')", "uses polars"),
        ("1 / 0", "failed (ZeroDivisionError)"),
        ("exit()", "calls exit()"),
        ("import os; os._exit(3)", "ended its process"),
        ("import asyncio; loop = asyncio.new_event_loop()", "keeps an event loop"),
    ],
)
def test_what_does_not_survive_a_fork_is_named_with_its_cell(host, make, start, source, reason):
    report = make("bad", "x = 1", source, "y = 2")
    assert report.ready is False
    assert report.reason.startswith(f"cell 2 {reason}")
    assert report.cell_id == "c2"
    kernel = start(template="bad")
    assert kernel.address.forked_from == ""
    assert printed(play(kernel, "print('x' in globals())")) == "False\n"


@pytest.mark.parametrize(
    "source",
    [
        "import threading\nt = threading.Thread(target=print); t.start(); t.join()",
        "open('data.csv').read(); None",
        "import subprocess; subprocess.run(['true'])",
        "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass",
        "import asyncio\nasync def f(): return 1\nasyncio.run(f())",
        "import sklearn.linear_model as m; m.LinearRegression().fit([[1], [2]], [1, 2])",
    ],
)
def test_what_leaves_nothing_behind_may_be_forked(make, source):
    report = make("good", source)
    assert report.ready, report.reason


def test_a_version_that_takes_too_long_gets_no_template(make):
    report = make("slow", "x = 1", "while True: pass", seconds=1.0)
    assert (report.ready, report.reason) == (False, "cell 2 was still running after 1 seconds")


def test_a_dropped_template_is_gone_and_its_sessions_go_on(host, make, start):
    make("v1", "n = 6")
    kernel = start(template="v1")
    host.client.drop_template("alpha", "v1")
    wait_until(lambda: not host.client.stats()["sandboxes"][0]["templates"])
    assert printed(play(kernel, "print(n)")) == "6\n"
    assert start(template="v1").address.forked_from == ""


def test_what_nobody_uses_is_let_go(tmp_path):
    """First the clean kernels in reserve, then those of the template, then the template and its sandbox."""
    with running_host(standby_seconds=3.0, sandbox_idle_seconds=6.0, template_idle_seconds=9.0) as small:

        def held() -> list[tuple[int, int]]:
            return [(one["standby"], len(one["templates"])) for one in small.client.stats()["sandboxes"]]

        assert small.client.make_template("p", "v1", [("a", "n = 1")], files_dir=tmp_path).ready
        wait_until(lambda: held() == [(1, 1)])
        kernels = [connect(small.client.start("p", tmp_path, template=key)) for key in ("", "v1")]
        assert [kernel.address.forked_from for kernel in kernels] == ["", "v1"]
        wait_until(lambda: held() == [(2, 1)])
        for reserve, templates in [(1, 1), (0, 1), (0, 0)]:
            wait_until(lambda: held() == [(reserve, templates)])  # noqa: B023
        assert printed(play(kernels[1], "print(n)")) == "1\n"
        for kernel in kernels:
            kernel.kill()
            disconnect(kernel.address)
        wait_until(lambda: held() == [])


def test_a_version_that_needs_too_much_memory_gets_no_template(tmp_path):
    with running_host(kernel_limits={"resident": 300 * 2**20}, standby=0) as small:
        source = "kept = []\nwhile True: kept.append(bytearray(b'x') * 10_000_000)"
        report = small.client.make_template("p", "big", [("a", source)], files_dir=tmp_path)
        assert (report.ready, report.reason) == (False, "cell 1 needs more memory than a kernel may have")


CELLS = [
    "a = 1",
    "a = globals().get('a', 0) + 1",
    "def f(x=2): return x * globals().get('a', 1)",
    "b = [f(i) for i in range(3)] if 'f' in globals() else [0]",
    "class C:\n    total = 0\n    def add(self, n): C.total += n; return C.total",
    "c = C() if 'C' in globals() else None\nif c: c.add(3)",
    "import pandas as pd; df = pd.DataFrame({'x': [3, 1, 2]}); df = df.sort_values('x')",
    "import collections; counter = collections.Counter('abca')",
    "del a\na = 5",
    "import os; os.environ['COLOUR'] = 'red'; os.chdir('/tmp')",
    "gen = (i for i in range(5)); next(gen)",
    "import functools\n@functools.lru_cache\ndef g(n): return n + 1\ng(1)",
    "_ = 7",
    "%config InlineBackend.figure_formats = ['svg']",
    "import decimal; decimal.getcontext().prec = 5",
    "import random; random.seed(5); seeded = random.Random(3)",
]
AFTER = """
import os
print(sorted(n for n in globals() if not n.startswith('_') and n not in ('In', 'Out', 'exit', 'quit', 'open')))
print({n: repr(globals()[n]) for n in ('a', 'b', 'counter') if n in globals()})
print(df.to_dict() if 'df' in globals() else 0, next(gen) if 'gen' in globals() else 0)
print(C.total if 'C' in globals() else 0)
print(g.cache_info() if 'g' in globals() else 0, os.environ.get('COLOUR'), os.getcwd(), len(In), __name__)
import decimal; print(decimal.getcontext().prec, get_ipython().execution_count)
print(random.random(), seeded.random()) if 'seeded' in globals() else None
f(1) if 'f' in globals() else None
"""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from(CELLS), min_size=1, max_size=6))
def test_a_forked_session_equals_a_new_kernel(chosen, make, start):
    report = make("property", *chosen)
    fresh = start()
    for source in chosen:
        if play(fresh, source).state is not EndState.DONE:
            assert not report.ready
            return
    assert report.ready, report.reason
    forked = start(template="property")
    assert forked.address.forked_from == "property"
    expected, found = play(fresh, AFTER), play(forked, AFTER)
    assert found.state is EndState.DONE, found.sentence
    assert found.outputs == expected.outputs
    # The next example makes another template of the same name.
    forked.host.drop_template("alpha", "property")
    wait_until(lambda: "property" not in str(forked.host.stats()["sandboxes"]))
