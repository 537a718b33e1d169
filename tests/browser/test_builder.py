"""An app built with the keyboard alone: two tabs, two columns; published, presented, printed. And by hand as well."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLIDER = {"kind": "slider", "name": "n", "label": "Count", "default": 4, "min": 1, "max": 50, "step": 1}
OUTPUT = {"cell": True, "code": False, "output": True}


def cell(identity, kind, source, **hexlite):
    made = {"id": identity, "cell_type": kind, "metadata": {"hexlite": hexlite}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


NOTEBOOK = {
    "cells": [
        cell("head", "markdown", "# Squares\n\nThe first squares."),
        cell("count", "code", "n = 4", input=SLIDER),
        cell("left", "code", "# Left\nprint('left', n)", show=OUTPUT),
        cell("right", "code", "# Right\nprint('right', n * n)", show=OUTPUT),
        cell("more", "markdown", "## More"),
        cell(
            "rows", "code", "# Rows\nimport pandas as pd\npd.DataFrame({'k': range(30), 'kk': range(30)})", show=OUTPUT
        ),
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def built(hexlite, tmp_path, visit):
    """alice in the App view of a notebook that has no app yet."""
    file = tmp_path / "Squares.ipynb"
    file.write_text(json.dumps(NOTEBOOK))
    identity = hexlite.command("import_notebook", str(file), "--owner", "alice").strip().splitlines()[-1]
    page = visit("alice")
    page.goto(f"/harbour-lab/project/{identity}/?view=app")
    expect(page.locator("app-builder[data-ready]")).to_be_attached()
    return page


def focused(page: Page, target: Locator, key="Tab", most=250) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        if target.count() and target.first.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{target} can't be reached with {key}")


def rows(page: Page) -> list[list[str]]:
    """The blocks on the page that is seen."""
    return page.evaluate(
        "[...document.querySelectorAll('.rows:not([hidden]) > .row')].map(row =>"
        " [...row.querySelectorAll('.placed')].map(one => one.dataset.cell))"
    )


def wait_for_rows(page: Page, wanted: list[list[str]]) -> None:
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('.rows:not([hidden]) > .row')].map(row =>"
        " [...row.querySelectorAll('.placed')].map(one => one.dataset.cell))) === JSON.stringify(wanted)",
        arg=wanted,
    )


def test_an_app_is_built_published_presented_and_printed_with_the_keyboard(built):
    page = built
    keyboard = page.keyboard

    # Two columns, seven to five.
    focused(page, page.get_by_role("button", name="Move Right"))
    keyboard.press("Enter")
    expect(page.locator("#stage-say")).to_contain_text("Row 3 of 5, alone in its row")
    keyboard.press("ArrowLeft")
    expect(page.locator("#stage-say")).to_contain_text("Row 2 of 4, beside Left")
    keyboard.press("Enter")
    wait_for_rows(page, [["count"], ["left", "right"], ["more"], ["rows"]])
    expect(page.get_by_role("button", name="Move Right")).to_be_focused()
    border = page.get_by_role("separator", name="Width of Left")
    focused(page, border, key="Shift+Tab")
    keyboard.press("ArrowRight")
    expect(page.locator(".slot").filter(has=page.locator("#placed-left"))).to_have_attribute(
        "style", re.compile("--span: ?7")
    )
    expect(border.locator("output")).to_have_text("7 to 5")

    # Two tabs.
    focused(page, page.get_by_role("button", name="Add a tab"), key="Shift+Tab")
    keyboard.press("Enter")
    expect(page.get_by_label("Name of the tab")).to_be_focused()
    keyboard.type("Details")
    keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Details")).to_be_focused()
    keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Overview")).to_be_focused()
    for block, words in (("more", "More"), ("rows", "Rows")):
        focused(page, page.locator(f"#placed-{block} button[popovertarget]"))
        keyboard.press("Enter")
        move = page.get_by_role("button", name="Move to Details")
        expect(move).to_be_visible()
        for _ in range(10):
            keyboard.press("ArrowDown")
            if move.evaluate("one => one === document.activeElement"):
                break
        keyboard.press("Enter")
        expect(page.locator(f"#placed-{block}")).to_be_focused()
        expect(page.locator(f"#placed-{block}")).to_have_attribute("data-words", words)
        focused(page, page.get_by_role("tab", name="Details"), key="Shift+Tab")
        keyboard.press("ArrowLeft")
    wait_for_rows(page, [["count"], ["left", "right"]])

    # Published.
    keyboard.press("Control+Shift+P")
    publish = page.get_by_role("button", name="Publish version")
    expect(publish).to_be_enabled(timeout=60_000)
    focused(page, publish)
    keyboard.press("Enter")
    expect(page.locator("#publish-state")).to_have_attribute("data-changed", "false", timeout=30_000)
    page.goto(page.url.split("?")[0].replace("/project/", "/hex/") + "latest")

    # Presented: a title, then a slide for each tab.
    expect(page.get_by_role("tab")).to_have_count(2)
    keyboard.press("Control+.")
    said = page.locator("#slide-said")
    expect(said).to_have_text("1 of 3")
    expect(page.locator("#title-slide")).to_be_visible()
    page.wait_for_function("Boolean(document.fullscreenElement)")
    keyboard.press("ArrowRight")
    expect(said).to_have_text("2 of 3, Overview")
    left, right = (page.locator(f"#block-{name}").bounding_box() for name in ("left", "right"))
    assert left["y"] == right["y"] and left["x"] + left["width"] < right["x"]
    assert left["width"] > 1.3 * right["width"]
    slider = page.get_by_role("slider", name="Count")
    focused(page, slider)
    keyboard.press("ArrowRight")
    expect(page.get_by_text("right 25")).to_be_visible(timeout=30_000)
    expect(said).to_have_text("2 of 3, Overview")
    focused(page, page.get_by_role("button", name="Next slide"))
    keyboard.press("Enter")
    expect(said).to_have_text("3 of 3, Details")
    expect(page.get_by_role("table")).to_be_visible()
    focused(page, page.get_by_role("button", name="Inputs"))
    keyboard.press("Enter")
    expect(slider).to_have_value("5")
    focused(page, slider)
    keyboard.press("ArrowRight")
    expect(page.locator("#block-right")).to_contain_text("right 36", timeout=30_000)
    page.evaluate("document.exitFullscreen()")  # As the browser does on Esc, or by itself.
    expect(page.locator("body")).not_to_have_class(re.compile("presenting"))
    expect(page.get_by_role("tab", name="Details")).to_have_attribute("aria-selected", "true")

    # Printed: both tabs, with the values.
    assert page.pdf(format="A4").startswith(b"%PDF")
    expect(page.locator("#print-inputs")).to_have_text("Count6")
    page.emulate_media(media="print")
    for words in ("right 36", "Count", "Overview", "More"):
        expect(page.get_by_role("main").get_by_text(words).filter(visible=True).first).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("button", name="Run")).to_be_hidden()


def test_a_block_is_dragged_beside_another_and_taken_back(built):
    page = built
    page.locator("#placed-rows").hover()
    grip = page.get_by_role("button", name="Move Rows").bounding_box()
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 20, grip["y"] + 20, steps=3)
    target = page.locator("#placed-left").bounding_box()
    page.mouse.move(target["x"] + target["width"] - 8, target["y"] + target["height"] / 2, steps=6)
    expect(page.locator(".drop")).to_have_text("Beside Left")
    page.mouse.up()
    wait_for_rows(page, [["count"], ["left", "rows"], ["right"], ["more"]])
    page.get_by_role("button", name="Undo").click()
    wait_for_rows(page, [["count"], ["left"], ["right"], ["more"], ["rows"]])


def test_a_finger_moves_a_block_and_nothing_lands_after_escape(built):
    page = built
    send = page.context.new_cdp_session(page).send
    page.locator("#placed-more").click()
    grip = page.get_by_role("button", name="Move More").bounding_box()
    start = (grip["x"] + 8, grip["y"] + 8)
    target = page.locator("#placed-left").bounding_box()
    end = (target["x"] + target["width"] / 2, target["y"] + 2)

    def touch(kind, place=None):
        points = [{"x": place[0], "y": place[1]}] if place else []
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for keep in (False, True):
        touch("touchStart", start)
        touch("touchMove", (start[0] + 10, start[1] - 20))
        touch("touchMove", end)
        expect(page.locator(".drop")).to_have_text("A row of its own")
        if not keep:
            page.keyboard.press("Escape")
            expect(page.locator(".drop")).to_have_count(0)
        touch("touchEnd")
        if not keep:
            assert rows(page) == [["count"], ["left"], ["right"], ["more"], ["rows"]]
    wait_for_rows(page, [["count"], ["more"], ["left"], ["right"], ["rows"]])


def test_what_would_change_a_result_is_refused_in_words(built):
    page = built
    page.get_by_role("button", name="Move Left").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#stage-say")).to_contain_text("“Left” has to stay below “Count”: it uses n")
    page.keyboard.press("Escape")
    expect(page.locator("#stage-say")).to_be_hidden()
    assert rows(page)[0] == ["count"]


def test_settings_are_saved_as_they_are_changed_and_wrong_ones_say_why(built):
    page = built
    page.get_by_label("Keep an idle kernel").fill("0")
    expect(page.locator("#s-idle_minutes-error")).to_be_visible()
    page.get_by_label("Keep an idle kernel").fill("25")
    expect(page.locator("#s-idle_minutes-error")).to_be_hidden()
    page.get_by_label("Full width").check()
    page.get_by_label("Title").fill("Many squares")
    page.get_by_label("Title").blur()
    expect(page.locator("#sheet-body")).to_have_attribute("data-full-width", "true")
    expect(page.locator("#sheet-body .app-head h1")).to_have_text("Squares")  # The notebook's own heading is nearer.
    expect(page.locator("#publish-state")).to_have_attribute("data-changed", "true")
    page.wait_for_function("() => document.querySelector('app-builder').edits.isSaved")
    page.get_by_label("Hide all code").check()
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Hide all code")).not_to_be_checked()
    expect(page.get_by_label("Hide all code")).to_be_focused()
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Many squares")
    expect(page.get_by_label("Keep an idle kernel")).to_have_value("25")
    expect(page.get_by_label("Full width")).to_be_checked()


def test_an_output_comes_while_one_looks(built):
    page = built
    expect(page.locator("#placed-left")).to_contain_text("No output yet")
    page.get_by_role("button", name="Run all").click()
    expect(page.locator("#placed-left")).to_contain_text("left 4", timeout=60_000)
    page.get_by_role("slider", name="Count").fill("6")
    expect(page.locator("#placed-right")).to_contain_text("right 36", timeout=30_000)


def test_h_hides_and_the_list_brings_back(built):
    page = built
    page.locator("#placed-right").focus()
    page.keyboard.press("h")
    expect(page.locator("#placed-right")).to_have_count(0)
    page.get_by_role("button", name="Add Right to the app").click()
    expect(page.locator("#placed-right")).to_be_focused()


def test_a_phone_stacks_columns_in_the_order_of_the_notebook(built):
    page = built
    page.get_by_role("button", name="Move Right").focus()
    for key, words in (("Enter", "Row 3"), ("ArrowLeft", "beside Left"), ("ArrowLeft", "beside Left")):
        page.keyboard.press(key)
        expect(page.locator("#stage-say")).to_contain_text(words)
    page.keyboard.press("Enter")
    wait_for_rows(page, [["count"], ["right", "left"], ["more"], ["rows"]])
    page.get_by_role("button", name="Phone").click()
    page.wait_for_function(
        "() => { const [a, b] = ['left', 'right'].map("
        "id => document.getElementById(`placed-${id}`).getBoundingClientRect());"
        " return Math.abs(a.left - b.left) < 2 && a.top !== b.top; }"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_builder_the_graph_and_the_slides_pass_axe_and_fit(hexlite, visit, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = visit("alice", color_scheme=scheme, viewport={"width": width, "height": 900})
    page.goto("/")
    project = page.locator('a[href*="/project/"]').filter(has_text="Seattle weather").first.get_attribute("href")
    address = "/".join(project.split("?")[0].split("/")[:4])

    def passes(what: str) -> None:
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, f"{what}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    page.goto(f"{address}/?view=app")
    expect(page.locator("app-builder[data-ready]")).to_be_attached()
    passes("the App view")
    if width < 640:
        page.get_by_role("button", name="App settings").click()
        expect(page.get_by_label("Hide all code")).to_be_visible()
        passes("the app's settings")
    page.goto(f"{address}/graph/")
    expect(page.get_by_role("link", name="through the year").first).to_be_visible()
    passes("the graph")
    page.goto(f"{address.replace('/project/', '/hex/')}/latest")
    expect(page.locator("app-session[data-ready], app-session").first).to_be_attached()
    page.keyboard.press("Control+.")
    expect(page.locator("body")).to_have_class(re.compile("presenting"))
    passes("a slide")
