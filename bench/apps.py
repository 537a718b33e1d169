"""The notebooks that are measured."""

import json
from pathlib import Path

SMALL = [
    ("input", {"kind": "slider", "name": "n", "label": "Count", "default": 20, "min": 1, "max": 100, "step": 1}),
    ("code", "import time"),
    (
        "code",
        """began = time.perf_counter()
total = sum(k * k for k in range(n))
print(f'made for {n} in {(time.perf_counter() - began) * 1000:.3f} ms')""",
    ),
]

# The standard app: 1,000,000 rows; a slider, a dropdown, a date; a table and a chart.
STANDARD = [
    ("input", {"kind": "slider", "name": "n", "label": "Days", "default": 20, "min": 1, "max": 100, "step": 1}),
    (
        "input",
        {"kind": "dropdown", "name": "region", "label": "Region", "default": "North", "options": ["North", "South"]},
    ),
    ("input", {"kind": "date", "name": "since", "label": "Since", "default": "2021-01-01"}),
    (
        "code",
        """import time
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
rng = np.random.default_rng(7)
rows = 1_000_000
days = pd.date_range("2020-01-01", periods=2000)
df = pd.DataFrame({
    "day": days[rng.integers(0, 2000, rows)],
    "region": pd.Categorical.from_codes(rng.integers(0, 2, rows), ["North", "South"]),
    "product": pd.Categorical.from_codes(rng.integers(0, 8, rows), list("ABCDEFGH")),
    "amount": rng.gamma(2.0, 50.0, rows),
})""",
    ),
    (
        "code",
        """chosen = df[(df["region"] == region) & (df["day"] >= pd.Timestamp(since))]
chosen.groupby("product", observed=True)["amount"].agg(["count", "mean", "sum"]).round(1)""",
    ),
    ("code", 'daily = chosen.groupby("day")["amount"].sum()'),
    (
        "code",
        """began = time.perf_counter()
figure, axes = plt.subplots(figsize=(8, 3.5))
axes.plot(daily.rolling(n).mean())
axes.set_title(f"Mean of {n} days")
plt.show()
print(f'made for {n} in {(time.perf_counter() - began) * 1000:.3f} ms')""",
    ),
]


def write(folder: Path, name: str, cells: list[tuple[str, object]]) -> Path:
    """A notebook file; the last cell has the id "chart"."""
    written = []
    for index, (kind, content) in enumerate(cells):
        identity = "chart" if index == len(cells) - 1 else f"cell-{index}"
        metadata = {"hexlite": {"input": content}} if kind == "input" else {}
        source = f"{content['name']} = {content['default']!r}" if kind == "input" else content
        written.append(
            {
                "cell_type": "code",
                "id": identity,
                "metadata": metadata,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path
