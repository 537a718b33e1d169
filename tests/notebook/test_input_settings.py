"""What an author may write into the settings of an input."""

import pytest

from projects.notebook.inputs import InputKind, InputSpec, limits, options_from_value, value_among
from projects.notebook.inputs.moments import zone_names
from tests.notebook.builders import an_input

SLIDER = {"kind": "slider", "name": "n", "label": "Days", "default": 20, "min": 1, "max": 100, "step": 1, "help": ""}
DROPDOWN = {"kind": "dropdown", "name": "d", "options": ["a", 1], "default": "a"}


def test_the_contracts_example_reads_and_writes_as_it_is():
    spec = InputSpec.from_json(SLIDER)
    assert spec is not None
    assert spec.to_json() == SLIDER
    assert InputSpec.check(SLIDER) == []


def test_settings_of_a_later_release_are_kept():
    spec = InputSpec.from_json({**SLIDER, "colour": "red"})
    assert spec is not None
    assert spec.to_json()["colour"] == "red"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"kind": "knob"}, "kind", "Choose one of checkbox, button"),
        ({"kind": ["slider"]}, "kind", "Choose one of"),
        ({"name": ""}, "name", "An input needs a variable name."),
        ({"name": None}, "name", "An input needs a variable name."),
        ({"name": "2n"}, "name", '"2n" can\'t be a variable'),
        ({"name": "a b"}, "name", "can't be a variable"),
        ({"name": "n;import os"}, "name", "can't be a variable"),
        ({"name": "n\n"}, "name", "can't be a variable"),
        ({"name": "class"}, "name", "one of Python's own words"),
        ({"name": "None"}, "name", "one of Python's own words"),
        ({"name": "_n"}, "name", "can't begin with an underscore"),
        ({"name": "taken"}, "name", 'Another input of this notebook is called "taken" already.'),
        ({"label": 7}, "label", "This must be text."),
        ({"label": "x" * 201}, "label", "This can have 200 characters; it has 201."),
        ({"min": None}, "min", "A slider needs a least and a most value."),
        ({"min": "1"}, "min", "This must be a number."),
        ({"max": float("nan")}, "max", "This must be a number."),
        ({"max": True}, "max", "This must be a number."),
        ({"step": 0}, "step", "The step must be more than 0."),
        ({"step": -1}, "step", "The step must be more than 0."),
        ({"min": 100}, "max", "“Most” must be above “Least”, which is 100."),
        ({"min": 200}, "max", "“Most” must be above “Least”, which is 200."),
        ({"default": 0}, "default", "The default must be from 1 to 100."),
        ({"default": None}, "default", "The default must be a number from 1 to 100."),
        ({"default": "20"}, "default", "The default must be a number from 1 to 100."),
        ({"aliases": "old"}, "aliases", "Earlier names are a list."),
        ({"aliases": ["1"]}, "aliases", "can't be a variable"),
        ({"aliases": ["taken"]}, "aliases", 'Another input of this notebook answers to "taken" already.'),
        ({**DROPDOWN, "options": []}, "options", "Give at least one option"),
        ({**DROPDOWN, "options": "a"}, "options", "Give at least one option"),
        ({**DROPDOWN, "options": [["a"]]}, "options", "Options are text, numbers, true or false."),
        ({**DROPDOWN, "options": [None]}, "options", "Options are text, numbers, true or false."),
        ({**DROPDOWN, "options": ["a", "a"]}, "options", "An option is there twice."),
        ({**DROPDOWN, "options": [1, 1.0]}, "options", "An option is there twice."),
        ({**DROPDOWN, "options": list(range(1_001))}, "options", "There can be 1,000 options; these are 1,001."),
        ({**DROPDOWN, "options": ["x" * 10_001]}, "options", "10,000 characters together; these have 10,001."),
        ({**DROPDOWN, "default": "b"}, "default", 'The default must be "a" or 1.'),
        ({**DROPDOWN, "default": True}, "default", 'The default must be "a" or 1.'),
        ({**DROPDOWN, "options_from": "a b"}, "options_from", "Name the variable"),
        ({"kind": "text", "default": 7}, "default", "The default must be text in double quotes."),
        ({"kind": "date", "default": "soon"}, "default", "The default must be a date such as"),
        ({"kind": "date", "default": "2020 years ago"}, "default", "The default must be a date such as"),
        ({"kind": "button", "behaviour": "explode"}, "behaviour", "A run button sets its variable"),
        ({"kind": "button", "behaviour": ["run_notebook"]}, "behaviour", "A run button sets its variable"),
    ],
)
def test_what_is_refused_and_why(change, field, sentence):
    data = {**SLIDER, **change} if "options" not in change else {"name": "n", **change}
    problems = InputSpec.check(data, ["taken"])
    assert [problem.field for problem in problems][:1] == [field]
    assert sentence in problems[0].sentence


@pytest.mark.parametrize("data", [None, 7, "slider", [], {}])
def test_what_is_no_settings_at_all(data):
    assert InputSpec.from_json(data) is None
    assert InputSpec.check(data)


@pytest.mark.parametrize("name", ["sum", "list", "id", "match", "größe", "a1", "naïve", "名前"])
def test_names_that_python_takes_are_taken(name):
    assert InputSpec.check({**SLIDER, "name": name}) == []


@pytest.mark.parametrize(
    ("kind", "empty"),
    [
        ("text", ""),
        ("dropdown", None),
        ("multiselect", []),
        ("date", None),
        ("datetime", None),
        ("file", None),
        ("checkbox", False),
        ("button", False),
        ("number", None),
        ("slider", 0),
    ],
)
def test_empty_values_as_python_sees_them(kind, empty):
    spec = InputSpec.from_json({"kind": kind, "name": "x"})
    assert spec is not None
    assert spec.default == empty
    assert type(spec.default) is type(empty)


def test_every_kind_has_an_empty_value():
    assert {InputSpec.from_json({"kind": kind, "name": "x"}).kind for kind in InputKind} == set(InputKind)


def test_bad_stored_settings_become_the_default_of_their_field():
    spec = an_input("slider", min="a", max=-5, step=-1, default=400, label=9, aliases=["ok", 7, "x", "_no"])
    assert (spec.minimum, spec.maximum, spec.step, spec.default) == (-5, -5, None, -5)
    assert (spec.label, spec.aliases) == ("", ("ok",))


def test_a_range_the_wrong_way_round_is_turned():
    spec = an_input("slider", min=10, max=1)
    assert (spec.minimum, spec.maximum) == (1, 10)


@pytest.mark.parametrize(
    ("given_settings", "whole"),
    [
        ({"min": 0, "max": 10}, True),
        ({"min": 0, "max": 10, "step": 2}, True),
        ({"min": 0, "max": 10, "step": 0.5}, False),
        ({"min": 0.5, "max": 10}, False),
    ],
)
def test_which_sliders_move_in_whole_numbers(given_settings, whole):
    assert an_input("slider", **given_settings).takes_integers is whole


def test_limits_are_said_in_words():
    assert limits(an_input("number")) == ""
    assert limits(an_input("number", min=1)) == "1 or more"
    assert limits(an_input("number", max=0.5)) == "0.5 or less"
    assert limits(an_input("slider", min=1, max=60)) == "from 1 to 60"


class TestOptionsOfAVariable:
    SPEC = an_input("dropdown", options_from="species", default="Gentoo")

    def test_a_list_of_scalars(self):
        found = options_from_value(self.SPEC, ["Adelie", 3, True, None, float("nan"), "Adelie", 3.0])
        assert (found.options, found.problem) == (("Adelie", 3, True), "")

    @pytest.mark.parametrize("value", [None, "Adelie", 3, {"a": 1}])
    def test_something_else(self, value):
        found = options_from_value(self.SPEC, value)
        assert found.options == ()
        assert found.problem == '"species" must be a list of text, numbers, true or false.'

    def test_something_else_in_the_list(self):
        found = options_from_value(self.SPEC, ["a", ["b"]])
        assert found.problem == 'Item 2 of "species" is neither text, number, true nor false.'

    def test_too_many(self):
        found = options_from_value(self.SPEC, list(range(1_500)))
        assert len(found.options) == 1_000
        assert found.problem.startswith('"species" has 1,500 options; the first 1,000 are offered')

    def test_too_long(self):
        found = options_from_value(self.SPEC, ["x" * 6_000, "y" * 6_000])
        assert len(found.options) == 1
        assert "the first 1 are offered" in found.problem

    def test_what_the_input_shows_when_they_change(self):
        assert value_among(self.SPEC, "Adelie", ["Adelie", "Gentoo"]) == "Adelie"
        assert value_among(self.SPEC, "Emperor", ["Adelie", "Gentoo"]) == "Gentoo"
        assert value_among(self.SPEC, "Emperor", ["Adelie"]) is None

    def test_the_default_is_taken_on_trust(self):
        assert self.SPEC.default == "Gentoo"
        assert InputSpec.check(self.SPEC.to_json()) == []


def test_time_zones_are_places():
    assert "America/Chicago" in zone_names()
    assert not {"localtime", "Factory"} & zone_names()
