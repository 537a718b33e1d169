"""Arranging an app: rows, columns, tabs, and an order that changes no result."""

import pytest

from projects.notebook.cells import Cell, CellKind, Show
from projects.notebook.document import Notebook, duplicate
from projects.notebook.layout import edits
from projects.notebook.layout.edits import ArrangementRefused
from projects.notebook.layout.layout import in_app, pages, words_of
from projects.notebook.settings import AppSettings, Slot
from tests.notebook.builders import a_notebook, an_input


def an_input_cell(name, kind="number"):
    cell = Cell.new_input(an_input(kind, name, default=1))
    return Cell(name, CellKind.INPUT, cell.source, cell.metadata)


def a_text(identity, text="Words"):
    return Cell(identity, CellKind.MARKDOWN, text)


def rows(notebook: Notebook, tab: int = 0) -> list[list[str]]:
    return [list(row.cells) for row in pages(notebook)[tab].rows]


def spans(notebook: Notebook, cell: str) -> list[int]:
    row = next(row for page in pages(notebook) for row in page.rows if cell in row.cells)
    return [slot.span for slot in row.slots]


def order(notebook: Notebook) -> str:
    return " ".join(cell.id for cell in notebook.cells)


def texts(*names):
    return Notebook(tuple(a_text(name) for name in names))


class TestTheAppWithoutALayout:
    def test_a_row_for_each_block_and_one_for_inputs_that_follow_each_other(self):
        notebook = Notebook((a_text("t"), an_input_cell("x"), an_input_cell("y"), a_text("u"), an_input_cell("z")))
        assert rows(notebook) == [["t"], ["x", "y"], ["u"], ["z"]]

    def test_what_viewers_get_nothing_of_is_not_there(self):
        hidden = a_notebook("1", "2", "3").set_show("b", Show(cell=False)).set_show("c", Show(True, False, False))
        assert rows(hidden) == [["a"]]

    def test_code_alone_is_nothing_where_all_code_is_hidden(self):
        notebook = a_notebook("1").set_show("a", Show(cell=True, code=True, output=False))
        assert rows(notebook) == [["a"]]
        assert rows(notebook.set_settings(AppSettings(hide_code=True))) == [[]] or not rows(
            notebook.set_settings(AppSettings(hide_code=True))
        )

    def test_the_first_heading_is_the_head(self):
        notebook = Notebook((a_text("t", "# Title"), a_text("u")))
        assert [cell.id for cell in in_app(notebook)] == ["u"]


class TestColumns:
    def test_a_block_goes_beside_another(self):
        found = edits.beside(texts("a", "b", "c"), "c", "a", after=True)
        assert rows(found) == [["a", "c"], ["b"]] and spans(found, "a") == [6, 6]
        assert found.settings.layout == ((Slot("a", 6), Slot("c", 6)),)
        assert order(found) == "a c b"

    def test_left_of_it_as_well(self):
        found = edits.beside(texts("a", "b", "c"), "c", "a", after=False)
        assert rows(found) == [["c", "a"], ["b"]]

    def test_three_and_four_share_the_width_and_a_fifth_has_no_room(self):
        found = texts("a", "b", "c", "d", "e")
        for name in "bcd":
            found = edits.beside(found, name, "a", after=True)
        assert spans(found, "a") == [3, 3, 3, 3]
        with pytest.raises(ArrangementRefused, match="room for 4"):
            edits.beside(found, "e", "a", after=True)

    def test_within_a_row_widths_go_along(self):
        found = edits.beside(texts("a", "b"), "b", "a", after=True)
        found = edits.resize(found, "a", 8)
        found = edits.beside(found, "b", "a", after=False)
        assert rows(found) == [["b", "a"]] and spans(found, "a") == [4, 8]

    @pytest.mark.parametrize(("asked", "got"), [(7, [7, 5]), (1, [3, 9]), (12, [9, 3])])
    def test_the_border_moves_within_limits(self, asked, got):
        found = edits.beside(texts("a", "b"), "b", "a", after=True)
        assert spans(edits.resize(found, "a", asked), "a") == got

    def test_there_is_no_border_after_the_last(self):
        found = edits.beside(texts("a", "b"), "b", "a", after=True)
        with pytest.raises(ArrangementRefused):
            edits.resize(found, "b", 6)

    def test_a_block_that_leaves_makes_room(self):
        found = edits.beside(texts("a", "b", "c"), "b", "a", after=True)
        found = edits.alone(found, ["b"], before=None, tab="")
        assert rows(found) == [["a"], ["c"], ["b"]] and found.settings.layout == ()

    def test_a_hidden_block_keeps_its_place(self):
        found = edits.beside(texts("a", "b", "c"), "b", "a", after=True)
        hidden = found.set_show("b", Show(cell=False))
        assert rows(hidden) == [["a"], ["c"]] and spans(hidden, "a") == [12]
        assert rows(hidden.set_show("b", Show(cell=True))) == [["a", "b"], ["c"]]

    def test_an_input_leaves_its_grid(self):
        notebook = Notebook((an_input_cell("x"), an_input_cell("y"), an_input_cell("z"), a_text("t")))
        found = edits.beside(notebook, "t", "x", after=True)
        assert rows(found) == [["x", "t", "y", "z"]]
        found = edits.alone(notebook, ["z"], before=None, tab="")
        assert rows(found) == [["x", "y"], ["t"], ["z"]]
        assert rows(edits.alone(notebook, ["z"], before="t", tab="")) == [["x", "y"], ["z"], ["t"]]


class TestTheOrder:
    def test_a_row_goes_above_another_and_the_notebook_follows(self):
        found = edits.alone(texts("a", "b", "c"), ["c"], before="a", tab="")
        assert rows(found) == [["c"], ["a"], ["b"]] and order(found) == "c a b"

    def test_a_whole_row_moves_as_one(self):
        found = edits.beside(texts("a", "b", "c", "d"), "b", "a", after=True)
        found = edits.alone(found, ["a", "b"], before=None, tab="")
        assert rows(found) == [["c"], ["d"], ["a", "b"]]

    def test_what_a_cell_reads_stays_above_it(self):
        notebook = a_notebook("x = 1\nx", "x + 1")
        with pytest.raises(ArrangementRefused, match=r"“x \+ 1” has to stay below “x = 1”: it uses x"):
            edits.alone(notebook, ["b"], before="a", tab="")

    def test_hidden_cells_in_between_move_out_of_the_way(self):
        notebook = (
            a_notebook("x = 1", "'first'", "y = x + 1", "y").set_show("a", Show(False)).set_show("c", Show(False))
        )
        found = edits.alone(notebook, ["d"], before="b", tab="")
        assert rows(found) == [["d"], ["b"]] and order(found) == "a c d b"

    def test_two_cells_that_write_one_name_change_places_when_nobody_can_tell(self):
        notebook = a_notebook("fig = 1\nprint(fig)", "fig = 2\nprint(fig)")
        assert order(edits.alone(notebook, ["b"], before="a", tab="")) == "b a"

    def test_but_not_when_a_third_reads_it(self):
        notebook = a_notebook("v = 1\nprint(v)", "v = 2\nprint(v)", "print(v)")
        with pytest.raises(ArrangementRefused):
            edits.alone(notebook, ["b"], before="a", tab="")

    def test_side_by_side_needs_no_order(self):
        notebook = a_notebook("x = 1\nx", "x + 1")
        found = edits.beside(notebook, "b", "a", after=False)
        assert rows(found) == [["b", "a"]] and order(found) == "a b"

    def test_the_layout_goes_with_a_copy(self):
        copy = duplicate(edits.beside(texts("a", "b"), "b", "a", after=True))
        assert rows(copy) == [[cell.id for cell in copy.cells]]


class TestTabs:
    def test_the_first_tab_takes_what_is_there(self):
        found = edits.add_tab(texts("a", "b"), "two", "Details")
        assert [page.tab.title for page in pages(found)] == ["Overview", "Details"]
        assert rows(found, 0) == [["a"], ["b"]] and rows(found, 1) == []

    def test_adding_it_twice_adds_it_once(self):
        found = edits.add_tab(texts("a"), "two")
        assert edits.add_tab(found, "two") == found

    def test_a_block_goes_to_another_tab_and_back(self):
        found = edits.to_tab(edits.add_tab(texts("a", "b"), "two"), "b", "two")
        assert rows(found, 0) == [["a"]] and rows(found, 1) == [["b"]]
        first = pages(found)[0].tab.id
        assert rows(edits.to_tab(found, "b", first), 0) == [["a"], ["b"]]

    def test_inputs_share_a_row_on_another_tab(self):
        found = edits.add_tab(Notebook((an_input_cell("x"), an_input_cell("y"), a_text("t"))), "two")
        found = edits.to_tab(edits.to_tab(found, "x", "two"), "y", "two")
        assert rows(found, 0) == [["t"]] and rows(found, 1) == [["x", "y"]]

    def test_tabs_change_places_with_what_is_on_them(self):
        found = edits.to_tab(edits.add_tab(texts("a", "b"), "two"), "b", "two")
        found = edits.move_tab(found, "two", 0)
        assert next(page.tab.id for page in pages(found)) == "two"
        assert rows(found, 0) == [["b"]] and rows(found, 1) == [["a"]]

    def test_names(self):
        found = edits.rename_tab(edits.add_tab(texts("a"), "two"), "two", "  At a   glance ")
        assert found.settings.tabs[1].title == "At a glance"
        for bad in ("", "  "):
            with pytest.raises(ArrangementRefused, match="name"):
                edits.rename_tab(found, "two", bad)
        with pytest.raises(ArrangementRefused, match="not there"):
            edits.rename_tab(found, "three", "x")

    def test_removing_a_tab_deletes_nothing(self):
        found = edits.to_tab(edits.add_tab(texts("a", "b"), "two"), "b", "two")
        found = edits.remove_tab(found, "two")
        assert order(found) == "a b" and rows(found) == [["a"]] and not found.cell("b").show.cell

    def test_without_the_last_tab_there_is_none(self):
        found = edits.add_tab(texts("a"), "two")
        for tab in found.settings.tabs:
            found = edits.remove_tab(found, tab.id)
        assert found.settings.tabs == () and rows(found) == []

    def test_rows_on_tabs_move_without_minding_the_other_tab(self):
        found = edits.add_tab(texts("a", "b", "c"), "two")
        found = edits.to_tab(edits.to_tab(found, "a", "two"), "c", "two")
        found = edits.alone(found, ["c"], before="a", tab="two")
        assert rows(found, 1) == [["c"], ["a"]] and rows(found, 0) == [["b"]]

    def test_a_hidden_block_comes_back_on_its_tab(self):
        found = edits.to_tab(edits.add_tab(texts("a", "b", "c"), "two"), "b", "two")
        found = found.set_show("b", Show(False))
        found = edits.beside(found, "c", "a", after=True)
        assert rows(found.set_show("b", Show(True)), 1) == [["b"]]
        assert rows(edits.put_in(found, "b", "two"), 1) == [["b"]]


def test_what_shows_nothing_shows_its_output_when_it_is_put_in():
    hidden = a_notebook("1").set_show("a", Show(cell=False, code=False, output=False))
    assert edits.put_in(hidden, "a", "").cell("a").show == Show(cell=True, code=False, output=True)


def test_an_arrangement_can_be_taken_back():
    before = edits.beside(texts("a", "b", "c"), "b", "a", after=True)
    kept = edits.snapshot(before)
    after = edits.alone(before, ["c"], before="a", tab="").set_show("a", Show(False))
    back = edits.restored(edits.add_tab(after, "two"), kept)
    assert back.settings == before.settings and order(back) == order(before)
    assert [cell.show for cell in back.cells] == [cell.show for cell in before.cells]


@pytest.mark.parametrize("junk", [{}, {"order": [1, 2], "show": 3, "layout": "x", "tabs": 7}, {"show": {"a": 4}}])
def test_taking_back_junk_harms_nothing(junk):
    assert order(edits.restored(texts("a", "b"), junk)) == "a b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Rain by month", "Rain by month"),
        ("def through_the_year():\n    pass", "through the year"),
        ('"""Draws."""', "Draws."),
        ("", "Empty cell"),
        ("x = 1", "x = 1"),
    ],
)
def test_what_a_block_is_called(text, words):
    assert words_of(Cell("a", CellKind.CODE, text)) == words
