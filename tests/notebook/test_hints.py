"""Jupyter's own hints, and papermill's parameters, on the way in."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.notebook.document import Cell, CellKind, Notebook, Show
from projects.notebook.files.jupyter_tags import Offer, accept, offered_input, offered_inputs, show_of_hints, with_hints
from tests.notebook.builders import a_notebook, an_input

PLAIN = Show()


def a_cell(**metadata: object) -> Cell:
    return Cell("a", CellKind.CODE, "1", metadata)


def parameters(source: str) -> Notebook:
    return a_notebook(Cell("p", CellKind.CODE, source, {"tags": ["parameters"]}), Cell("z", CellKind.CODE, "days"))


def pieces(notebook: Notebook) -> list[tuple[str, str]]:
    return [(str(cell.kind), cell.source) for cell in notebook.cells]


@pytest.mark.parametrize(
    ("metadata", "show"),
    [
        ({}, PLAIN),
        ({"tags": ["hide-input"]}, Show(code=False)),
        ({"tags": ["remove-input"]}, Show(code=False)),
        ({"tags": ["hide-output"]}, Show(output=False)),
        ({"tags": ["remove-output"]}, Show(output=False)),
        ({"tags": ["remove_output"]}, Show(output=False)),
        ({"tags": ["hide-cell"]}, Show(cell=False)),
        ({"tags": ["remove-cell"]}, Show(cell=False)),
        ({"tags": ["Remove_Cell", "hide-output"]}, Show(cell=False, output=False)),
        ({"jupyter": {"source_hidden": True}}, Show(code=False)),
        ({"jupyter": {"outputs_hidden": True}}, Show(output=False)),
        ({"jupyter": {"outputs_hidden": False}}, PLAIN),
        ({"jupyter": {"outputs_hidden": "yes"}}, PLAIN),
        ({"jupyter": [], "tags": {}}, PLAIN),
        ({"collapsed": True}, Show(output=False)),
        ({"hide_input": True}, Show(code=False)),
        ({"tags": ["hide", "input"]}, PLAIN),
    ],
)
def test_what_hints_mean(metadata, show):
    assert show_of_hints(a_cell(**metadata)) == show
    assert with_hints(a_notebook(a_cell(**metadata))).cell("a").show == show


def test_a_cell_without_hints_stays_as_it_is():
    notebook = a_notebook(a_cell(), a_cell(tags=["x"]))
    assert with_hints(notebook) == notebook


def test_what_the_author_said_here_is_stronger():
    cell = a_cell(tags=["remove-cell"]).with_show(Show(code=True))
    assert with_hints(a_notebook(cell)).cell("a").show == Show(code=True)


class TestOffers:
    @pytest.mark.parametrize(
        ("source", "kind", "default"),
        [
            ("days = 20", "number", 20),
            ("days = -20", "number", -20),
            ("days: int = 20", "number", 20),
            ("days = 0.5", "number", 0.5),
            ("days = 'a'", "text", "a"),
            ("days = ('a'\n        'b')", "text", "ab"),
            ("days = True", "checkbox", True),
        ],
    )
    def test_a_literal_is_offered_as_an_input(self, source, kind, default):
        (offer,) = offered_inputs(parameters(source))
        assert offer.spec is not None
        assert (offer.name, str(offer.spec.kind), offer.spec.default) == ("days", kind, default)
        assert (offer.spec.label, offer.reason) == ("Days", "")

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("x = [1, 2]", '"x" is a list; inputs are made of text, numbers, true and false.'),
            ("x = (1, 2)", '"x" is a list;'),
            ("x = {'a': 1}", '"x" is a dictionary;'),
            ("x = None", '"x" is None, which says nothing about its kind;'),
            ("x = 1j", '"x" is of the type complex;'),
            ("x = b'a'", '"x" is of the type bytes;'),
            ("x = today()", '"x" is worked out by code, not written as a value.'),
            ("x = y", '"x" is worked out by code'),
            ("x = f'{y}'", '"x" is worked out by code'),
            ("x = 1e999", '"x" must be a number.'),
            ("x = 'a\\0b'", '"x" holds a character that text can\'t have.'),
            (f"x = '{'y' * 9_000}'", '"x" is longer than 8 KB.'),
            ("_x = 1", "can't begin with an underscore"),
            ("x = 1\nx = 2", '"x" is set more than once.'),
        ],
    )
    def test_what_can_be_no_input_comes_with_the_reason(self, source, reason):
        offer = offered_inputs(parameters(source))[0]
        assert offer.spec is None
        assert reason in offer.reason

    @pytest.mark.parametrize(
        "source",
        [
            "",
            "import os",
            "x, y = 1, 2",
            "x = y = 1",
            "x.a = 1",
            "x[0] = 1",
            "x += 1",
            "x = 1; y = 2",
            "x: int",
            "x = = 1",
            "%matplotlib inline\nx = 1",
            "x = " + "(" * 5000,
            "x = '\x00'",
            "if a:\n    x = 1",
        ],
    )
    def test_what_is_no_plain_assignment_is_not_mentioned(self, source):
        notebook = parameters(source)
        assert offered_inputs(notebook) == []
        assert accept(notebook, []) == notebook

    def test_only_tagged_cells_offer(self):
        assert offered_inputs(a_notebook("x = 1")) == []

    def test_a_name_that_an_input_has_is_not_offered_again(self):
        notebook = parameters("days = 1").insert(Cell.new_input(an_input("number", "other", aliases=["days"])))
        assert offered_inputs(notebook)[0].reason == 'There is an input called "days" already.'

    def test_a_comment_behind_it_becomes_the_help_text(self):
        (offer,) = offered_inputs(parameters("days = 20  # how far back"))
        assert offer.spec is not None
        assert offer.spec.help == "how far back"


class TestAccepting:
    SOURCE = "# Settings\ndays = 20\ncity = 'Oslo'\n\nimport os  # for paths\nnames = ['a']\nflag = True\n# the end"

    def test_the_cell_is_parted_and_nothing_is_lost(self):
        notebook = parameters(self.SOURCE)
        after = accept(notebook, offered_inputs(notebook))
        assert pieces(after) == [
            ("code", "# Settings"),
            ("input", "days = 20"),
            ("input", "city = 'Oslo'"),
            ("code", "import os  # for paths\nnames = ['a']"),
            ("input", "flag = True"),
            ("code", "# the end"),
            ("code", "days"),
        ]
        assert after.cells[0].id == "p"
        assert after.cells[0].tags == ("parameters",)
        assert len({cell.id for cell in after.cells}) == 7

    def test_only_what_was_accepted(self):
        notebook = parameters(self.SOURCE)
        after = accept(notebook, [offer for offer in offered_inputs(notebook) if offer.name == "city"])
        assert [kind for kind, _ in pieces(after)] == ["code", "input", "code", "code"]
        assert [spec.name for spec in after.inputs] == ["city"]

    def test_a_cell_of_one_assignment_becomes_the_input(self):
        notebook = parameters("days = 20")
        after = accept(notebook, offered_inputs(notebook))
        assert pieces(after) == [("input", "days = 20"), ("code", "days")]
        assert after.cells[0].id == "p"

    def test_lines_are_counted_as_python_counts_them(self):
        notebook = parameters("x = '\x1e'\r\n\x0cdays = 20\ny = [1]")
        after = accept(notebook, [offer for offer in offered_inputs(notebook) if offer.name == "days"])
        assert [source for _, source in pieces(after)][:3] == ["x = '\x1e'", "days = 20", "y = [1]"]

    def test_offers_with_a_reason_change_nothing(self):
        notebook = parameters("x = [1]")
        assert accept(notebook, offered_inputs(notebook)) == notebook

    def test_offers_of_a_notebook_that_has_changed_change_nothing(self):
        offers = offered_inputs(parameters("days = 20"))
        changed = parameters("weeks = 20")
        assert accept(changed, offers) == changed
        assert accept(changed, [Offer("gone", "x", offers[0].spec)]) == changed

    def test_the_values_are_those_of_the_cell_before(self):
        notebook = parameters(self.SOURCE)
        before: dict = {}
        exec(self.SOURCE, before)
        after: dict = {}
        for cell in accept(notebook, offered_inputs(notebook)).cells:
            exec(cell.source, after)
        assert {name: after[name] for name in ("days", "city", "names", "flag")} == {
            name: before[name] for name in ("days", "city", "names", "flag")
        }

    @given(
        st.lists(
            st.sampled_from(
                [
                    "a = 1",
                    "b = 'x'  # note",
                    "c = True",
                    "d = [1]",
                    "",
                    "# c",
                    "import os",
                    "e = (1 +\n 2)",
                    "f = '''x\n'''",
                ]
            ),
            max_size=8,
        )
    )
    def test_no_statement_is_lost(self, lines):
        notebook = parameters("\n".join(lines))
        after = accept(notebook, offered_inputs(notebook))
        assert [ast.dump(node) for node in ast.parse("\n".join(cell.source for cell in after.cells)).body] == [
            ast.dump(node) for node in ast.parse("\n".join(cell.source for cell in notebook.cells)).body
        ]


class TestOneCell:
    @pytest.mark.parametrize("source", ["n = 20", "n = 20\n", "\nn = 20  # days"])
    def test_a_cell_that_sets_a_literal(self, source):
        spec = offered_input(Cell("a", CellKind.CODE, source))
        assert spec is not None
        assert (spec.name, spec.default) == ("n", 20)

    @pytest.mark.parametrize(
        "source", ["", "n", "n = 20\nm = 3", "n = 20\nprint(n)", "# x\nn = 20", "n = f()", "n = []"]
    )
    def test_a_cell_that_does_more_or_something_else(self, source):
        assert offered_input(Cell("a", CellKind.CODE, source)) is None

    def test_text_is_no_code(self):
        assert offered_input(Cell("a", CellKind.MARKDOWN, "n = 20")) is None
