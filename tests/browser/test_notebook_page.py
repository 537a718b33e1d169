"""The notebook page in a real browser: what alice and bob do with their hands."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

# A kernel that has to start first, on a machine that is busy with other tests.


@pytest.fixture
def project(hexlite, tmp_path) -> str:
    """The address of a new project of alice's: text, a slider `n`, a cell without it, a cell that reads it."""
    cells = [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Squares\n\nOf $n$ numbers."},
        {
            "cell_type": "code",
            "id": "count",
            "metadata": {
                "hexlite": {
                    "input": {
                        "kind": "slider",
                        "name": "n",
                        "label": "Count",
                        "default": 4,
                        "min": 1,
                        "max": 50,
                        "step": 1,
                    }
                }
            },
            "source": "n = 4",
            "outputs": [],
            "execution_count": None,
        },
        _code("one", "words = 'first'"),
        _code("two", "print([k * k for k in range(n)])"),
    ]
    file = tmp_path / "squares.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    printed = hexlite.command("import_notebook", str(file), "--owner", "alice").strip().splitlines()
    return re.search(r"(/\S+/project/[0-9a-f-]+/)", "\n".join(printed)).group(1)


def share(hexlite, project: str, name: str, level: str) -> None:
    hexlite.command("share", project.rstrip("/").rsplit("/", 1)[1], "--user", name, "--level", level)


class Notebook:
    """A window on the notebook page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(address)
        expect(page.locator("live-notebook[data-saved=true]")).to_be_attached()

    def cell(self, cell_id: str):
        return self.page.locator(f"#cell-{cell_id}")

    def editor(self, cell_id: str):
        return self.cell(cell_id).get_by_role("textbox")

    def result(self, cell_id: str):
        return self.cell(cell_id).locator(".cell-outputs")

    @property
    def order(self) -> list[str]:
        return self.page.locator("#cell-list > .cell").evaluate_all("cells => cells.map((cell) => cell.dataset.cell)")

    def choose(self, cell_id: str) -> None:
        """Command mode on a cell."""
        self.cell(cell_id).locator(".gutter").click()
        expect(self.cell(cell_id)).to_have_attribute("aria-current", "true")
        expect(self.cell(cell_id)).to_be_focused()

    def write(self, cell_id: str, text: str) -> None:
        """All of the cell's text, typed anew."""
        self.editor(cell_id).click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def saved(self) -> None:
        expect(self.page.locator("live-notebook[data-saved=true]")).to_be_attached()

    def source(self, cell_id: str) -> str:
        return self.cell(cell_id).evaluate("(element) => element.notebookCell.text")


def _code(cell_id: str, source: str) -> dict:
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


@pytest.fixture
def alice(visit, project) -> Notebook:
    return Notebook(visit("alice"), project)


@pytest.fixture
def bob(visit, hexlite, project) -> Notebook:
    share(hexlite, project, "bob", "Can Edit")
    return Notebook(visit("bob"), project)


# ---- Writing and running


def test_alice_writes_runs_and_finds_it_again(alice: Notebook) -> None:
    alice.write("one", "words = 'second'\nprint(words)")
    alice.page.keyboard.press("Shift+Enter")
    expect(alice.result("one")).to_contain_text("second")
    expect(alice.cell("one")).to_have_attribute("data-state", "done")
    expect(alice.cell("two")).to_have_attribute("aria-current", "true")
    alice.page.reload()
    expect(alice.result("one")).to_contain_text("second")
    assert alice.source("one") == "words = 'second'\nprint(words)"


def test_run_all_and_what_depends_on_a_moved_slider(alice: Notebook) -> None:
    alice.page.get_by_role("button", name="Run all", exact=True).click()
    expect(alice.result("two")).to_contain_text("[0, 1, 4, 9]")
    expect(alice.page.locator("#run-line")).to_have_attribute("data-busy", "false")
    slider = alice.page.get_by_role("slider", name="Count")
    slider.focus()
    slider.press("ArrowRight")
    expect(alice.result("two")).to_contain_text("[0, 1, 4, 9, 16]")


def test_a_failing_cell_says_what_is_wrong(alice: Notebook) -> None:
    alice.write("one", "1 / 0")
    alice.page.keyboard.press("ControlOrMeta+Enter")
    expect(alice.cell("one")).to_have_attribute("data-state", "failed")
    expect(alice.cell("one")).to_have_accessible_name("Code cell 2, failed")
    expect(alice.result("one")).to_contain_text("ZeroDivisionError")


def test_interrupting_a_long_cell(alice: Notebook) -> None:
    alice.write("one", "import time\nprint('begun', flush=True)\ntime.sleep(600)")
    alice.page.keyboard.press("ControlOrMeta+Enter")
    expect(alice.result("one")).to_contain_text("begun")
    alice.page.keyboard.press("Escape")
    alice.page.keyboard.press("i")
    alice.page.keyboard.press("i")
    expect(alice.page.get_by_role("button", name="Run all", exact=True)).to_be_visible()
    expect(alice.cell("one")).not_to_have_attribute("data-state", "running")


def test_completion_comes_from_the_kernel(alice: Notebook) -> None:
    alice.write("one", "remarkable_name = 1")
    alice.page.keyboard.press("ControlOrMeta+Enter")
    expect(alice.cell("one")).to_have_attribute("data-state", "done")
    alice.write("two", "rem")
    alice.page.keyboard.type("ark")
    alice.page.get_by_role("option", name="remarkable_name").click()
    assert alice.source("two") == "remarkable_name"


# ---- Jupyter's keys


def test_cells_come_and_go_by_keys(alice: Notebook) -> None:
    keyboard = alice.page.keyboard
    alice.choose("one")
    keyboard.press("b")
    expect(alice.page.locator("#cell-list > .cell")).to_have_count(5)
    new = alice.order[3]
    assert alice.order == ["head", "count", "one", new, "two"]
    keyboard.press("Enter")
    keyboard.insert_text("fresh = True")
    keyboard.press("Escape")
    expect(alice.cell(new)).to_be_focused()
    keyboard.press("m")
    expect(alice.cell(new)).to_have_attribute("data-kind", "markdown")
    keyboard.press("y")
    expect(alice.cell(new)).to_have_attribute("data-kind", "code")
    keyboard.press("d")
    keyboard.press("d")
    expect(alice.cell(new)).to_have_count(0)
    expect(alice.cell("two")).to_be_focused()
    keyboard.press("z")
    expect(alice.cell(new)).to_be_visible()
    assert alice.source(new) == "fresh = True"
    keyboard.press("k")
    expect(alice.cell("one")).to_be_focused()
    keyboard.press("Alt+ArrowUp")
    expect(alice.page.locator("#cell-list > .cell").nth(1)).to_have_attribute("id", "cell-one")
    alice.saved()
    alice.page.reload()
    assert alice.order == ["head", "one", "count", new, "two"]


def test_several_cells_are_copied_merged_and_split(alice: Notebook) -> None:
    keyboard = alice.page.keyboard
    alice.choose("one")
    keyboard.press("Shift+J")
    keyboard.press("c")
    expect(alice.page.get_by_text("Copied 2 cells")).to_be_visible()
    keyboard.press("v")
    expect(alice.page.locator("#cell-list > .cell")).to_have_count(6)
    alice.choose("one")
    keyboard.press("Shift+J")
    keyboard.press("Shift+M")
    expect(alice.cell("two")).to_have_count(0)
    assert alice.source("one") == "words = 'first'\nprint([k * k for k in range(n)])"
    alice.cell("one").locator(".cm-line").nth(1).click()
    keyboard.press("Home")
    keyboard.press("Control+Shift+-")
    expect(alice.page.locator("#cell-list > .cell")).to_have_count(6)
    assert alice.source("one") == "words = 'first'"
    assert alice.source(alice.order[3]) == "print([k * k for k in range(n)])"


def test_a_deleted_cell_comes_back_from_the_notice(alice: Notebook) -> None:
    alice.choose("one")
    alice.page.keyboard.press("d")
    alice.page.keyboard.press("d")
    alice.page.get_by_role("button", name="Undo").click()
    expect(alice.cell("one")).to_be_visible()
    assert alice.order == ["head", "count", "one", "two"]


def test_text_is_written_by_double_click_and_drawn_with_maths(alice: Notebook) -> None:
    expect(alice.cell("head").locator(".katex")).to_be_visible()
    alice.cell("head").get_by_text("Of").dblclick()
    alice.write("head", "# Cubes\n\nOf $m^3$.")
    alice.page.keyboard.press("Shift+Enter")
    expect(alice.cell("head").get_by_role("heading", name="Cubes")).to_be_visible()
    expect(alice.editor("head")).to_have_count(0)
    expect(alice.page.get_by_role("navigation", name="Project").get_by_role("link", name="Cubes")).to_be_visible()


def test_the_keys_are_told(alice: Notebook) -> None:
    alice.choose("one")
    alice.page.keyboard.press("?")
    expect(alice.page.get_by_role("dialog", name="Keys")).to_be_visible()


# ---- Two people


def test_what_bob_writes_appears_at_alices(alice: Notebook, bob: Notebook) -> None:
    bob.write("one", "words = 'from bob'")
    expect(alice.cell("one")).to_contain_text("from bob")
    bob.choose("two")
    bob.page.keyboard.press("a")
    expect(alice.page.locator("#cell-list > .cell")).to_have_count(5)


def test_a_control_that_has_the_focus_shows_what_alice_moved(alice: Notebook, bob: Notebook) -> None:
    control = bob.cell("count").get_by_label("Count")
    control.focus()
    alice.cell("count").get_by_label("Count").fill("9")
    expect(control).to_have_value("9")
    expect(control).to_be_focused()


def test_the_second_gets_the_difference_and_a_choice(alice: Notebook, bob: Notebook) -> None:
    """Alice is cut off while bob changes the cell she is writing in."""
    expect(alice.editor("one")).to_be_visible()
    alice.page.context.set_offline(True)
    alice.write("one", "words = 'hers'")
    bob.write("one", "words = 'his'")
    bob.saved()
    expect(alice.page.get_by_text("Not saved yet")).to_be_visible()
    alice.page.context.set_offline(False)
    dialogue = alice.page.get_by_role("dialog", name="Bob changed the same text")
    expect(dialogue.locator("del")).to_have_text("his")
    expect(dialogue.locator("ins")).to_have_text("hers")
    dialogue.get_by_role("button", name="Keep mine").click()
    expect(bob.cell("one")).to_contain_text("hers")
    alice.saved()


def test_keeping_theirs_and_editing_both(alice: Notebook, bob: Notebook) -> None:
    expect(alice.editor("two")).to_be_visible()
    alice.page.context.set_offline(True)
    alice.write("one", "words = 'hers'")
    bob.write("one", "words = 'his'")
    bob.saved()
    alice.page.context.set_offline(False)
    alice.page.get_by_role("button", name="Edit both").click()
    for text in ("'his'", "'hers'"):
        expect(bob.cell("one")).to_contain_text(text)
    alice.page.context.set_offline(True)
    alice.write("two", "hers")
    bob.write("two", "his")
    bob.saved()
    alice.page.context.set_offline(False)
    alice.page.get_by_role("button", name="Keep Bob’s").click()
    expect(alice.editor("two")).to_have_text("his")
    alice.saved()


# ---- A bad connection


def test_what_is_typed_while_away_is_saved_when_back(alice: Notebook) -> None:
    expect(alice.editor("one")).to_be_visible()
    alice.page.context.set_offline(True)
    alice.write("one", "words = 'written on a train'")
    alice.choose("two")
    alice.page.keyboard.press("b")
    expect(alice.page.get_by_text("Not saved yet")).to_be_visible()
    alice.page.context.set_offline(False)
    alice.saved()
    expect(alice.page.get_by_text("Not saved yet")).to_be_hidden()
    alice.page.reload()
    assert alice.source("one") == "words = 'written on a train'"
    assert len(alice.order) == 5


# ---- Inputs


def test_settings_are_checked_where_they_are_typed(alice: Notebook) -> None:
    alice.choose("count")
    alice.page.get_by_role("button", name="Cell settings").click()
    panel = alice.page.get_by_role("complementary", name="Input settings")
    panel.get_by_label("Default").fill("165")
    expect(panel.get_by_text("from 1 to 50")).to_be_visible()
    expect(panel.get_by_label("Default")).to_have_attribute("aria-invalid", "true")
    panel.get_by_label("Default").fill("7")
    expect(panel.get_by_label("Default")).not_to_have_attribute("aria-invalid", "true")
    panel.get_by_label("Label").fill("How many")
    expect(alice.page.get_by_role("slider", name="How many")).to_have_value("7")
    panel.get_by_label("Kind").select_option("Number")
    expect(alice.page.get_by_role("spinbutton", name="How many")).to_have_value("7")


def test_an_assignment_becomes_an_input(alice: Notebook) -> None:
    alice.write("one", "days = 30")
    alice.page.keyboard.press("Escape")
    alice.page.keyboard.press("u")
    expect(alice.page.get_by_role("spinbutton", name="Days")).to_have_value("30")


# ---- Notebooks of the project


def test_a_notebook_is_added_renamed_and_deleted(alice: Notebook) -> None:
    page = alice.page
    page.get_by_role("button", name="Add a notebook").click()
    page.wait_for_url(re.compile("notebook="))
    rail = page.get_by_role("navigation", name="Project")
    rail.get_by_role("button", name="More for Untitled").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the notebook").fill("Second")
    page.keyboard.press("Enter")
    expect(rail.get_by_role("link", name="Second")).to_be_visible()
    page.reload()
    rail.get_by_role("button", name="More for Second").click()
    page.get_by_role("button", name=re.compile("^Delete")).click()
    expect(rail.get_by_role("link", name="Second")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(rail.get_by_role("link", name="Second")).to_be_visible()


# ---- Readers


def test_carol_reads_and_can_not_type(visit, hexlite, project) -> None:
    share(hexlite, project, "carol", "Can View")
    carol = Notebook(visit("carol"), project)
    expect(carol.page.get_by_text("takes Can Edit")).to_be_visible()
    carol.choose("one")
    carol.page.keyboard.press("b")
    carol.page.keyboard.press("Enter")
    expect(carol.editor("one")).to_have_count(0)
    assert carol.order == ["head", "count", "one", "two"]


@pytest.mark.parametrize("width", [360, 390, 820])
def test_nothing_of_the_bar_is_beyond_a_small_screen(visit, project, width: int) -> None:
    alice = Notebook(visit("alice", viewport={"width": width, "height": 844}), project)
    publish = alice.page.get_by_role("button", name="Publish", exact=True)
    expect(publish).to_be_visible()
    expect(alice.page.locator("#people .avatar")).to_have_count(1)
    box = publish.bounding_box()
    assert box and box["x"] + box["width"] <= width
    assert alice.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_passes_axe(visit, project, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    alice = Notebook(visit("alice", color_scheme=theme), project)
    alice.choose("count")
    alice.page.get_by_role("button", name="Cell settings").click()
    expect(alice.page.get_by_role("complementary", name="Input settings")).to_be_visible()
    found = Axe().run(alice.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert not found.response["violations"], found.generate_report()
