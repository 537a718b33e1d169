"""The files page in a real browser."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import DARK_PHONE

pytestmark = pytest.mark.browser

# The machine may be busy with other tests.

WEATHER = b"date,rain,sky\n2012-01-01,0.0,drizzle\n2012-01-02,10.9,rain\n2015-12-31,55.9,rain\n"


@pytest.fixture
def project(hexlite, tmp_path) -> str:
    """The address of a new project of alice's."""
    file = tmp_path / "weather.ipynb"
    cell = {
        "cell_type": "code",
        "id": "read",
        "metadata": {},
        "source": "pd.read_csv('weather.csv')",
        "outputs": [],
        "execution_count": None,
    }
    file.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    printed = hexlite.command("import_notebook", str(file), "--owner", "alice")
    return re.search(r"(/\S+/project/[0-9a-f-]+/)", printed).group(1)


@pytest.fixture
def files(visit, project) -> Page:
    page = visit("alice")
    page.goto(f"{project}files/")
    return page


def upload(page: Page, *named: tuple[str, bytes]) -> None:
    payload = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in named]
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").click()
    chooser.value.set_files(payload)


def row(page: Page, name: str):
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_alice_uploads_looks_renames_deletes_and_takes_it_back(files):
    expect(files.get_by_role("heading", name="No files yet")).to_be_visible()
    upload(files, ("weather.csv", WEATHER), ("clean.py", b"print(1)\n"))
    expect(row(files, "weather.csv")).to_contain_text("Viewers can download")
    expect(row(files, "clean.py")).to_contain_text("Kept back: source")

    files.get_by_role("link", name="weather.csv").click()
    look = files.get_by_role("region", name="weather.csv", exact=True)
    expect(look).to_contain_text("3 rows, 3 columns, read by cell 1")
    expect(look).to_contain_text("Number, 0 to 55.9")
    expect(look).to_contain_text("Date, 2012 to 2015")
    expect(look.get_by_role("group", name="How to read it")).to_contain_text('weather = pd.read_csv("weather.csv")')

    look.get_by_role("button", name="Rename").click()
    files.get_by_label("New name").fill("seattle.csv")
    files.get_by_label("New name").press("Enter")
    expect(row(files, "seattle.csv")).to_be_visible()

    files.get_by_role("button", name="Delete", exact=True).click()
    expect(row(files, "seattle.csv")).to_have_count(0)
    files.get_by_role("button", name="Undo").click()
    expect(row(files, "seattle.csv")).to_be_visible()


def test_a_refusal_names_the_limit_and_a_taken_name_is_asked_about(files):
    upload(files, ("data.csv", b"a\n1\n"))
    expect(row(files, "data.csv")).to_be_visible()
    upload(files, ("data.csv", b"a\n1\n2\n"))
    coming = files.locator("tr.coming")
    expect(coming).to_contain_text("Not uploaded: There is a “data.csv” already.")
    coming.get_by_role("button", name="Replace").click()
    expect(coming).to_have_count(0)
    files.get_by_role("link", name="data.csv").click()
    expect(files.get_by_role("region", name="data.csv", exact=True)).to_contain_text("2 rows")

    files.evaluate("document.querySelector('project-files').dataset.largest = 10")
    upload(files, ("large.csv", b"x" * 11))
    expect(coming).to_contain_text("Not uploaded: 11 B, and a file may have 100 MB")
    coming.get_by_role("button", name="Dismiss large.csv").click()
    expect(coming).to_have_count(0)


def test_a_lost_connection_costs_a_piece_and_not_the_upload(files):
    """Twelve megabytes in pieces of four; the second attempt of a piece goes through."""
    pieces = []

    def flaky(route):
        if route.request.method == "PUT":
            pieces.append(route.request.url)
            if len(pieces) == 2:
                route.abort("connectionreset")
                return
        route.continue_()

    files.route("**/files/uploads/**", flaky)
    upload(files, ("large.bin", b"x" * 12_000_000))
    expect(row(files, "large.bin")).to_be_visible()
    expect(row(files, "large.bin")).to_contain_text("11 MB")
    assert len(pieces) == 4
    assert len(set(pieces)) == 3


def test_an_upload_goes_on_after_a_reload(files):
    held = []

    def hold(route):
        if route.request.method == "PUT" and "offset=4194304" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    files.route("**/files/uploads/**", hold)
    upload(files, ("large.bin", b"y" * 9_000_000))
    expect(files.locator("tr.coming progress")).to_have_js_property("value", 47)  # 4 of 8.6 MB: one piece
    files.reload()
    files.unroute("**/files/uploads/**")
    # A chosen file has the time of its choosing here; a real one keeps its own.
    files.evaluate(
        """() => {
            const [key] = Object.keys(localStorage).filter((key) => key.startsWith("upload:"));
            const value = localStorage.getItem(key);
            const get = Storage.prototype.getItem;
            Storage.prototype.getItem = function (asked) {
                return asked.startsWith("upload:") ? value : get.call(this, asked);
            };
        }"""
    )
    sent = []
    files.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    upload(files, ("large.bin", b"y" * 9_000_000))
    expect(row(files, "large.bin")).to_contain_text("8.6 MB")
    assert not any("offset=0" in url for url in sent)


def test_dropping_files_anywhere(files):
    files.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["a\\n1\\n"], "dropped.csv"));
            for (const type of ["dragenter", "dragover", "drop"]) {
                const said = { dataTransfer: data, bubbles: true, cancelable: true };
                document.body.dispatchEvent(new DragEvent(type, said));
            }
        }"""
    )
    expect(row(files, "dropped.csv")).to_be_visible()


def test_finding_sorting_and_folders(files):
    upload(files, ("b.csv", b"22"), ("a.csv", b"1"), ("c.txt", b"333"))
    expect(row(files, "c.txt")).to_be_visible()
    names = files.locator("[data-rows] th a")
    expect(names).to_have_text(["a.csv", "b.csv", "c.txt"])
    files.get_by_role("button", name="Size").click()
    files.get_by_role("button", name="Size").click()
    expect(names).to_have_text(["c.txt", "b.csv", "a.csv"])
    files.get_by_label("Find a file").fill("csv")
    expect(row(files, "c.txt")).to_be_hidden()
    files.get_by_label("Find a file").fill("zzz")
    expect(files.get_by_text("No file here has that in its name.")).to_be_visible()
    files.get_by_label("Find a file").fill("")

    files.get_by_role("button", name="New folder").click()
    files.get_by_label("Name of the folder").fill("raw")
    files.get_by_role("button", name="Make folder").click()
    files.get_by_role("link", name="raw").click()
    expect(files.get_by_role("heading", name="This folder is empty")).to_be_visible()
    upload(files, ("inside.csv", b"1"))
    files.get_by_role("link", name="inside.csv").click()
    expect(files.get_by_role("group", name="How to read it")).to_contain_text('read_csv("raw/inside.csv")')


def test_a_file_with_a_script_is_saved_and_does_not_run(files, project, hexlite):
    upload(
        files,
        ("page.html", b"<script>document.title = 'ran'</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='top.ran = 1'/>"),
    )
    expect(row(files, "drawing.svg")).to_be_visible()
    files.get_by_role("link", name="drawing.svg").click()
    expect(files.get_by_role("img", name="drawing.svg")).to_be_attached()
    assert files.evaluate("window.ran") is None
    files.get_by_role("link", name="page.html").click()
    expect(files.get_by_role("heading", name="page.html")).to_be_visible()
    with files.expect_download() as download:
        files.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "page.html"
    assert files.title() != "ran"


def test_carol_looks_and_has_nothing_to_change_it_with(files, project, hexlite, visit):
    upload(files, ("data.csv", WEATHER))
    expect(row(files, "data.csv")).to_be_visible()
    hexlite.command("share", project.rstrip("/").rsplit("/", 1)[1], "--user", "carol", "--level", "Can View")
    page = visit("carol")
    page.goto(f"{project}files/?file=data.csv")
    expect(page.get_by_role("region", name="data.csv", exact=True)).to_contain_text("3 rows")
    for name in ("Upload", "New folder", "Delete", "Rename"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


@pytest.mark.parametrize("options", [{}, DARK_PHONE], ids=["wide", "dark-phone"])
def test_it_can_be_used_by_everybody(visit, project, options):
    from axe_playwright_python.sync_playwright import Axe

    page = visit("alice", **options)
    page.goto(f"{project}files/")
    upload(page, ("weather.csv", WEATHER))
    page.get_by_role("link", name="weather.csv").click()
    expect(page.get_by_role("region", name="weather.csv", exact=True)).to_be_visible()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert not found.response["violations"], found.generate_report()
