"""`manage.py run_notebook FILE`: execute a notebook as a scheduled run would, without a project."""

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from apps_runtime.kernels import Kernel, KernelHost, KernelUnavailable, connect
from apps_runtime.playing import run_playing
from apps_runtime.playing.player import Ended, Player
from apps_runtime.playing.reading_options import RunOptions
from projects.notebook import inputs
from projects.notebook.document import Notebook
from projects.notebook.files import ipynb
from projects.notebook.files.unreadable import UnreadableNotebook


class Command(BaseCommand):
    help = "Executes a notebook from the top with a new kernel. Exit code 1 if a cell fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="the value of an input")
        parser.add_argument("--output", type=Path, help="where to write the executed notebook")

    def handle(self, *args: Any, file: Path, output: Path | None, **options: Any) -> None:
        notebook = _read(file)
        values = _values(notebook, options["set"])
        outputs: dict[str, list] = {}
        counts: dict[str, int] = {}
        try:
            with _kernel(file.resolve().parent) as kernel:
                failed = _play(notebook, values, kernel, outputs, counts)
        except KernelUnavailable as problem:
            raise CommandError(str(problem)) from problem
        if output is not None:
            output.write_text(ipynb.write(notebook, outputs, counts))
        if failed is not None:
            raise CommandError(f"Cell {failed[0]} failed: {failed[1]}")
        self.stdout.write("Every cell ran.")


def _read(file: Path) -> Notebook:
    try:
        return ipynb.read(file.read_bytes(), file.name).notebook
    except OSError as problem:
        raise CommandError(f"{file} can't be read: {problem.strerror}.") from problem
    except UnreadableNotebook as problem:
        raise CommandError(str(problem)) from problem


def _values(notebook: Notebook, settings_given: list[str]) -> dict[str, Any]:
    """Values of all inputs, with those of `--set`. A value that an input can't have is an error here, not ignored."""
    given = {}
    for setting in settings_given:
        name, equals, text = setting.partition("=")
        try:
            given[name] = json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise CommandError(f"--set {setting}: give NAME=JSON, such as n=20 or city='\"Oslo\"'.") from problem
        if not equals or name not in notebook.input_cells:
            known = ", ".join(notebook.input_cells) or "none"
            raise CommandError(f"--set {setting}: the notebook has no input “{name}”; it has {known}.")
    parsed = inputs.parse_values(notebook.inputs, given, inputs.defaults(notebook.inputs), timezone.now())
    if parsed.ignored:
        raise CommandError("; ".join(parsed.ignored.values()) + ".")
    return {**parsed.values, **parsed.held}


def _play(
    notebook: Notebook, values: dict[str, Any], kernel: Kernel, outputs: dict[str, list], counts: dict[str, int]
) -> tuple[str, str] | None:
    """Fills `outputs` and `counts`; the cell that failed and why, or None."""
    player = Player(kernel, run_playing.limits())
    now = timezone.now()
    cells = [cell for cell in notebook.cells if cell.kind.runs]
    chosen = RunOptions(notebook, values, now)
    for number, cell in enumerate(tqdm(cells, desc="Running", unit="cell", file=sys.stderr), 1):
        if cell.input and cell.input.options_from:
            chosen.judge(player, cell.input)
        for event in run_playing.play_cell(player, cell, chosen.values, now, settings.HEXLITE_CELL_SECONDS_BATCH):
            if isinstance(event, Ended):
                if cell.input is None:
                    outputs[cell.id] = event.outputs
                if event.execution_count is not None:
                    counts[cell.id] = event.execution_count
                if event.state != "done":
                    return f"{cell.id} (number {number})", event.sentence
    return None


@contextmanager
def _kernel(folder: Path) -> Iterator[Kernel]:
    """A kernel of a host that lives as long as this command, working in the notebook's folder."""
    with tempfile.TemporaryDirectory(prefix="hx") as run_dir:
        host = subprocess.Popen(
            [sys.executable, "manage.py", "kernels"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "HEXLITE_RUN_DIR": run_dir},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            if "ready" not in host.stdout.readline():
                raise KernelUnavailable(host.stderr.read().strip() or "The kernel host did not start.")
            address = KernelHost(str(Path(run_dir) / "kernels.sock")).start(
                "run-notebook", folder, label="run_notebook"
            )
            yield connect(address)
        finally:
            host.terminate()
            host.wait(20)
            host.stdout.close()
            host.stderr.close()
