"""The probe among the objects of the data libraries, in the Python that kernels run."""

# ruff: noqa: E501 (cells of notebooks, as they are written)

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KERNEL_PYTHON = os.environ.get("HEXLITE_KERNEL_PYTHON", str(ROOT / ".venv-kernel" / "bin" / "python"))
PROBE = ROOT / "projects" / "notebook" / "reactivity" / "runtime_probe.py"

SETUP = """
import numpy as np, pandas as pd
df = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "c": pd.Categorical(["u", "v", "u"]), "d": [1.5, None, 2.5],
                   "t": pd.to_datetime(["2021-01-01"] * 3), "o": [[1], [2], [3]]})
"""
SEEN = [
    ("changed", "", "df['n'] = 1", "df"),
    ("changed", "", "df.loc[0, 'a'] = 9", "df"),
    ("changed", "", "df.loc[0, 'b'] = 'q'", "df"),
    ("changed", "", "df.sort_values('d', inplace=True)", "df"),
    ("changed", "", "df.rename(columns={'a': 'z'}, inplace=True)", "df"),
    ("changed", "", "df.index = [3, 4, 5]", "df"),
    ("changed", "", "df['o'][0].append(9)", "df"),
    ("changed", "", "df['c'] = df['c'].cat.rename_categories({'u': 'w'})", "df"),
    ("changed", "", "df.head(); df.describe(); df.info(); len(df); str(df); df.a.mean()", ""),
    ("changed", "", "df.groupby('a').d.sum(); df.sort_values('d'); df[df.a > 1]", ""),
    ("changed", "g = df.groupby('a')", "df['n'] = 1", "df g"),
    ("changed", "top = df.head(2)", "df.loc[0, 'a'] = 9", "df"),
    ("changed", "s = df['a']", "df.loc[0, 'a'] = 9", "df"),
    ("changed", "a = np.arange(5); v = a[1:3]; c = a.copy()", "v[0] = 9", "a v"),
    ("changed", "a = np.arange(5)", "a.sum(); np.sqrt(a)", ""),
    ("changed", "a = np.array([[1], [2]], dtype=object)", "a[0, 0] = 5", "a"),
    ("changed", "from sklearn.linear_model import LinearRegression; m = LinearRegression()", "m.fit([[1], [2]], [1, 2])", "m"),
    ("changed", "from sklearn.linear_model import LinearRegression; m = LinearRegression().fit([[1], [2]], [1, 2])",
     "m.predict([[1]])", ""),
    ("unknown", "big = np.zeros(1_000_000)", "big[5] = 1", "big"),
    ("unknown", "r = np.random.default_rng(1)", "r.normal()", "r"),
    ("aliases", "s = df['a']; x = df[['a']]; top = df.head(2)", "pass", ""),
    ("aliases", "g = df.groupby('a'); d = {'k': df}", "pass", "df-g df-d d-g"),
    ("aliases", "a = np.arange(5); v = a[1:3]; c = a.copy()", "pass", "a-v"),
]  # fmt: skip


@pytest.fixture(scope="module")
def reports() -> list[dict[str, list]]:
    """What the probe reports for each case, all in one process."""
    cases = json.dumps([(SETUP + before, cell) for _, before, cell, _ in SEEN])
    code = """
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
import runtime_probe
reports = []
for before, cell in json.load(sys.stdin):
    namespace = {"__name__": "__main__"}
    probe = runtime_probe.Probe(namespace)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(before, namespace)
        probe.before()
        exec(cell, namespace)
    reports.append(probe.after())
print(json.dumps(reports))
"""
    done = subprocess.run(
        [KERNEL_PYTHON, "-c", code, str(PROBE.parent)], input=cases, capture_output=True, text=True, check=True
    )
    found: list[dict[str, list]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("number", "case"), list(enumerate(SEEN)), ids=[f"{case[0]}: {case[1]} | {case[2]}" for case in SEEN]
)
def test_what_is_seen(number: int, case: tuple[str, str, str, str], reports: list[dict[str, list]]) -> None:
    what, _, _, expected = case
    found = reports[number][what]
    if what == "aliases":
        pairs = {frozenset((one, other)) for group in found for one in group for other in group if one != other}
        assert pairs == {frozenset(pair.split("-")) for pair in expected.split()}
    else:
        assert set(found) == set(expected.split())
