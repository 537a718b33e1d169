"""`python -m bench`: prints each bar with its figure, measures the peers beside us, and writes bench/RESULTS.md.

    python -m bench bars     our own bars only
    python -m bench peers    the peers and us, side by side, only
    python -m bench many     many published apps in little memory, only (takes half an hour; not part of all)

Each leaves the others' parts of the file as they are.
"""

import argparse
import datetime
import os
import platform
import tempfile
from pathlib import Path

from bench import apps, many, measures, memory, sessions
from bench.peers import report
from bench.stack import ROOT, browser, running, signed_in

RESULTS = ROOT / "bench" / "RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "bars", "peers", "many"], default="all")
    parser.add_argument("--tries", type=int, default=40)
    parser.add_argument("--apps", type=int, default=300, help="of `many`")
    parser.add_argument("--memory", type=float, default=6, help="of `many`: GiB of the kernel host")
    options = parser.parse_args()
    if options.what in ("all", "bars"):
        _write("bars", _bars(options.tries))
    if options.what == "many":
        _write("many", many.measure(options.apps, int(options.memory * many.GIB)))
    if options.what in ("all", "peers"):
        _write("peers", report.compare(opens=5, changes=15, sessions=4))
    print(RESULTS.read_text())


def _write(part: str, text: str) -> None:
    """One part of the file; the others stay."""
    before = RESULTS.read_text() if RESULTS.exists() else ""
    rest, heading, peers = before.partition(report.HEADING)
    bars, middle, old_many = rest.partition(many.HEADING)
    parts = {"bars": bars, "many": middle + old_many, "peers": heading + peers, part: text}
    RESULTS.write_text("\n\n".join(one.strip() for one in parts.values() if one.strip()) + "\n")


def _bars(tries: int) -> str:
    rows = Rows()
    with running(demo=True) as stack, tempfile.TemporaryDirectory() as folder:
        with browser() as chromium:
            rows.append(("`up` to ready, demo published (new folder)", "", f"{stack.ready_after:.1f} s"))
            file = apps.write(Path(folder), "small", apps.SMALL)
            small = stack.command("import_notebook", str(file), "--owner", "alice").split()[-1]
            stack.command("publish", small)
            page = signed_in(chromium, stack, "alice")
            weather = _weather(stack, page)

            requests, kilobytes = measures.weight(signed_in(chromium, stack, "dave"), weather)
            rows.append(
                (
                    "weight of an app page, first visit",
                    "≤ 25 requests, ≤ 400 KB",
                    f"{requests} requests, {kilobytes:.0f} KB",
                )
            )
            whole, server = measures.open_app(page, weather, tries)
            rows.append(("open a published app → last picture", "≤ 150 ms", str(whole)))
            rows.append(("… the server's time of it, as the browser sees it", "p50 ≤ 30 ms", str(server)))
            alone = measures.server_time(page, stack.url, weather, tries)
            rows.append(("… the same while no browser is at work beside it", "", str(alone)))
            small_app = f"/harbour-lab/hex/{small}/latest"
            first, beyond, own = measures.change_input(page, small_app, tries)
            rows.append(("first change: a fork of the version is taken", "", f"{first:.0f} ms"))
            rows.append(
                ("change of an input → new output, beyond the cell's own time", "p50 ≤ 25, p95 ≤ 50 ms", str(beyond))
            )
            rows.append(("… the cell's own time", "", str(own)))

            file = apps.write(Path(folder), "standard", apps.STANDARD)
            standard = stack.command("import_notebook", str(file), "--owner", "alice").split()[-1]
            stack.command("publish", standard)
            standard_app = f"/harbour-lab/hex/{standard}/latest"
            whole, server = measures.open_app(page, standard_app, tries)
            rows.append(("1,000,000 rows: open → last picture", "≤ 150 ms", str(whole)))
            rows.append(("… second viewer, another person", "", str(_as_dave(chromium, stack, standard, tries))))
            first, beyond, own = measures.change_input(page, standard_app, tries)
            rows.append(("1,000,000 rows: first change", "", f"{first:.0f} ms"))
            rows.append(("1,000,000 rows: slider → new chart, beyond the cell's own time", "", str(beyond)))
            rows.append(("… the cell's own time", "", str(own)))
        # Without Playwright's own event loop.
        nobody, many, app_alone = memory.of_sessions(stack, standard_app, 20)
        rows.append(("1,000,000 rows: the kernel host with nobody there", "", f"{nobody:.0f} MB"))
        rows.append(("… with 20 active sessions, beside the demo and the small app", "", f"{many:.0f} MB"))
        rows.append(("… of that the host and this app alone", "≤ 1,200 MB", f"{app_alone:.0f} MB"))
        rows.append(("… each further session", "≤ 30 MB", f"{(many - nobody) / 20:.0f} MB"))
        told, shown = sessions.together(stack, small_app, 50)
        rows.append(("50 windows in one session: all were told the value", "≤ 200 ms", str(told)))
        rows.append(("… all show the new output", "", str(shown)))
        apart = sessions.apart(stack, small_app, 100)
        rows.append(("100 sessions in one web process, all moved at once", "", str(apart)))
    return _table(rows)


class Rows(list):
    """What was measured; printed as it comes, so that a failure later does not take it along."""

    def append(self, row: tuple[str, str, str]) -> None:
        print(*row, sep=" | ", flush=True)
        super().append(row)


def _as_dave(chromium, stack, project: str, tries: int) -> measures.Figures:
    stack.command("share", project, "--user", "dave", "--level", "App Only")
    return measures.open_app(signed_in(chromium, stack, "dave"), f"/harbour-lab/hex/{project}/latest", tries)[0]


def _weather(stack, page) -> str:
    page.goto("/")
    return (
        page.get_by_role("link", name="Seattle weather")
        .first.get_attribute("href")
        .replace("/project/", "/hex/")
        .rstrip("/")
        + "/latest"
    )


def _table(rows: list[tuple[str, str, str]]) -> str:
    today = datetime.date.today().isoformat()
    head = f"# Measured {today}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n"
    lines = [
        "| what | bar | measured |",
        "|---|---|---|",
        *(f"| {what} | {bar} | {figure} |" for what, bar, figure in rows),
    ]
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
