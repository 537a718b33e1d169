"""Publishing in real browsers, with real workers: what visitors get at any moment is one version or the next."""

import json
import re
import threading
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_notebook_page import Notebook
from tests.kernel_host import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLIDER = {"kind": "slider", "name": "n", "label": "Count", "default": 4, "min": 1, "max": 50, "step": 1}
SOURCES = {
    "count": "n = 4",
    "gate": "import os, time\nwhile os.path.exists('closed'):\n    time.sleep(0.05)",
    "words": "print('The first state')",
    "sum": "print('sum', sum(range(n)))",
}
SAID = re.compile(r"The \w+ state")
LONG = 60_000


@pytest.fixture
def project(hexlite, tmp_path) -> str:
    """The id of a new project of alice's, which bob edits and dave opens as an app."""
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
    file = tmp_path / "states.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    identity = hexlite.command("import_notebook", str(file), "--owner", "alice").split()[-1]
    hexlite.command("share", identity, "--user", "bob", "--level", "Can Edit")
    hexlite.command("share", identity, "--user", "dave", "--level", "App Only")
    return identity


@pytest.fixture
def address(project) -> str:
    return f"/harbour-lab/project/{project}/"


@pytest.fixture
def app(project) -> str:
    return f"/harbour-lab/hex/{project}/latest"


@pytest.fixture
def gate(hexlite, project):
    """A file that holds up the cell that looks for it."""
    file = hexlite.folder / "files" / project / "closed"
    file.parent.mkdir(parents=True, exist_ok=True)
    yield file
    file.unlink(missing_ok=True)


def open_publish(page: Page) -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^Publish "))).to_be_visible()


def publish(page: Page) -> None:
    """The whole way: open the dialogue, wait for the run, press the button."""
    open_publish(page)
    page.get_by_role("button", name="Publish version").click(timeout=LONG)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()


def write_words(notebook: Notebook, state: str) -> None:
    notebook.write("words", f"print('The {state} state')")
    notebook.saved()


@contextmanager
def watched(page: Page, app: str):
    """Ask for the app's address without a pause, as its signed-in visitor; gives what was seen, in order and once."""
    seen: list[str] = []
    over = threading.Event()
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    origin = re.match(r"https?://[^/]+", page.url)[0]

    def look() -> None:
        while not over.is_set():
            with urlopen(Request(origin + app, headers={"Cookie": cookies})) as answer:
                states = SAID.findall(answer.read().decode())
            state = " and ".join(dict.fromkeys(states)) or "nothing"
            if not seen or seen[-1] != state:
                seen.append(state)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(20)


def test_edit_preview_compare_publish_revert_publish_again(visit, hexlite, project, address, app):
    """The app's address shows each state, and never anything between."""
    hexlite.command("publish", project)
    dave = visit("dave")
    dave.goto(app)
    expect(dave.get_by_text("The first state")).to_be_visible()
    alice = Notebook(visit("alice"), address)
    page = alice.page
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    with watched(dave, app) as seen:
        write_words(alice, "second")
        open_publish(page)
        preview = page.get_by_role("group", name="Preview of the app")
        expect(preview.get_by_text("The second state")).to_be_visible(timeout=LONG)
        changes = page.locator("#changes")
        expect(changes.get_by_text("1 cell changed")).to_be_visible()
        expect(changes.get_by_role("region", name="Changes in Cell 3")).to_contain_text("second")
        expect(changes.get_by_role("region", name="Changes in the text")).to_contain_text("The first state")
        page.get_by_role("button", name="Publish version").click()
        expect(page.get_by_text("Published version").first).to_be_visible()
        expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()

        page.get_by_role("button", name=re.compile("^Version")).first.click()
        control = page.get_by_role("dialog", name="Version control")
        control.get_by_role("button", name=re.compile("^Version 1")).click()
        control.get_by_role("button", name="Revert draft to this").click()
        expect(page.get_by_text("The draft is Version 1 again.")).to_be_visible()
        expect(alice.cell("words")).to_contain_text("The first state", timeout=LONG)
        wait_until(lambda: seen[-1] == "The second state")  # Reverting changes the draft only.
        publish(page)
        wait_until(lambda: seen[-1] == "The first state")

        write_words(alice, "third")
        publish(page)
        wait_until(lambda: seen[-1] == "The third state")
        dave.reload()
        expect(dave.get_by_text("The third state")).to_be_visible()
    assert seen == ["The first state", "The second state", "The first state", "The third state"]


def test_two_publishers_and_edits_during_a_preview(visit, hexlite, project, address, app, gate):
    hexlite.command("publish", project)
    alice, bob = Notebook(visit("alice"), address), Notebook(visit("bob"), address)
    write_words(alice, "second")
    gate.touch()
    open_publish(alice.page)
    expect(alice.page.get_by_text("Running…").first).to_be_visible()

    expect(bob.cell("words")).to_contain_text("The second state")
    write_words(bob, "third")
    said = alice.page.locator("#publish-said")
    expect(said).to_contain_text("Bob", timeout=LONG)
    open_publish(bob.page)
    gate.unlink()
    bob.page.get_by_role("button", name="Publish version").click(timeout=LONG)
    expect(bob.page.get_by_text("Published version").first).to_be_visible()

    alice.page.get_by_role("button", name="Publish version").click(timeout=LONG)
    expect(said).to_contain_text(re.compile("Bob published version"))
    dave = visit("dave")
    dave.goto(app)
    expect(dave.get_by_text("The third state")).to_be_visible()


def test_a_visitor_stays_on_the_version_and_switches_with_the_inputs(visit, hexlite, project, address, app):
    hexlite.command("publish", project)
    dave = visit("dave")
    dave.goto(app)
    dave.get_by_label("Count").fill("10")
    expect(dave.get_by_text("sum 45")).to_be_visible(timeout=LONG)

    alice = Notebook(visit("alice"), address)
    write_words(alice, "second")
    publish(alice.page)

    expect(dave.get_by_text("Alice published version")).to_be_visible()
    expect(dave.get_by_text("The first state")).to_be_visible()
    dave.get_by_label("Count").fill("11")
    expect(dave.get_by_text("sum 55")).to_be_visible(timeout=LONG)
    expect(dave.get_by_text("The first state")).to_be_visible()

    dave.get_by_role("button", name="Switch and keep my inputs").first.click()
    expect(dave.get_by_text("The second state")).to_be_visible(timeout=LONG)
    expect(dave.get_by_label("Count")).to_have_value("11")
    expect(dave.get_by_text("sum 55")).to_be_visible(timeout=LONG)


def test_reverting_and_publishing_during_a_run_keeps_its_results_out(visit, hexlite, project, address, app, gate):
    hexlite.command("publish", project)
    alice = Notebook(visit("alice"), address)
    page = alice.page
    page.goto(f"{address}runs/1/")
    gate.touch()
    page.get_by_role("button", name="Run again").click()
    page.wait_for_url("**/runs/2/")
    expect(page.locator("main .state").first).to_contain_text("Running", timeout=LONG)

    window = Notebook(visit("alice"), address)
    write_words(window, "second")
    open_publish(window.page)
    window.page.get_by_role("button", name="Other ways to publish").click()
    window.page.get_by_role("button", name=re.compile("^Publish now")).click()
    expect(window.page.get_by_text("Published version").first).to_be_visible()
    gate.unlink()

    # Both runs end: the one of the former version leaves its results to itself, the other's appear.
    expect(page.locator("main .state").first).to_contain_text("Succeeded", timeout=LONG)
    dave = visit("dave")
    dave.goto(app)
    expect(dave.get_by_text("The second state")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("The app shows its results")).to_be_hidden()


def test_an_open_list_of_projects_follows_a_run_from_its_start_to_its_end(visit, hexlite, project, address, gate):
    hexlite.command("publish", project)
    page, window = visit("alice"), visit("bob")
    page.goto("/")
    row = page.locator("tr").filter(has=page.locator(f'a[href="{address}"]'))
    expect(row).to_contain_text("Published")
    gate.touch()
    window.goto(f"{address}runs/1/")
    window.get_by_role("button", name="Run again").click()
    expect(row).to_contain_text("1 of 4", timeout=LONG)
    gate.unlink()
    expect(row).to_contain_text("Published", timeout=LONG)
