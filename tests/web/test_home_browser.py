"""Home in a real browser: finding, importing, renaming, the trash and the way back."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Herons"},
        {"cell_type": "code", "id": "a", "metadata": {}, "source": "n = 3", "outputs": [], "execution_count": None},
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_carol_finds_a_project_while_she_types(visit):
    """Whose list is short: other tests of this window make projects of alice's."""
    page = visit("carol")
    page.goto("/")
    expect(page.get_by_role("link", name="Palmer penguins", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="Search projects and apps").fill("seattle")
    expect(page.get_by_role("link", name="Palmer penguins")).to_have_count(0)
    expect(page.get_by_role("link", name="Seattle weather").first).to_be_visible()
    page.wait_for_url("**/?q=seattle*")
    page.reload()
    expect(page.get_by_role("searchbox", name="Search projects and apps")).to_have_value("seattle")


def test_bob_brings_a_notebook_renames_it_throws_it_away_and_takes_it_back(visit, tmp_path):
    file = tmp_path / "heron-counts.ipynb"
    file.write_text(json.dumps(NOTEBOOK))
    page = visit("bob")
    page.goto("/")
    page.get_by_role("link", name="New project").click()
    dialogue = page.get_by_role("dialog", name="New project")
    expect(dialogue.get_by_label("Title")).to_be_focused()
    dialogue.get_by_label("Bring a notebook along").set_input_files(file)
    page.wait_for_url(re.compile(r"/project/[0-9a-f-]{36}/"))

    page.goto("/")
    page.get_by_role("button", name="Actions for Heron counts").click()
    page.get_by_role("button", name="Rename").click()
    rename = page.get_by_role("dialog", name="Rename")
    rename.get_by_label("Title").fill("Herons of the bay")
    rename.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="Herons of the bay")).to_be_visible()

    page.get_by_role("button", name="Actions for Herons of the bay").click()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_text("Moved “Herons of the bay” to the trash.")).to_be_visible()
    expect(page.get_by_role("link", name="Herons of the bay")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Herons of the bay")).to_be_visible()


def test_a_file_that_is_no_notebook_is_refused_where_it_was_dropped(visit, tmp_path):
    file = tmp_path / "cut-off.ipynb"
    file.write_text(json.dumps(NOTEBOOK)[:-30])
    page = visit("alice")
    page.goto("/new/")
    page.get_by_label("Bring a notebook along").set_input_files(file)
    expect(page.locator("notebook-import .error")).to_contain_text("cut-off.ipynb")
    assert page.url.endswith("/new/")


def test_a_notebook_dropped_anywhere_on_the_page_is_imported(visit):
    page = visit("alice")
    page.goto("/")
    transfer = page.evaluate_handle(
        """content => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], "dropped-notebook.ipynb"));
            return transfer;
        }""",
        json.dumps(NOTEBOOK),
    )
    page.dispatch_event("main", "dragenter", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop to import")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    page.wait_for_url(re.compile(r"/project/[0-9a-f-]{36}/"))


def test_carol_opens_an_app_from_the_palette_by_keys_alone(visit):
    page = visit("carol")
    page.goto("/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find projects, apps, cells and actions")
    expect(field).to_be_focused()
    field.fill("gapminder")
    expect(page.get_by_role("option").filter(has_text="Gapminder atlas").first).to_be_visible()
    page.get_by_role("button", name="Apps", exact=True).click()
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/latest")
    expect(page.get_by_role("heading", name="Gapminder atlas")).to_be_visible()
