"""The demo apps as a colleague with App Only meets them: the inputs work, and only what depends on them is redone."""

import pytest
from playwright.sync_api import expect

from projects.services import demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def opened(visit):
    """`opened("seattle-weather")` is the app in dave's browser."""

    def get(name, **options):
        page = visit("dave", **options)
        page.goto(f"/harbour-lab/hex/{demo.project_id(f'{name}.ipynb')}/latest")
        return page

    return get


def number(page, name):
    """The big number of that name."""
    return page.locator("dl.numbers > div").filter(has_text=name).locator("dd").first


def test_the_weather_app_answers_to_its_year_and_its_measure(opened):
    page = opened("seattle-weather")
    expect(page.get_by_role("heading", level=1)).to_have_text("Seattle weather, 2012–2015")
    expect(number(page, "Wettest day")).to_have_text("55.9 mm")
    expect(page.get_by_role("table")).to_contain_text("15 Mar 2015")
    expect(page.get_by_role("main").locator("img")).to_have_count(3)

    page.get_by_label("From year").fill("2015")
    page.get_by_label("From year").press("Enter")
    expect(page.get_by_text("Rain in 2015")).to_be_visible()
    expect(number(page, "Rain in 2015")).to_have_text("1,139 mm")

    page.get_by_label("Measure").select_option("Wind")
    expect(page.get_by_text("windy and")).to_be_visible()
    expect(number(page, "Rain in 2015")).to_have_text("1,139 mm")


def test_the_penguins_answer_to_the_slider_and_the_species(opened):
    page = opened("palmer-penguins")
    expect(number(page, "Penguins")).to_have_text("342 of 342")
    page.get_by_label("Species", exact=True).select_option("Gentoo")
    expect(number(page, "Penguins")).to_have_text("123 of 342")
    page.get_by_label("Smallest flipper, mm").fill("220")
    expect(number(page, "Penguins")).to_have_text("43 of 342")
    expect(page.locator("#status")).to_have_attribute("data-busy", "false")  # Nothing is drawn anew from here on.
    chart = page.locator("output-frame").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator("iframe")).to_be_visible()


def test_the_atlas_answers_to_the_year_and_follows_a_country(opened):
    page = opened("gapminder-atlas")
    expect(page.get_by_text("rank 59 of 142")).to_be_visible()
    page.get_by_label("Follow a country").fill("Japn")
    page.get_by_label("Follow a country").press("Enter")
    expect(number(page, "Life expectancy, Japan")).to_have_text("82.6 years")
    page.get_by_label("Year").fill("1952")
    expect(number(page, "Life expectancy, Japan")).to_have_text("63.0 years")
    page.reload()
    expect(number(page, "Life expectancy, Japan")).to_have_text("63.0 years")


def test_a_link_with_inputs_opens_the_app_with_them(visit):
    page = visit("dave")
    page.goto(f"/harbour-lab/hex/{demo.project_id('gapminder-atlas.ipynb')}/latest?_followed=%22Brazil%22&__run=true")
    expect(page.get_by_label("Follow a country")).to_have_value("Brazil")
    expect(number(page, "Life expectancy, Brazil")).to_have_text("72.4 years")
