"""What the kernel runs to set inputs, and what an exported notebook runs in their place."""

import ast
import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from projects.notebook.inputs import assignment, resolve, source
from tests.notebook.builders import NOON, an_input


def run(code: str) -> dict:
    namespace: dict = {}
    exec(code, namespace)
    del namespace["__builtins__"]
    return namespace


def test_all_inputs_are_set_by_one_statement():
    specs = [
        an_input("slider", "days", min=1, max=60, default=30),
        an_input("date", "day", default="1 month ago"),
        an_input("datetime", "moment", default="2021-07-13 13:45:22 America/Chicago"),
        an_input("multiselect", "letters", options=["a", 42, True], default=[True, "a"]),
        an_input("dropdown", "city", options=["Oslo"], default=None),
        an_input("checkbox", "agree", default=True),
    ]
    statement = assignment(specs, {"days": 7}, NOON)
    assert len(ast.parse(statement).body) == 1
    assert run(statement) == {
        "days": 7,
        "day": date(2024, 2, 29),
        "moment": datetime(2021, 7, 13, 13, 45, 22, tzinfo=ZoneInfo("America/Chicago")),
        "letters": ["a", True],
        "city": None,
        "agree": True,
    }


def test_no_inputs_no_statement():
    assert run(assignment([], {}, NOON)) == {}


def test_the_statement_needs_the_standard_library_only():
    spec = an_input("datetime", "moment", default="7 days ago Asia/Tokyo")
    code = f"{assignment([spec], {}, NOON)}\nprint(moment.isoformat())"
    printed = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == resolve(spec, spec.default, NOON).isoformat()


def test_values_come_out_whatever_the_user_has_redefined():
    spec = an_input("date", "day", default="2021-07-13")
    code = "json = datetime = item = list = print = None\n" + assignment([spec], {}, NOON)
    assert run(code)["day"] == date(2021, 7, 13)


@pytest.mark.parametrize(
    ("kind", "given_settings", "text"),
    [
        ("slider", {"default": 20}, "n = 20"),
        ("checkbox", {"default": True}, "n = True"),
        ("button", {}, "n = False"),
        ("number", {}, "n = None"),
        ("number", {"default": 1.5}, "n = 1.5"),
        ("text", {"default": 'it\'s "so"'}, "n = 'it\\'s \"so\"'"),
        ("multiselect", {"options": ["a", 1], "default": [1, "a"]}, "n = ['a', 1]"),
        ("date", {"default": "2021-07-13"}, 'n = __import__("datetime").date(2021, 7, 13)'),
        ("date", {}, "n = None"),
        ("file", {}, "n = None"),
    ],
)
def test_the_source_of_an_input_cell(kind, given_settings, text):
    assert source(an_input(kind, "n", **given_settings)) == text


@pytest.mark.parametrize("kind", ["date", "datetime"])
@pytest.mark.parametrize(
    "text", ["0 days ago", "40 days ago", "13 months ago Asia/Tokyo", "5 years from now", "1 month from now"]
)
def test_a_relative_default_is_worked_out_when_the_cell_runs(kind, text):
    spec = an_input(kind, "n", default=text)
    # The clock moves on between the two; around a change of the minute the earlier or the later one is right.
    before = resolve(spec, text, datetime.now(UTC))
    value = run(source(spec))["n"]
    after = resolve(spec, text, datetime.now(UTC))
    if isinstance(value, datetime):
        assert (value.second, value.microsecond) == (0, 0)
        before, value, after = (moment.replace(tzinfo=None) for moment in (before, value, after))
    assert before <= value <= after


def test_a_default_in_a_gap_moves_forward():
    spec = an_input("datetime", "n", default="2021-03-28 02:30:00 Europe/Berlin")
    assert run(source(spec))["n"].isoformat() == "2021-03-28T03:30:00+02:00"
