"""The settings of an input, checked where they are typed."""

from typing import Any

import pytest
from django.urls import reverse

from tests.cast import Cast
from tests.web.test_notebook_cells import Page

pytestmark = pytest.mark.django_db


class Panel(Page):
    """Bob at the settings of the slider `n`, as the page found them."""

    def change(self, *, status: int = 200, cell: str = "count", base: dict | None = None, **settings: Any) -> dict:
        now = self.notebook.cell(cell).input.to_json()
        base = base or {field: now.get(field) for field in settings}
        return self.ask("input", cell=cell, settings=settings, base=base, status=status)

    @property
    def spec(self):
        return self.notebook.cell("count").input

    def html(self, cell: str = "count") -> str:
        response = self.client.get(f"{self.address}{cell}/settings/")
        assert response.status_code == 200
        return response.content.decode()


@pytest.fixture
def bob(client, cast: Cast) -> Panel:
    return Panel(client, cast, "bob")


def test_the_panel_shows_what_the_slider_is_and_who_reads_it(bob: Panel) -> None:
    html = bob.html()
    for shown in ('value="Count"', 'value="n"', 'value="50"', "?_n=4", 'href="#cell-squares"'):
        assert shown in html
    assert 'href="#cell-other"' not in html


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"default": 165}, "default", "from 1 to 50"),
        ({"default": "many"}, "default", "number"),
        ({"name": "not a name"}, "name", "can't be a variable"),
        ({"name": "class"}, "name", "Python"),
        ({"max": 0}, "max", "above “Least”, which is 1"),
        ({"max": "lots"}, "max", "must be a number"),
        ({"step": -1}, "step", "more than 0"),
    ],
)
def test_a_setting_that_can_not_be_is_refused_with_a_sentence(
    bob: Panel, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = bob.change(**changes, status=422)
    assert [problem["field"] for problem in answer["problems"]] == [field]
    assert sentence in answer["problems"][0]["sentence"]
    assert bob.cast.draft.revision == 1


def test_settings_are_saved_and_the_code_follows(bob: Panel) -> None:
    bob.change(label="How many")
    bob.change(default=9)
    bob.change(name="count")
    assert bob.notebook.cell("count").source == "count = 9"
    assert bob.spec.label == "How many"


def test_two_inputs_can_not_set_one_variable(bob: Panel) -> None:
    bob.ask("insert", id="second", kind="input", after="count")
    answer = bob.change(cell="second", name="n", status=422)
    assert answer["problems"][0]["field"] == "name"


def test_another_kind_gets_what_it_needs(bob: Panel) -> None:
    bob.change(kind="dropdown")
    assert bob.spec.options == ("First", "Second")
    bob.change(options="Adelie\nGentoo\n\n Chinstrap ")
    assert bob.spec.options == ("Adelie", "Gentoo", "Chinstrap")
    bob.change(options="2020\n2021\n2022.5")
    assert bob.spec.options == (2020, 2021, 2022.5)
    bob.change(default=2021)
    bob.change(kind="text")
    bob.change(kind="slider")
    assert (bob.spec.minimum, bob.spec.maximum) == (0, 100)


@pytest.mark.parametrize("kind", ["checkbox", "button", "multiselect", "number", "text", "date", "datetime", "file"])
def test_every_kind_has_a_panel_and_a_control(bob: Panel, client, kind: str) -> None:
    bob.change(kind=kind)
    assert f'<option value="{kind}" selected>' in bob.html()
    page = client.get(reverse("notebook", args=[bob.cast.workspace.slug, bob.cast.project.pk]))
    assert f'data-kind="{kind}"' in page.content.decode()


def test_bob_and_alice_change_different_settings_of_one_input(bob: Panel, cast: Cast) -> None:
    base = {"label": "Count"}
    bob.change(max=60)
    alice = Panel(bob.client, cast, "alice")
    alice.change(label="Number", base=base)
    assert (alice.spec.maximum, alice.spec.label) == (60, "Number")


def test_the_same_setting_changed_by_both_is_said(bob: Panel, cast: Cast) -> None:
    bob.change(label="Bob's")
    alice = Panel(bob.client, cast, "alice")
    conflict = alice.change(label="Alice's", base={"label": "Count"}, status=409)
    assert conflict["theirs"] == "Bob's"
    assert alice.spec.label == "Bob's"


def test_the_session_shows_a_new_default(bob: Panel, django_capture_on_commit_callbacks) -> None:
    from apps_runtime.models import Session

    with django_capture_on_commit_callbacks(execute=True):
        bob.ask("look", known={})
        bob.change(default=7)
    assert Session.objects.get(draft=bob.cast.draft).state["values"]["n"] == 7


@pytest.mark.parametrize(("person", "status"), [("carol", 200), ("dave", 403), ("mallory", 404)])
def test_who_may_read_the_settings(client, cast: Cast, person: str, status: int) -> None:
    page = Page(client, cast, person)
    assert client.get(f"{page.address}count/settings/").status_code == status
