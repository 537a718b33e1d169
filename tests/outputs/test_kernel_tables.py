# ruff: noqa: E501 -- markup and tables read better in one line
"""Table data as a kernel makes it, with the kernels' own pandas."""

import json
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from apps_runtime.outputs.table_data import TableData

TABLES = Path(__file__).resolve().parent.parent.parent / "apps_runtime/kernels/inside/tables.py"

SCRIPT = """
import importlib.util, json, sys, datetime, decimal
spec = importlib.util.spec_from_file_location("tables", sys.argv[1])
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
tables.register(shell)
imported = "pandas" in sys.modules
import numpy as np, pandas as pd
shell.display_formatter.active_types = list(shell.display_formatter.formatters)
F = pd.DataFrame
class Odd:
    def __str__(self):
        raise ValueError
frames = {
    "plain": F({"species": ["a", None], "mass": [3750.0, 39.25], "year": [2007, 2008], "id": [10001, 10002]}),
    "numbers": F({"n": [1234567, -5], "x": [0.123456, 12.5], "tiny": [1e-7, 2e-7], "huge": [1e16, 1.0], "odd": [np.inf, np.nan],
                  "big": [2**60, 1], "years": [1999, 2020], "none": [np.nan, np.nan]}),
    "types": F({"day": pd.to_datetime(["2015-03-05", None]), "time": pd.to_datetime(["2015-03-05 13:05:00", "2015-03-05 00:00:00"]),
                "zone": pd.to_datetime(["2015-03-05T13:05:00+02:00"] * 2), "flag": [True, False], "maybe": pd.array([True, None], dtype="boolean"),
                "whole": pd.array([1, None], dtype="Int64"), "kind": pd.Categorical(["b", None]), "span": pd.to_timedelta([1, 2], unit="h"),
                "date": [datetime.date(2020, 1, 2), None], "money": [decimal.Decimal("1.10"), None], "mixed": [1, "x"], "object": [[1], {"a": 1}],
                "text": ["<b>", "y" * 5000]}),
    "index": F({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key")),
    "numbered": F({"a": [1, 2]}, index=[1007, 1009]),
    "counted": F({"a": [1, 2]}, index=[0, 1]),
    "last rows": F({"a": range(5)}).tail(2),
    "first rows": F({"a": range(5)}).head(2),
    "named numbers": F({"a": [1, 2]}, index=pd.Index([2007, 2008], name="year")),
    "levels": F({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None])),
    "columns of levels": F([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
    "same names": F([[1, 2]], columns=["a", "a"]),
    "numbered columns": F([[1, 2]]),
    "empty": F({"a": []}),
    "nothing": F(),
    "only index": F(index=["a"]),
    "many rows": F({"a": range(50_000)}),
    "wide rows": F({"a": ["z" * 1500] * 9_000}),
    "many columns": F([range(250)] * 2),
    "odd": F({"a": [Odd(), Odd()]}),
}
answers = {}
for name, frame in frames.items():
    bundle, _ = shell.display_formatter.format(frame) if name != "odd" else ({tables.MEDIA_TYPE: tables.table_or_none(frame), "text/html": ""}, {})
    answers[name] = {"table": bundle.get(tables.MEDIA_TYPE), "html": "text/html" in bundle}
print(json.dumps({"imported": imported, "answers": answers}, allow_nan=False))
"""


@pytest.fixture(scope="module")
def made():
    finished = subprocess.run(
        [settings.HEXLITE_KERNEL_PYTHON, "-W", "ignore", "-c", SCRIPT, str(TABLES)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def table_of(made, name):
    return made["answers"][name]["table"]


def column(made, frame, name):
    table = table_of(made, frame)
    places = [*table["index"], *table["columns"]]
    place = next(at for at, column in enumerate(places) if column["name"] == name)
    described = {key: value for key, value in places[place].items() if key != "name"}
    return described, [row[place] for row in table["rows"]]


def test_registering_does_not_import_pandas(made):
    assert made["imported"] is False


def test_every_table_is_one_that_the_page_understands(made):
    for name, answer in made["answers"].items():
        assert answer["html"], name
        if answer["table"] is not None and name != "nothing":
            assert TableData.parse(answer["table"]) is not None, name


@pytest.mark.parametrize(
    ("frame", "name", "described", "values"),
    [
        ("plain", "species", {"type": "text", "align": "start"}, ["a", None]),
        ("plain", "mass", {"type": "number", "align": "end", "decimals": 2, "grouping": True}, [3750.0, 39.25]),
        ("plain", "year", {"type": "number", "align": "end", "decimals": 0, "grouping": False}, [2007, 2008]),
        ("plain", "id", {"type": "number", "align": "end", "decimals": 0, "grouping": False}, [10001, 10002]),
        ("numbers", "n", {"type": "number", "align": "end", "decimals": 0, "grouping": True}, [1234567, -5]),
        ("numbers", "x", {"type": "number", "align": "end", "decimals": 2, "grouping": True}, [0.123456, 12.5]),
        ("numbers", "tiny", {"type": "number", "align": "end", "decimals": "e", "grouping": True}, [1e-7, 2e-7]),
        ("numbers", "huge", {"type": "number", "align": "end", "decimals": "e", "grouping": True}, [1e16, 1.0]),
        ("numbers", "odd", {"type": "number", "align": "end", "decimals": 0, "grouping": True}, ["inf", None]),
        ("numbers", "big", {"type": "number", "align": "end", "decimals": "e", "grouping": True}, [str(2**60), 1]),
        ("numbers", "years", {"type": "number", "align": "end", "decimals": 0, "grouping": False}, [1999, 2020]),
        ("numbers", "none", {"type": "number", "align": "end", "decimals": 0, "grouping": True}, [None, None]),
        ("types", "day", {"type": "date", "align": "start"}, ["2015-03-05", None]),
        ("types", "time", {"type": "date", "align": "start"}, ["2015-03-05T13:05:00", "2015-03-05T00:00:00"]),
        ("types", "zone", {"type": "date", "align": "start"}, ["2015-03-05T13:05:00+02:00"] * 2),
        ("types", "flag", {"type": "boolean", "align": "start"}, [True, False]),
        ("types", "maybe", {"type": "boolean", "align": "start"}, [True, None]),
        ("types", "whole", {"type": "number", "align": "end", "decimals": 0, "grouping": True}, [1, None]),
        ("types", "kind", {"type": "text", "align": "start"}, ["b", None]),
        ("types", "span", {"type": "text", "align": "end"}, ["0 days 01:00:00", "0 days 02:00:00"]),
        ("types", "date", {"type": "date", "align": "start"}, ["2020-01-02", None]),
        ("types", "money", {"type": "number", "align": "end"}, ["1.10", None]),
        ("types", "mixed", {"type": "text", "align": "start"}, ["1", "x"]),
        ("types", "object", {"type": "text", "align": "start"}, ["[1]", "{'a': 1}"]),
        ("types", "text", {"type": "text", "align": "start"}, ["<b>", "y" * 2000 + "…"]),
        ("odd", "a", {"type": "text", "align": "start"}, ["<Odd: ValueError>"] * 2),
    ],
)  # fmt: skip
def test_columns_say_what_they_hold(made, frame, name, described, values):
    assert column(made, frame, name) == (described, values)


def test_an_index_is_shown_where_it_says_something(made):
    index = {
        name: [level["name"] for level in table_of(made, name)["index"]]
        for name in made["answers"]
        if table_of(made, name)
    }
    assert index["plain"] == index["counted"] == index["first rows"] == []
    assert index["numbered"] == index["last rows"] == [""]
    assert table_of(made, "last rows")["rows"] == [[3, 3], [4, 4]]
    assert table_of(made, "numbered")["index"][0]["grouping"] is False  # Row 1007, not 1,007.
    assert index["index"] == ["key"]
    assert index["named numbers"] == ["year"]
    assert index["levels"] == ["k", ""]
    assert table_of(made, "levels")["rows"] == [["x", 1, 1], ["y", 2, 2]]
    assert table_of(made, "only index")["rows"] == [["a"]]


def test_names_may_repeat_and_be_numbers(made):
    assert [column["name"] for column in table_of(made, "same names")["columns"]] == ["a", "a"]
    assert [column["name"] for column in table_of(made, "numbered columns")["columns"]] == ["0", "1"]


def test_columns_of_several_levels_are_left_to_pandas_own_table(made):
    assert table_of(made, "columns of levels") is None


def test_a_large_table_is_cut_and_says_how_large_it_is(made):
    assert (len(table_of(made, "many rows")["rows"]), table_of(made, "many rows")["total_rows"]) == (10_000, 50_000)
    wide = table_of(made, "wide rows")
    assert wide["total_rows"] == 9_000
    assert 1_500_000 < len(json.dumps(wide)) <= 2_000_000
    many = table_of(made, "many columns")
    assert (len(many["columns"]), many["total_columns"]) == (100, 250)
