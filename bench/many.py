"""Many published apps on one kernel host whose memory is far too little for all of them.

    python -m bench many                      300 apps in 6 GiB
    python -m bench many --apps 40 --memory 1

Each is imported, run and published, so that the host plays a template of it; then each is opened and its slider moved
once, one after the other, by somebody who closes the window when the new output is there. What the host keeps is read
all the time, as it says itself and, now and then, from outside.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from apps_runtime.kernels import KernelHost
from apps_runtime.kernels.machine import Memory
from bench import apps, memory
from bench.measures import Figures
from bench.sessions import Person
from bench.stack import ROOT, Stack, running

HEADING = "## Many published apps"
GIB = 2**30
SAMPLE_SECONDS, LOOK_SECONDS = 1.0, 60.0
PATIENCE = 180.0
MOVED_TO = 33


@dataclass
class Watch:
    """What the host kept, as it said each second and as it was found from outside each minute; bytes."""

    told: list[int] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    sandboxes: list[int] = field(default_factory=list)
    kernels: list[int] = field(default_factory=list)
    available: list[int] = field(default_factory=list)
    weighed_in: list[float] = field(default_factory=list)
    evicted: int = 0
    looking: Future | None = None

    @property
    def now(self) -> str:
        """Raises what has ended the looking."""
        if self.looking is not None and self.looking.done():
            self.looking.result()
        kept = f"{self.told[-1] / GIB:.2f} GiB kept (at most {max(self.told) / GIB:.2f})"
        return f"{kept}, {self.sandboxes[-1]} sandboxes, {self.kernels[-1]} kernels in use, {self.evicted} went"


@contextmanager
def watching(stack: Stack) -> Iterator[Watch]:
    host = KernelHost(str(Path(stack.environment["HEXLITE_VAR_DIR"]) / "run" / "kernels.sock"))
    watch, done = Watch(), threading.Event()

    def look() -> None:
        looked = time.monotonic()
        while not done.wait(SAMPLE_SECONDS):
            stats = host.stats()
            watch.told.append(stats["memory"]["kept"])
            watch.weighed_in.append(stats["memory"]["weighed_in"])
            watch.sandboxes.append(len(stats["sandboxes"]))
            watch.kernels.append(len(stats["kernels"]))
            watch.evicted = stats["memory"]["evicted"]
            watch.available.append(Memory.look().available)
            if time.monotonic() - looked > LOOK_SECONDS:
                watch.found.append(int(memory.of_kernels(stack)[0] * 1e6))
                looked = time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        watch.looking = pool.submit(look)
        try:
            yield watch
        finally:
            done.set()


def measure(count: int, budget: int) -> str:
    """The part of the results."""
    more = {"HEXLITE_KERNELS_MEMORY": str(budget)}
    with running(demo=True, more=more) as stack, tempfile.TemporaryDirectory() as folder, watching(stack) as watch:
        file = apps.write(Path(folder), "small", apps.SMALL)
        began = time.monotonic()
        projects, templates = _published(stack, watch, file, count)
        published_in = time.monotonic() - began
        print(f"published {len(projects)}, {templates} played, in {published_in:.0f} s", flush=True)
        person = Person(stack, "alice")
        shown = sum("made for 20 in" in person.get(_address(project)) for project in projects)
        evicted_before = watch.evicted
        began = time.monotonic()
        times = []
        for number, project in enumerate(projects, 1):
            times.append(asyncio.run(_moved(person, project)))
            if number % 25 == 0:
                print(f"moved {number}, slowest {max(times) / 1000:.1f} s, {watch.now}", flush=True)
        visited_in = time.monotonic() - began
        still = sum(f"made for {MOVED_TO} in" in person.get(_address(project)) for project in projects)
        time.sleep(LOOK_SECONDS + 5)  # One more look from outside.
        return _words(count, budget, watch, published_in, templates, shown, still, times, visited_in, evicted_before)


def _published(stack: Stack, watch: Watch, file: Path, count: int) -> tuple[list[str], int]:
    """Ids of projects that were imported, run and published, two at a time; and how many templates were made."""
    halves = [count // 2, count - count // 2]
    environment = stack.environment | {"DJANGO_SETTINGS_MODULE": "hexlite.settings"}
    publishers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.many", str(file), str(half)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for half in halves
        if half
    ]
    while any(one.poll() is None for one in publishers):
        time.sleep(LOOK_SECONDS)
        print(f"publishing, {watch.now}", flush=True)
    told = [json.loads(one.communicate()[0].splitlines()[-1]) for one in publishers]
    return [project for one in told for project in one["projects"]], sum(one["templates"] for one in told)


def publish(file: str, count: int) -> None:
    """In a process with Django, as `manage.py import_notebook` and `publish` do."""
    import django

    django.setup()
    from django.core.management import call_command

    from apps_runtime.models import InstantStart
    from projects.models import Project

    projects = []
    with Path(os.devnull).open("w") as nowhere:
        for _ in range(count):
            before = set(Project.objects.filter(created_by__username="alice").values_list("pk", flat=True))
            call_command("import_notebook", file, owner="alice", stdout=nowhere)
            mine = Project.objects.filter(created_by__username="alice").exclude(pk__in=[*before, *projects])
            projects.append(mine.order_by("-created_at").first().pk)
            call_command("publish", str(projects[-1]), stdout=nowhere)
    made = InstantStart.objects.filter(project__in=projects, ready=True)
    deadline = time.monotonic() + PATIENCE
    while made.count() < count and time.monotonic() < deadline:
        time.sleep(0.5)
    print(json.dumps({"projects": list(map(str, projects)), "templates": made.count()}))


async def _moved(person: Person, project: str) -> float:
    """Milliseconds from the first move in a new window until its output is there; infinite when it never is."""
    async with person.window(project) as window:
        began = time.perf_counter()
        await window.send(json.dumps({"type": "set", "values": {"n": MOVED_TO}}))
        try:
            async with asyncio.timeout(PATIENCE):
                async for text in window:
                    message = json.loads(text)
                    if message.get("id") == "block-chart" and f"made for {MOVED_TO} in" in message["html"]:
                        return (time.perf_counter() - began) * 1000
        except TimeoutError:
            print(f"{project} never showed it", flush=True)
    return float("inf")


def _address(project: str) -> str:
    return f"/harbour-lab/hex/{project}/latest"


def _words(
    count: int, budget: int, watch: Watch, published_in: float, templates: int, shown: int, still: int,
    times: list[float], visited_in: float, evicted_before: int,
) -> str:  # fmt: skip
    answered = Figures(tuple(one for one in times if one != float("inf")))
    rows = [
        ("imported, run and published", f"{count} in {published_in:.0f} s; {templates} played for instant starts"),
        (
            "apps that open with their stored results; after the visits, with what the visitor made",
            f"{shown}; {still} of {count}",
        ),
        ("apps that showed the output of the first change", f"{len(answered.values)} of {count}"),
        ("first change", f"{answered}; {visited_in:.0f} s for all"),
        ("slowest first change", f"{max(answered.values) / 1000:.1f} s"),
        ("budget", f"{budget / GIB:.1f} GiB"),
        ("kept at most, as the host says (promised starts included)", f"{max(watch.told) / GIB:.2f} GiB"),
        ("kept at most, as found from outside (proportional set size)", f"{max(watch.found) / GIB:.2f} GiB"),
        ("kept in the last third of the time", _spread(watch.told[-len(watch.told) // 3 :])),
        ("sandboxes at most; kernels in use at most", f"{max(watch.sandboxes)}; {max(watch.kernels)}"),
        ("things that went for others", f"{evicted_before} while publishing, {watch.evicted - evicted_before} after"),
        ("weighing all of it", str(Figures(tuple(1000 * one for one in watch.weighed_in)))),
        ("the machine's available memory at least", f"{min(watch.available) / GIB:.1f} GiB"),
    ]
    table = "\n".join(f"| {what} | {figure} |" for what, figure in rows)
    told = f"{count} small apps on one kernel host with room for some {budget // (110 * 2**20)} of them"
    head = f"{HEADING}\n\n{told} (`bench/many.py`), measured {time.strftime('%Y-%m-%d')}."
    return f"{head}\n\n| what | measured |\n|---|---|\n{table}\n"


def _spread(sizes: list[int]) -> str:
    return f"{min(sizes) / GIB:.2f}–{max(sizes) / GIB:.2f} GiB"


if __name__ == "__main__":
    publish(sys.argv[1], int(sys.argv[2]))
