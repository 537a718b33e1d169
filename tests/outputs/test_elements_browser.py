# ruff: noqa: E501 -- markup and tables read better in one line
"""What outputs do in the page: tables, folded texts, tracebacks, formulas, and the way from one fragment to the next."""

import json
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from apps_runtime.models import Blob
from apps_runtime.outputs import store
from apps_runtime.outputs.render import OutputContext, render_outputs
from apps_runtime.outputs.serving import blob_response
from apps_runtime.outputs.table_data import DataColumn
from tests.outputs.test_frames_browser import REPLACE
from tests.outputs.test_render import GOLDEN
from tests.outputs.test_store import PNG, display

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def show(page, site, *outputs, density="calm", wrap="{}", policy=True) -> str:
    """Opens a page with these outputs; returns their markup."""
    stored = store.put(outputs)
    for reference in store.references(stored):
        site.answers[f"/o/{reference['sha256']}"] = blob_response(Blob.objects.get(pk=reference["sha256"]))
    html = render_outputs(stored, context=OutputContext("/o/", show_errors=True, density=density))
    page.goto(site.page("/page", wrap.format(html), policy=policy))
    return html


KINDS = ("Fog", "rain", "Sun")
TABLE = {
    "columns": [
        {"name": "Date", "type": "date", "align": "start"},
        {"name": "Rain, mm", "type": "number", "align": "end", "decimals": 1},
        {"name": "Weather", "type": "text", "align": "start"},
    ],
    "index": [],
    "rows": [
        [f"2015-03-{day:02}", None if day == 5 else (day * 7) % 31 + 1000.25, KINDS[day % 3]] for day in range(1, 26)
    ],
    "total_rows": 600,
    "total_columns": 3,
}
OUTPUT = display(**{"application__vnd.hexlite.table_json": TABLE, "text__plain": "x"})


def column(page, number: int) -> list[str]:
    return page.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


def test_looking_at_a_table_fetches_nothing(page, site):
    show(page, site, OUTPUT)
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(page.get_by_text("1–10 of 600 rows")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [request for request in site.requests if request.path.startswith("/o/")]


def test_a_head_sorts_down_then_up_then_not(page, site):
    show(page, site, OUTPUT)
    head = page.get_by_role("columnheader", name="Rain, mm")
    button = head.get_by_role("button")
    before = column(page, 2)
    button.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, 2)[:3] == ["1,030.3", "1,029.3", "1,028.3"]
    button.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert column(page, 2)[:2] == ["1,001.3", "1,002.3"]
    button.click()
    expect(head).not_to_have_attribute("aria-sort", "ascending")
    assert column(page, 2) == before
    assert len([request for request in site.requests if request.path.startswith("/o/")]) == 1


def test_words_sort_without_regard_to_case_and_nothing_comes_last(page, site):
    show(page, site, OUTPUT)
    page.get_by_role("button", name="Weather").click()
    expect(page.get_by_role("columnheader", name="Weather")).to_have_attribute("aria-sort", "ascending")
    assert column(page, 3)[:9] == ["Fog"] * 8 + ["rain"]
    rain = page.get_by_role("button", name="Rain, mm")
    for way in ("descending", "ascending"):
        rain.click()
        expect(page.get_by_role("columnheader", name="Rain, mm")).to_have_attribute("aria-sort", way)
        for _ in range(2):
            page.get_by_role("button", name="Next rows").click()
        expect(page.locator("[data-shown]")).to_have_text("21–25 of the first 25 rows, 600 in all")
        assert column(page, 2)[-1] == "-"


def test_rows_are_filtered_as_they_are_written(page, site):
    show(page, site, OUTPUT)
    box = page.get_by_role("searchbox", name="Filter rows")
    box.fill("RAIN")
    expect(page.get_by_role("status")).to_have_text("9 rows with “RAIN”")
    assert set(column(page, 3)) == {"rain"}
    box.fill("5 mar")
    expect(page.locator("tbody tr")).to_have_count(3)
    box.fill("nowhere")
    expect(page.locator("[data-shown]")).to_have_text("No rows")
    box.fill("")
    expect(page.locator("tbody tr")).to_have_count(10)


def test_pages_are_turned_by_keyboard(page, site):
    show(page, site, OUTPUT)
    following = page.get_by_role("button", name="Next rows")
    following.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-shown]")).to_have_text("11–20 of the first 25 rows, 600 in all")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(following).to_be_disabled()
    page.get_by_role("button", name="Previous rows").click()
    assert column(page, 1)[0] == "11 Mar 2015"


def test_the_rows_on_the_screen_are_written_as_the_server_writes_them(page, site):
    show(page, site, OUTPUT)
    before = page.locator("tbody").inner_html()
    following = page.get_by_role("button", name="Next rows")
    following.click()
    expect(page.locator("tbody")).not_to_contain_text("10 Mar 2015")
    page.get_by_role("button", name="Previous rows").click()
    expect(page.locator("tbody")).to_contain_text("10 Mar 2015")
    after = page.locator("tbody").inner_html()
    assert after.strip().replace('class="num nothing"', "C") == before.strip().replace('class="num nothing"', "C")


def test_a_csv_file_has_the_values_themselves(page, site):
    show(page, site, OUTPUT)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text().split("\n")
    assert lines[0] == 'Date,"Rain, mm",Weather\r' or lines[0] == 'Date,"Rain, mm",Weather'
    assert lines[1].strip() == "2015-03-01,1007.25,rain"
    assert lines[5].strip() == "2015-03-05,,Sun"
    expect(page.get_by_role("status")).to_have_text("The file has the first 25 rows.")


def test_copying_gives_lines_for_a_spreadsheet(page, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show(page, site, OUTPUT)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()").startswith(
        "Date\tRain, mm\tWeather\n2015-03-01\t1007.25\train\n"
    )


def test_in_a_notebook_a_table_opens_on_demand(page, site):
    show(page, site, OUTPUT, density="compact")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    button = page.get_by_role("button", name="Show all")
    button.click()
    expect(page.get_by_role("searchbox", name="Filter rows")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(25)
    less = page.get_by_role("button", name="Show less")
    expect(less).to_have_attribute("aria-expanded", "true")
    less.click()
    expect(page.locator("tbody tr")).to_have_count(10)


def test_when_the_rest_cannot_be_had_what_is_there_stays(page, site):
    show(page, site, OUTPUT)
    site.answers = {"/page": site.answers["/page"]}
    page.get_by_role("button", name="Weather").click()
    expect(page.get_by_role("status")).to_have_text("The other rows could not be loaded. The ones you see are right.")
    expect(page.locator("tbody tr")).to_have_count(10)


def test_a_table_that_did_not_change_keeps_its_order_and_filter(page, site):
    html = show(page, site, OUTPUT, wrap='<section id="block">{}</section>')
    page.get_by_role("button", name="Rain, mm").click()
    page.get_by_role("searchbox").fill("fog")
    expect(page.get_by_role("status")).to_have_text("8 rows with “fog”")
    page.evaluate(REPLACE, f'<section id="block" class="fresh">{html}</section>')
    expect(page.locator("#block.fresh tbody tr")).to_have_count(8)
    expect(page.get_by_role("columnheader", name="Rain, mm")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Weather").click()
    expect(page.get_by_role("columnheader", name="Weather")).to_have_attribute("aria-sort", "ascending")


def test_a_new_picture_is_covered_by_the_old_one_until_it_is_there(page, site):
    html = show(page, site, display(image__png=PNG), wrap='<section id="block">{}</section>')
    page.wait_for_function("() => document.querySelector('img').complete")
    old = page.locator("img").get_attribute("src")
    site.answers["/o/new"], site.held["/o/new"] = site.answers[old], threading.Event()
    page.evaluate(REPLACE, f'<section id="block">{html.replace(old, "/o/new")}</section>')
    assert old in page.evaluate("() => document.querySelector('img').style.background")
    site.held["/o/new"].set()
    page.wait_for_function("() => document.querySelector('img').style.background === ''")


def test_a_long_text_unfolds(page, site):
    show(page, site, {"output_type": "stream", "name": "stdout", "text": "".join(f"line {n}\n" for n in range(100))})
    text = page.locator(".terminal")
    folded = text.bounding_box()["height"]
    page.get_by_role("button", name="Show all 100 lines").click()
    assert text.bounding_box()["height"] > 4 * folded
    page.get_by_role("button", name="Show less").click()
    assert text.bounding_box()["height"] == folded


def test_a_traceback_opens_and_is_copied(page, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    frames = [f"Cell In[1], line {n}\n----> {n} f()" for n in (1, 2)]
    show(
        page,
        site,
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": [*frames, "ValueError: no"]},
    )
    expect(page.get_by_label("Whole traceback")).to_be_hidden()
    page.get_by_role("button", name="Show all 2 frames").click()
    expect(page.get_by_label("Whole traceback")).to_be_visible()
    expect(page.get_by_label("Traceback", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "\n".join([*frames, "ValueError: no"])


def test_formulas_are_drawn_under_the_policy_of_the_page(page, site):
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    show(page, site, display(text__markdown=r"$\frac{a}{b}$ and $\undefined{x}$ and $\href{javascript:alert(1)}{x}$"))
    page.wait_for_function("() => document.querySelectorAll('math-tex[data-drawn]').length === 3")
    assert page.locator("math-tex .mfrac").count() == 1
    assert page.locator("math-tex a").count() == 0
    assert refused == []


def test_a_page_without_formulas_does_not_load_katex(page, site):
    show(page, site, display(text__markdown="no formula"))
    page.wait_for_load_state("networkidle")
    assert not [request for request in site.requests if "katex" in request.path]


@pytest.mark.parametrize("density", ["calm", "compact"])
def test_every_kind_of_output_can_be_used_by_everybody(page, site, density):
    error = {
        "output_type": "error",
        "ename": "E",
        "evalue": "no",
        "traceback": ["Cell In[1], line 1\n----> 1 f()", "E: no"],
    }
    long = {"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x1b[0m line\n" * 100}
    show(page, site, *[output for output, _ in GOLDEN.values()], OUTPUT, error, long, density=density)
    page.wait_for_function("() => document.querySelectorAll('math-tex:not([data-drawn])').length === 0")
    found = Axe().run(page, context="main", options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15),
    st.decimals(-10_000, 10_000, places=3).map(float),
    st.text(max_size=8),
    st.dates().map(str),
    st.datetimes().map(lambda value: value.isoformat(timespec="seconds")),
    st.sampled_from(["2015-03-05T13:05:00Z", "2015-03-05 13:05:07+02:00", "2015-99-05", "inf"]),
    st.lists(st.integers(-9, 9), max_size=2),
)
COLUMNS = st.fixed_dictionaries(
    {"name": st.just("a"), "type": st.sampled_from(["number", "text", "date", "boolean"]), "align": st.just("start")},
    optional={"decimals": st.integers(0, 8) | st.just("e"), "grouping": st.booleans()},
)


def test_browser_and_server_write_the_same(page, site):
    page.goto(site.page("/page", ""))
    cases = []

    @given(COLUMNS, VALUES)
    @settings(max_examples=400, database=None, derandomize=True)
    def collect(column, value):
        # Numbers as long as themselves are written alike up to where the two languages turn to powers of ten.
        if column.get("decimals") is None and isinstance(value, float) and not 1e-4 < abs(value) < 1e15 and value:
            return
        cases.append((column, value))

    collect()
    written = page.evaluate(
        """async (cases) => {
          const { written } = await import("/static/js/outputs/table-values.js");
          return cases.map(([column, value]) => written(column, value));
        }""",
        json.loads(json.dumps(cases)),
    )
    for (column, value), there in zip(cases, written, strict=True):
        here = DataColumn("a", column["type"], decimals=column.get("decimals"), grouping=column.get("grouping", True))
        if isinstance(value, list):
            assert json.loads(there) == value
        else:
            assert here.written(value) == there, (column, value)
