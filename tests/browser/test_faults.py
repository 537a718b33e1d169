"""Processes are killed while people look on: nothing is lost but the time."""

import json

import psutil
import pytest
from playwright.sync_api import Page, expect

from apps_runtime.kernels import KernelHost
from tests.kernel_host import wait_until
from tests.running import Hexlite

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLIDER = {"kind": "slider", "name": "waves", "label": "Waves", "default": 2, "min": 1, "max": 9, "step": 1}
SOURCES = {
    "count": "waves = 2",
    "once": "import os, time, uuid\nprint('begun', flush=True)\nkernel = uuid.uuid4().hex",
    # Cells that a test holds up look for a file, so that nobody waits longer than he must.
    # It reads the input, so that a change plays it again also where the session is a fork in which it has been played.
    "gate": "wanted = waves\nwhile os.path.exists('closed'):\n    time.sleep(0.05)",
    "words": "print(f'{waves} waves')",
    "which": "print(f'kernel {kernel}')",
}
# A lost worker is noticed when the next one has started and two heartbeats have passed.
NOTICED = 60_000


@pytest.fixture
def project(hexlite: Hexlite, tmp_path) -> str:
    """The id of a new project of alice's, which dave may open as an app."""
    cells = [
        {
            "cell_type": "code",
            "id": cell_id,
            "metadata": {"hexlite": {"input": SLIDER}} if cell_id == "count" else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for cell_id, source in SOURCES.items()
    ]
    file = tmp_path / "waves.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    identity = hexlite.command("import_notebook", str(file), "--owner", "alice").split()[-1]
    hexlite.command("share", identity, "--user", "dave", "--level", "App Only")
    return identity


class Gate:
    """Holds up the cell that looks for it."""

    def __init__(self, hexlite: Hexlite, project: str) -> None:
        self.file = hexlite.folder / "files" / project / "closed"
        self.file.parent.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        self.file.touch()

    def open(self) -> None:
        self.file.unlink(missing_ok=True)


@pytest.fixture
def gate(hexlite: Hexlite, project: str):
    gate = Gate(hexlite, project)
    yield gate
    gate.open()


def kill(hexlite: Hexlite, part: str) -> None:
    """kill -9 of the `web` or the `worker`; `up` starts another."""
    word = {"web": "uvicorn", "worker": "worker"}[part]
    [process] = [one for one in psutil.Process(hexlite.process.pid).children() if word in one.cmdline()]
    process.kill()
    wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def kernels_of(hexlite: Hexlite, project: str) -> list[str]:
    host = KernelHost(hexlite.environment["HEXLITE_RUN_DIR"] + "/kernels.sock")
    return [kernel.kernel_id for kernel in host.kernels() if kernel.project_id == project and kernel.label]


def test_a_worker_killed_during_a_preview_costs_the_preview_and_nothing_else(visit, hexlite, project, gate) -> None:
    gate.close()
    alice = visit("alice")
    alice.goto(f"/harbour-lab/project/{project}/")
    alice.get_by_role("button", name="Publish", exact=True).click()
    preview = alice.get_by_role("group", name="Preview of the app")
    expect(preview.get_by_text("begun")).to_be_visible(timeout=30_000)
    assert len(kernels_of(hexlite, project)) == 1

    kill(hexlite, "worker")

    wait_until(lambda: not kernels_of(hexlite, project))
    expect(alice.get_by_text("The worker that played this run was lost.")).to_be_visible(timeout=NOTICED)
    expect(preview.get_by_text("begun")).to_be_visible()
    dave = visit("dave")
    assert dave.goto(f"/harbour-lab/hex/{project}/latest").status == 404, "nothing was published"

    gate.open()
    alice.get_by_role("button", name="Start a new preview").click()  # From here on the lost one can't be published.
    alice.get_by_role("button", name="Publish version").click(timeout=30_000)
    expect(alice.get_by_text("Published version")).to_be_visible()
    dave.reload()
    expect(dave.get_by_text("2 waves")).to_be_visible()


def test_a_web_killed_during_a_session_keeps_inputs_outputs_and_kernel(visit, hexlite, project) -> None:
    hexlite.command("publish", project)
    dave = visit("dave")
    dave.goto(f"/harbour-lab/hex/{project}/latest")
    move(dave, "5")
    expect(dave.get_by_text("5 waves")).to_be_visible(timeout=30_000)
    kernel = dave.get_by_text("kernel ").inner_text()

    kill(hexlite, "web")

    expect(dave.get_by_text("Reconnecting…")).to_be_visible()
    expect(dave.get_by_text("5 waves")).to_be_visible()
    move(dave, "7")
    expect(dave.get_by_text("7 waves")).to_be_visible(timeout=30_000)
    expect(dave.get_by_text("Reconnecting…")).to_be_hidden()
    expect(dave.get_by_text(kernel)).to_be_visible()
    dave.reload()
    expect(dave.get_by_label("Waves")).to_have_value("7")
    expect(dave.get_by_text("7 waves")).to_be_visible()
    assert len(kernels_of(hexlite, project)) == 1


def test_a_web_killed_while_a_cell_runs_misses_no_output(visit, hexlite, project, gate) -> None:
    hexlite.command("publish", project)
    gate.close()
    dave = visit("dave")
    dave.goto(f"/harbour-lab/hex/{project}/latest")
    dave.get_by_role("button", name="Run", exact=True).click()
    expect(dave.get_by_role("button", name="Stop")).to_be_visible()
    wait_until(lambda: kernels_of(hexlite, project))

    kill(hexlite, "web")
    gate.open()

    expect(dave.get_by_role("button", name="Run", exact=True)).to_be_visible(timeout=30_000)
    expect(dave.get_by_text("2 waves")).to_be_visible()


def test_what_is_typed_while_the_web_is_gone_is_saved(visit, hexlite, project) -> None:
    alice = visit("alice")
    alice.goto(f"/harbour-lab/project/{project}/")
    expect(alice.locator("live-notebook[data-saved=true]")).to_be_attached()
    words = alice.locator("#cell-words")
    words.get_by_role("textbox").click()

    kill(hexlite, "web")
    alice.keyboard.press("ControlOrMeta+End")
    alice.keyboard.insert_text("\nprint('typed meanwhile')")
    expect(alice.get_by_text("Reconnecting…")).to_be_visible()

    alice.keyboard.press("ControlOrMeta+Enter")
    expect(alice.locator("live-notebook[data-saved=true]")).to_be_attached(timeout=30_000)
    alice.reload()
    expect(words).to_contain_text("typed meanwhile")


def test_a_worker_killed_while_an_app_runs_keeps_the_inputs(visit, hexlite, project, gate) -> None:
    hexlite.command("publish", project)
    gate.close()
    dave = visit("dave")
    dave.goto(f"/harbour-lab/hex/{project}/latest")
    move(dave, "5")
    dave.get_by_role("button", name="Run", exact=True).or_(dave.get_by_role("button", name="Stop")).first.wait_for()
    wait_until(lambda: kernels_of(hexlite, project))

    kill(hexlite, "worker")

    expect(dave.get_by_text("Your inputs and the results so far are kept")).to_be_visible(timeout=NOTICED)
    gate.open()
    dave.get_by_role("button", name="Run", exact=True).click()
    expect(dave.get_by_text("5 waves")).to_be_visible(timeout=30_000)
    expect(dave.get_by_label("Waves")).to_have_value("5")


def move(page: Page, value: str) -> None:
    page.get_by_label("Waves").fill(value)
