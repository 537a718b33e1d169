# ruff: noqa: E501 -- markup and tables read better in one line
"""An author is told what is wrong, where in the cells, and gets the rest on demand. Real tracebacks of IPython 9."""

import json
from pathlib import Path

import pytest

from apps_runtime.outputs import errors

TRACEBACKS = json.loads((Path(__file__).parent / "data" / "tracebacks.json").read_text())


def failure(name: str) -> errors.Failure:
    output = TRACEBACKS[name][-1]
    return errors.read(output["ename"], output["evalue"], output["traceback"])


@pytest.mark.parametrize(
    ("name", "headline", "suggestion"),
    [
        ("keyerror", "No column is called “islands”.", ""),
        ("getitem", "No column is called “islnd”.", "island"),
        ("attr", "No column or method is called “bod_mass_g”.", ""),
        ("name", "Nothing is called “sen” here.", ""),
        ("mod", "No module is called “pandaz” here.", ""),
        ("zero", "ZeroDivisionError: division by zero", ""),
        ("dict", "KeyError: 'b'", ""),
        ("syntax", "SyntaxError: invalid syntax", ""),
    ],
)
def test_the_headline_says_what_is_wrong(name, headline, suggestion):
    found = failure(name)
    assert (found.headline, found.suggestion) == (headline, suggestion)


def test_the_short_traceback_shows_the_authors_own_lines():
    assert failure("keyerror").short == (
        "<b>KeyError</b>: &#x27;islands&#x27;\n  In [2], line 3\n    "
        "seen.groupby(<b>&#x27;islands&#x27;</b>).body_mass_g.mean()"
    )
    assert failure("zero").short.split("\n")[1:] == [
        "  In [7], line 5", "    g(0)", "  In [7], line 4", "    return f(x)", "  In [7], line 2", "    return 1/x",
    ]  # fmt: skip


def test_all_frames_are_counted_and_coloured():
    found = failure("keyerror")
    assert found.frames == 5
    assert '<span class="ansi-red">KeyError</span>' in found.whole
    assert "\x1b" not in found.whole


@pytest.mark.parametrize(
    ("name", "words", "traceback", "headline", "suggestion"),
    [
        ("", "The kernel died.", [], "The kernel died.", ""),
        ("CellTimeout", "The cell ran longer than 60 seconds and was stopped.", [], "The cell ran longer than 60 seconds and was stopped.", ""),
        ("ValueError", "", [], "ValueError", ""),
        ("ValueError", "first line\nsecond", ["x"], "ValueError: first line", ""),
        ("KeyError", "\"['bil'] not in index\"", ["File /x/pandas/core/frame.py:1"], "No column is called “bil”.", ""),
        ("KeyError", "3", ["File /x/pandas/core/indexing.py:1"], "No row or column is called “3”.", ""),
        ("KeyError", "not python (", ["File /x/pandas/core/frame.py:1"], "KeyError: not python (", ""),
        ("NameError", "name 'sen' is not defined. Did you mean: 'seen'?", ["x"], "Nothing is called “sen” here.", "seen"),
        ("NameError", "name 'sen' is not defined", ["Cell In[1], line 2\n      1 seen = 1\n----> 2 sen"], "Nothing is called “sen” here.", "seen"),
        ("NameError", "name 'sen' is not defined", ["File /lib/x.py:2\n      1 seen = 1\n----> 2 sen"], "Nothing is called “sen” here.", ""),
    ],
)  # fmt: skip
def test_words_are_derived_only_from_what_is_there(name, words, traceback, headline, suggestion):
    found = errors.read(name, words, traceback)
    assert (found.headline, found.suggestion) == (headline, suggestion)


def test_of_a_deep_recursion_the_ends_are_shown():
    found = errors.read(
        "RecursionError", "too deep", [f"Cell In[1], line {number}\n----> {number} r()" for number in range(900)]
    )
    assert found.frames == 900
    assert "840 frames are not shown here" in found.whole
    assert len(found.whole) < 10_000
