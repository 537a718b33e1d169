"""Everything side by side, in one run; and what it says in a table."""

import datetime
import math
import os
import platform
import sys
import traceback
from collections.abc import Callable

from bench.peers import ours, products
from bench.peers.visits import Measured, Spread, Visitor, change, changes_of, measure
from bench.stack import browser

Row = tuple[str, Callable[[Measured], float], Callable[[Measured], str]]

HEADING = "## Beside its peers"

ROWS: list[Row] = [
    ("opened, ms", lambda one: one.opened.median, lambda one: str(one.opened)),
    ("second viewer, ms", lambda one: one.second.median, lambda one: str(one.second)),
    ("opened again in the same window, ms", lambda one: one.again.median, lambda one: str(one.again)),
    ("first change of a session, ms", lambda one: one.first_change.median, lambda one: str(one.first_change)),
    ("change → new chart, ms", lambda one: one.change.median, lambda one: str(one.change)),
    ("memory of each further session, MB", lambda one: one.session, lambda one: f"{one.session:,.0f}"),
    ("memory of each further viewer who only looks, MB", lambda one: one.looking, lambda one: f"{one.looking:,.0f}"),
    (
        "memory of all processes after these visits, with one viewer, MB",
        lambda one: one.one_viewer,
        lambda one: f"{one.one_viewer:,.0f}",
    ),
    ("first visit, KB", lambda one: one.kilobytes, lambda one: f"{one.kilobytes:,.0f} in {one.requests} requests"),
]


def compare(*, opens: int, changes: int, sessions: int) -> str:
    """Measures hexlite and every peer; the text for RESULTS.md. A peer that fails is said to have failed."""
    products.install()
    counts = {"opens": opens, "changes": changes, "sessions": sessions}
    mine, coarse = _ours(**counts)
    found: dict[str, Measured] = {"hexlite": mine}
    _say("hexlite", found["hexlite"])
    failed = {}
    for product in products.PRODUCTS:
        try:
            with products.serving(product) as (url, server), browser() as chromium:
                found[product.name] = measure(Visitor(chromium, url), server, **counts)
            _say(product.name, found[product.name])
        except Exception as problem:  # noqa: BLE001  (one product's trouble must not hide the others)
            traceback.print_exc(file=sys.stderr)
            failed[product.name] = str(problem).splitlines()[0]
    return text(found, failed, coarse, **counts)


def _ours(**counts: int) -> tuple[Measured, Spread]:
    """All of the standard app, and the changes alone where its chart has as few pixels as some peers'."""
    with ours.serving() as (url, coarse, server), browser() as chromium:
        measured = measure(Visitor(chromium, url), server, **counts)
        with Visitor(chromium, coarse).window() as (page, _):
            change(page, 21)
            return measured, Spread(list(changes_of(page, counts["changes"])))


def text(
    found: dict[str, Measured], failed: dict[str, str], coarse: Spread, *, opens: int, changes: int, sessions: int
) -> str:
    names = list(found)
    lines = [
        HEADING,
        "",
        f"Measured {datetime.date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "The same app of 1,000,000 rows for all (a slider, a dropdown, a date; a table and a chart), in one run, in",
        f"one headless Chromium, without the internet. Medians of {opens} windows or {changes} changes, in brackets",
        f"the least and the most; memory (PSS) over {sessions} sessions; × is times hexlite's. What the words mean:",
        "`bench/peers/__init__.py`; the apps: `bench/peers/apps/`.",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for what, number, words in ROWS:
        mine = number(found["hexlite"])
        cells = [words(found["hexlite"]), *(_beside(found[name], mine, number, words) for name in names[1:])]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    told: list[tuple[str, Callable[[Measured], str]]] = [
        ("the chart as each draws it, pixels", lambda one: one.size),
        ("own values kept over a reload", lambda one: "yes" if one.kept else "no"),
        ("windows that never showed the chart", lambda one: str(one.hung)),
    ]
    lines += [f"| {what} | {' | '.join(words(one) for one in found.values())} |" for what, words in told]
    versions = "; ".join(f"{one.name} {one.version} ({one.how})" for one in products.PRODUCTS)
    lines += [
        "",
        f"Versions: {versions}.",
        "",
        "Each draws the chart in its own usual size, and drawing is most of a change: with the chart at 100 dpi",
        f"hexlite's change → new chart is {coarse} ms. Of the memory of all processes hexlite's is also for",
        "accounts, schedules, a queue, sandboxes, and the demo's apps, ready to start.",
        "",
    ]
    lines += [f"{name} was not measured: {why}" for name, why in failed.items()]
    lines += [_honestly(found), ""]
    return "\n".join(lines)


def _beside(one: Measured, mine: float, number: Callable[[Measured], float], words: Callable[[Measured], str]) -> str:
    # Below a megabyte or a millisecond a ratio says nothing.
    ratio = f" ×{number(one) / mine:.1f}" if mine >= 1 else ""
    return words(one) + ratio


def _honestly(found: dict[str, Measured]) -> str:
    better = []
    for what, number, _ in ROWS:
        if math.isnan(number(found["hexlite"])):
            continue
        ahead = [
            name
            for name, one in found.items()
            if not math.isnan(number(one)) and round(number(one)) < round(number(found["hexlite"]))
        ]
        if ahead:
            better.append(f"**{what.partition(',')[0]}** ({', '.join(ahead)})")
    return "hexlite is not the best in: " + "; ".join(better) + "." if better else "hexlite is the best in each row."


def _say(name: str, one: Measured) -> None:
    print(name, *(f"{what}: {words(one)}" for what, _, words in ROWS), f"kept: {one.kept}", sep=" | ", flush=True)
