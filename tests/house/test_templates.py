"""Templates and styles as text: lines that an editor shows whole, and ids that name one element of a page."""

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.urls import reverse

from tests.cast import Cast

ROOT = Path(__file__).parents[2]
WIDTH = 120


class Ids(HTMLParser):
    """How often each id is in a page; what is inside of <template> is no part of it yet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.in_templates = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.in_templates:
            self.found.update(value or "" for name, value in attrs if name == "id")
        self.in_templates += tag == "template"

    def handle_endtag(self, tag: str) -> None:
        self.in_templates -= tag == "template"


@pytest.mark.parametrize(("files", "most"), [("templates/**/*.html", 0.03), ("static/css/*.css", 0.01)])
def test_somebody_who_reads_a_page_s_source_scrolls_sideways_in_few_lines_only(files: str, most: float) -> None:
    lines = [line for file in ROOT.glob(files) for line in file.read_text().splitlines()]
    assert lines
    too_long = sum(len(line) > WIDTH for line in lines)
    assert too_long / len(lines) <= most, f"{too_long} of {len(lines)} lines have more than {WIDTH} characters"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "profile", "tokens", "project", "project-share"])
def test_an_id_names_one_element_of_the_page(name: str, cast: Cast, client) -> None:
    addresses = {
        "project": cast.project.get_absolute_url(),
        "project-share": cast.project.get_absolute_url() + "share/",
    }
    client.force_login(cast.alice)
    page = client.get(addresses.get(name) or reverse(name))
    assert page.status_code == 200
    found = Ids(page.content.decode()).found
    assert found and not [one for one, times in found.items() if times > 1]
