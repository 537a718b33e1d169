"""What all four apps show: the rows, the numbers and the picture of the standard app (`bench/apps.py`)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

REGIONS = ["North", "South"]


def load() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = 1_000_000
    days = pd.date_range("2020-01-01", periods=2000)
    return pd.DataFrame(
        {
            "day": days[rng.integers(0, 2000, rows)],
            "region": pd.Categorical.from_codes(rng.integers(0, 2, rows), REGIONS),
            "product": pd.Categorical.from_codes(rng.integers(0, 8, rows), list("ABCDEFGH")),
            "amount": rng.gamma(2.0, 50.0, rows),
        }
    )


def choose(df: pd.DataFrame, region: str, since: object) -> pd.DataFrame:
    return df[(df["region"] == region) & (df["day"] >= pd.Timestamp(since))]


def table(chosen: pd.DataFrame) -> pd.DataFrame:
    return chosen.groupby("product", observed=True)["amount"].agg(["count", "mean", "sum"]).round(1)


def daily(chosen: pd.DataFrame) -> pd.Series:
    return chosen.groupby("day")["amount"].sum()


def draw(series: pd.Series, n: int) -> Figure:
    figure = Figure(figsize=(8, 3.5))
    axes = figure.subplots()
    axes.plot(series.rolling(n).mean())
    axes.set_title(f"Mean of {n} days")
    return figure
