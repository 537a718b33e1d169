"""The main job, end to end: a notebook becomes a published app that a colleague uses."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLIDER = {"kind": "slider", "name": "waves", "label": "Waves", "default": 2, "min": 1, "max": 9, "step": 1}
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Waves\n\nA sine, as often as you like."},
        {
            "cell_type": "code",
            "id": "settings",
            "metadata": {
                "hexlite": {
                    "input": {
                        "kind": "slider",
                        "name": "waves",
                        "label": "Waves",
                        "default": 2,
                        "min": 1,
                        "max": 9,
                        "step": 1,
                    }
                }
            },
            "source": "waves = 2",
            "outputs": [],
            "execution_count": None,
        },
        {
            "cell_type": "code",
            "id": "data",
            "metadata": {},
            "source": "import numpy as np\nimport matplotlib.pyplot as plt\nx = np.linspace(0, 1, 300)",
            "outputs": [],
            "execution_count": None,
        },
        {
            "cell_type": "code",
            "id": "chart",
            "metadata": {},
            "source": "plt.plot(x, np.sin(2 * np.pi * waves * x))\nplt.show()",
            "outputs": [],
            "execution_count": None,
        },
        {
            "cell_type": "code",
            "id": "words",
            "metadata": {},
            "source": "print(f'{waves} waves')",
            "outputs": [],
            "execution_count": None,
        },
    ],
}


@pytest.fixture(scope="module")
def project(hexlite, tmp_path_factory):
    """Alice's project, imported from a file, shared with dave as App Only."""
    file = tmp_path_factory.mktemp("notebook") / "waves.ipynb"
    file.write_text(json.dumps(NOTEBOOK))
    identity = hexlite.command("import_notebook", str(file), "--owner", "alice").split()[-1]
    hexlite.command("share", identity, "--user", "dave", "--level", "App Only")
    return identity


def test_import_publish_open_as_another_person_move_the_slider_reload(visit, project):
    alice = visit("alice")
    alice.goto(f"/harbour-lab/project/{project}/")
    alice.get_by_role("button", name="Publish", exact=True).click()
    publish = alice.get_by_role("button", name="Publish version")
    expect(publish).to_be_visible(timeout=60_000)
    expect(alice.get_by_role("group", name="Preview of the app").get_by_text("2 waves")).to_be_visible()
    publish.click()
    expect(alice.get_by_text(re.compile("Published version"))).to_be_visible()

    dave = visit("dave")
    dave.goto(f"/harbour-lab/hex/{project}/latest")
    expect(dave.get_by_role("heading", name="Waves", level=1)).to_be_visible()
    expect(dave.get_by_text("2 waves")).to_be_visible()
    chart = dave.locator("#block-chart img")
    before = chart.get_attribute("src")
    dave.get_by_label("Waves").fill("5")
    expect(dave.get_by_text("5 waves")).to_be_visible(timeout=60_000)
    expect(chart).not_to_have_attribute("src", before)
    changed = chart.get_attribute("src")

    dave.reload()
    expect(dave.get_by_label("Waves")).to_have_value("5")
    expect(dave.get_by_text("5 waves")).to_be_visible()
    expect(dave.locator("#block-chart img")).to_have_attribute("src", changed)

    carol = visit("alice")
    carol.goto(f"/harbour-lab/hex/{project}/latest")
    expect(carol.get_by_text("2 waves")).to_be_visible()


def test_a_link_with_values_sets_them_and_leaves_a_clean_address(visit, project):
    dave = visit("dave")
    dave.goto(f"/harbour-lab/hex/{project}/latest?_waves=7&utm_source=mail&_nothing=1")
    expect(dave.get_by_text("7 waves")).to_be_visible(timeout=60_000)
    dave.wait_for_url(lambda url: "_waves" not in url)
    assert dave.url.endswith("/latest?utm_source=mail")


def test_a_value_that_the_link_can_not_set_is_said_in_one_line(visit, project):
    dave = visit("dave")
    dave.goto(f"/harbour-lab/hex/{project}/latest?_waves=99")
    expect(dave.get_by_text("was not used")).to_be_visible()
    expect(dave.get_by_label("Waves")).to_have_value("2")


def test_a_stranger_learns_nothing_and_app_only_opens_no_notebook(visit, project, hexlite):
    mallory = visit("mallory")
    assert mallory.goto(f"/harbour-lab/hex/{project}/latest").status == 404
    assert mallory.goto(f"/harbour-lab/project/{project}/").status == 404
    dave = visit("dave")
    assert dave.goto(f"/harbour-lab/project/{project}/").status == 403
    expect(dave.get_by_text("Your level is App Only")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_app_fits_the_window_and_passes_axe(visit, project, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = visit("dave", color_scheme=scheme, viewport={"width": width, "height": 900})
    page.goto(f"/harbour-lab/hex/{project}/latest")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
