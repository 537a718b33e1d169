"""Every kind of input in a real browser: somebody moves it, and the cell that reads it shows what Python got."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import every_kind

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLOW = 60_000  # the first change starts a kernel
KEEP_FIELDS = """document.addEventListener("DOMContentLoaded", () => {
  window.handled = [...document.querySelectorAll("[data-kind=file], [data-kind=button]")];
});"""


@pytest.fixture(scope="module")
def app(hexlite, tmp_path_factory):
    """The address of Alice's published app, shared with dave as App Only."""
    file = every_kind.write(tmp_path_factory.mktemp("every-kind"))
    identity = hexlite.command("import_notebook", str(file), "--owner", "alice").split()[-1]
    hexlite.command("publish", identity)
    hexlite.command("share", identity, "--user", "dave", "--level", "App Only")
    return f"/harbour-lab/hex/{identity}/latest"


@pytest.fixture
def page(visit, app) -> Page:
    page = visit("dave")
    page.goto(f"{app}?__new=true")
    expect(page.get_by_role("heading", name="Every kind", level=1)).to_be_visible()
    return page


def saw(page: Page, name: str):
    return page.locator(f"#block-saw-{name}")


def test_simple_kinds(page):
    page.get_by_label("Days").fill("45")
    expect(saw(page, "days")).to_contain_text("days is 45", timeout=SLOW)
    page.get_by_label("Price").fill("12.25")
    page.get_by_label("Price").blur()
    expect(saw(page, "price")).to_contain_text("price is 12.25")
    page.get_by_label("Price").fill("")
    page.get_by_label("Price").blur()
    expect(saw(page, "price")).to_contain_text("price is None")
    page.get_by_label("Name", exact=True).fill("Bo “B” O'Neil")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(saw(page, "name")).to_contain_text(repr("Bo “B” O'Neil"))
    page.get_by_label("Agree").check()
    expect(saw(page, "agree")).to_contain_text("agree is True")
    page.get_by_label("City", exact=True).select_option("Hamburg")
    expect(saw(page, "city")).to_contain_text("city is 'Hamburg'")
    story = page.get_by_label("Story")
    story.fill("First\nsecond")
    story.press("Control+Enter")
    expect(saw(page, "story")).to_contain_text("story is 'First\\nsecond'")


def test_a_value_out_of_range_is_said_under_the_field_and_stays_there(page):
    price = page.get_by_label("Price")
    price.fill("500")
    price.blur()
    field = page.locator("#field-price")
    expect(field.get_by_text("must be from 0 to 100")).to_be_visible()
    expect(price).to_have_value("500")
    expect(price).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Agree").check()  # What the server says of other inputs, and again of this one, leaves it alone.
    expect(saw(page, "agree")).to_contain_text("agree is True", timeout=SLOW)
    expect(price).to_have_value("500")
    expect(price).to_have_attribute("aria-invalid", "true")
    price.fill("50")
    price.blur()
    expect(saw(page, "price")).to_contain_text("price is 50", timeout=SLOW)
    expect(field.locator(".error")).to_be_hidden()


def test_multiselect_with_search(page):
    opener = page.get_by_role("button", name="Cities")
    opener.click()
    search = page.get_by_role("searchbox", name="Find an option")
    expect(search).to_be_focused()
    search.fill("burg")
    popover = page.locator("#input-cities-options")
    expect(popover.get_by_role("checkbox", name="Hamburg")).to_be_visible()
    expect(popover.get_by_role("checkbox", name="Bergen")).to_be_hidden()
    search.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(popover.get_by_role("checkbox", name="Hamburg")).to_be_focused()
    page.keyboard.press("Space")
    expect(saw(page, "cities")).to_contain_text("cities is ['Bergen', 'Hamburg']", timeout=SLOW)
    expect(opener).to_contain_text("Bergen, Hamburg")
    search.fill("xyz")
    expect(popover.get_by_text("No option has this in it.")).to_be_visible()
    search.fill("")
    popover.get_by_role("button", name="None").click()
    expect(saw(page, "cities")).to_contain_text("cities is []")
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()


def test_a_date_and_seven_days_ago(page):
    page.get_by_role("button", name="Since 13 Jul 2021").click()
    popover = page.locator("#input-since-choice")
    popover.get_by_role("button", name="On a date").click()
    popover.get_by_label("Date", exact=True).fill("2024-02-29")
    expect(saw(page, "since")).to_contain_text("since is datetime.date(2024, 2, 29)", timeout=SLOW)
    popover.get_by_role("button", name="Relative").click()
    popover.get_by_label("How many").fill("7")
    popover.get_by_label("Unit").select_option("days")
    day = datetime.now(UTC).date() - timedelta(days=7)
    expect(saw(page, "since")).to_contain_text(f"since is {day!r}")
    expect(popover).to_contain_text(f"{day.day} {day:%B %Y}, counted from each run.")
    expect(page.get_by_label("Since")).to_contain_text("7 days ago")
    popover.get_by_label("How many").fill("x")
    expect(page.locator("#field-since").get_by_text("Give a whole number")).to_be_visible()
    popover.get_by_role("button", name="No date").click()
    expect(saw(page, "since")).to_contain_text("since is None")
    expect(page.get_by_label("Since")).to_contain_text("No date")


def test_datetimes_with_and_without_a_zone(page):
    at = page.get_by_label("At", exact=True)
    expect(at).to_contain_text("13 Jul 2021, 13:45")
    expect(at).to_contain_text("America/Chicago")
    at.click()
    popover = page.locator("#input-at-choice")
    popover.get_by_label("Date and time").fill("2024-03-01T08:30:00")
    expect(saw(page, "at")).to_contain_text(
        "datetime.datetime(2024, 3, 1, 8, 30, tzinfo=zoneinfo.ZoneInfo(key='America/Chicago'))", timeout=SLOW
    )
    popover.get_by_label("Time zone").fill("Europe/Berlin")
    expect(saw(page, "at")).to_contain_text("ZoneInfo(key='Europe/Berlin')")
    popover.get_by_label("Time zone").fill("Mars/Base")
    expect(page.locator("#field-at").get_by_text("Time zones have names such as")).to_be_visible()
    page.keyboard.press("Escape")
    when = page.get_by_label("When", exact=True)
    expect(when).to_contain_text("UTC")
    when.click()
    popover = page.locator("#input-when-choice")
    popover.get_by_role("button", name="Relative").click()
    popover.get_by_label("How many").fill("1")
    popover.get_by_label("Unit").select_option("years")
    last_year = datetime.now(UTC).year - 1
    expect(saw(page, "when")).to_contain_text(f"when is datetime.datetime({last_year}, ")
    expect(popover).to_contain_text("at the time of the run, counted from each run.")


def test_a_button_is_true_for_exactly_one_run(page):
    page.get_by_role("button", name="Go", exact=True).click()
    expect(saw(page, "go")).to_contain_text("go is True", timeout=SLOW)
    expect(page.locator("#status")).to_have_attribute("data-busy", "false")
    page.get_by_role("button", name="Run it all").click()
    expect(saw(page, "whole")).to_contain_text("whole is True")
    expect(saw(page, "go")).to_contain_text("go is False")


def test_options_come_from_a_variable(page):
    fruit = page.get_by_label("Fruit")
    expect(fruit.get_by_role("option")).to_have_text(["apple", "pear", "plum"])
    fruit.select_option("plum")
    expect(saw(page, "fruit")).to_contain_text("fruit is 'plum'", timeout=SLOW)


def test_a_window_that_connects_leaves_alone_what_it_shows_already(page):
    """A file's field that is drawn anew while somebody chooses in its dialogue takes no file, a button no press."""
    page.get_by_label("Fruit").select_option("plum")
    expect(saw(page, "fruit")).to_contain_text("fruit is 'plum'", timeout=SLOW)
    page.add_init_script(KEEP_FIELDS)
    page.reload()
    page.get_by_label("Fruit").select_option("pear")
    expect(saw(page, "fruit")).to_contain_text("fruit is 'pear'")  # What came before that has been heard.
    assert page.evaluate("handled.map((field) => [field.id, field.isConnected])") == [
        ["field-go", True],
        ["field-whole", True],
        ["field-table", True],
    ]


def test_a_file_goes_to_the_session_and_a_cell_reads_it(page, tmp_path):
    file = tmp_path / "my table.csv"
    file.write_text("x\n1\n2\n39\n")
    page.get_by_label("Table", exact=True).set_input_files(file)
    expect(saw(page, "table")).to_contain_text("table is 42", timeout=SLOW)
    expect(page.locator("#field-table")).to_contain_text("my table.csv")
    page.reload()
    expect(page.locator("#field-table")).to_contain_text("my table.csv")
    expect(saw(page, "table")).to_contain_text("table is 42")
    file.write_text("x\n7\n")
    page.get_by_label("Table", exact=True).set_input_files(file)
    expect(saw(page, "table")).to_contain_text("table is 7")
    page.get_by_role("button", name="Remove my table.csv").click()
    expect(saw(page, "table")).to_contain_text("table is None")
    expect(page.locator("#field-table")).to_contain_text("No file")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_all_controls_fit_the_window_and_pass_axe(visit, app, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = visit("dave", color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto(f"{app}?__new=true")
    for name in (None, "Cities", "Since", "At"):
        if name:
            page.get_by_label(name, exact=True).or_(
                page.get_by_role("button", name=re.compile(f"^{name} "))
            ).first.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, found.generate_report()
        page.keyboard.press("Escape")
