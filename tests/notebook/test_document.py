"""The notebook as a value: reading, writing, editing."""

import json
from dataclasses import FrozenInstanceError, replace

import nbformat
import pytest

from projects.notebook.document import (
    Cell,
    CellKind,
    InputNameTaken,
    NoSuchCell,
    Notebook,
    Show,
    SourceIsGenerated,
    duplicate,
)
from projects.notebook.inputs import InputSpec
from projects.notebook.settings import AppSettings, Slot
from tests.notebook.builders import a_notebook, an_input

DAYS = an_input("slider", "days", label="Days", default=20, min=1, max=60, step=1)


def sources(notebook: Notebook) -> list[str]:
    return [cell.source for cell in notebook.cells]


def ids(notebook: Notebook) -> list[str]:
    return [cell.id for cell in notebook.cells]


class TestReadingAndWriting:
    def test_json_gives_an_equal_notebook_back(self):
        notebook = a_notebook(
            "x = 1", Cell.new(CellKind.MARKDOWN, "# Title"), Cell.new_input(DAYS), Cell.new(CellKind.RAW)
        )
        data = json.loads(json.dumps(notebook.to_json()))
        assert Notebook.from_json(data) == notebook

    def test_it_is_valid_nbformat(self):
        attached = Cell("m", CellKind.MARKDOWN, "![](a.png)", attachments={"a.png": {"image/png": "AAAA"}})
        notebook = a_notebook("x = 1", attached, Cell.new_input(DAYS), Cell.new(CellKind.RAW))
        nbformat.validate(nbformat.from_dict(notebook.to_json()))
        assert notebook.to_json()["nbformat_minor"] == 5
        assert Notebook.from_json(notebook.to_json()).cell("m").attachments == attached.attachments

    def test_outputs_are_not_part_of_it(self):
        data = a_notebook("1").to_json()
        data["cells"][0] |= {
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}],
            "execution_count": 3,
        }
        assert Notebook.from_json(data).to_json() == a_notebook("1").to_json()

    def test_cells_without_ids_get_the_same_one_every_time(self):
        data = {"cells": [{"cell_type": "code", "source": ["a\n", "b"]}, {"cell_type": "code", "source": "a\nb"}]}
        first, second = Notebook.from_json(data), Notebook.from_json(data)
        assert first == second
        assert len(set(ids(first))) == 2
        assert sources(first) == ["a\nb", "a\nb"]

    @pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "é", None, 7, "a\n"])
    def test_an_id_that_nbformat_refuses_is_replaced(self, bad):
        notebook = Notebook.from_json({"cells": [{"cell_type": "code", "id": bad, "source": ""}]})
        nbformat.validate(nbformat.from_dict(notebook.to_json()))

    def test_ids_are_unique(self):
        cell = {"cell_type": "code", "id": "same", "source": "1"}
        notebook = Notebook.from_json({"cells": [cell, cell, cell]})
        assert ids(notebook)[0] == "same"
        assert len(set(ids(notebook))) == 3

    def test_an_input_cell_is_a_code_cell_with_settings(self):
        data = a_notebook(Cell("n", CellKind.CODE).with_input(DAYS)).to_json()["cells"][0]
        assert data["cell_type"] == "code"
        assert data["source"] == "days = 20"
        assert data["metadata"] == {"hexlite": {"input": DAYS.to_json()}}

    def test_the_source_of_an_input_is_always_made_from_its_settings(self):
        data = a_notebook(Cell.new_input(DAYS)).to_json()
        data["cells"][0]["source"] = "days = __import__('os').system('id')"
        assert sources(Notebook.from_json(data)) == ["days = 20"]

    @pytest.mark.parametrize(
        "given_settings", [None, {}, {"kind": "knob", "name": "n"}, {"kind": "slider", "name": "a b"}]
    )
    def test_settings_that_make_no_input_leave_the_code_alone(self, given_settings):
        cell = {"cell_type": "code", "id": "a", "source": "n = 3", "metadata": {"hexlite": {"input": given_settings}}}
        notebook = Notebook.from_json({"cells": [cell]})
        assert (notebook.cell("a").kind, notebook.cell("a").source) == (CellKind.CODE, "n = 3")
        assert notebook.to_json()["cells"][0]["metadata"] == cell["metadata"]

    def test_unknown_metadata_is_kept(self):
        data = a_notebook(Cell("n", CellKind.CODE, metadata={"mine": [1], "hexlite": {"later": 1}})).to_json()
        data["metadata"] = {"kernelspec": {"name": "python3"}, "mine": {"a": None}}
        notebook = Notebook.from_json(data).set_show("n", Show(code=True)).set_settings(AppSettings(title="T"))
        assert notebook.metadata["mine"] == {"a": None}
        assert notebook.cell("n").metadata["mine"] == [1]
        assert notebook.cell("n").hexlite["later"] == 1

    def test_values_are_frozen(self):
        with pytest.raises(FrozenInstanceError):
            a_notebook("1").cells = ()


class TestLooking:
    def test_cells_are_found_by_id(self):
        notebook = a_notebook("1", "2")
        assert notebook.position("b") == 1
        assert notebook.cell("b").source == "2"
        assert "b" in notebook
        assert "z" not in notebook
        with pytest.raises(NoSuchCell):
            notebook.cell("z")

    def test_inputs_in_notebook_order_and_once_each(self):
        other = replace(DAYS, name="weeks")
        notebook = a_notebook("1", Cell.new_input(other), Cell.new_input(DAYS), Cell.new_input(DAYS))
        assert [spec.name for spec in notebook.inputs] == ["weeks", "days"]
        assert notebook.input_cells["days"] == notebook.cells[2]

    def test_code_is_not_shown_to_viewers_unless_said(self):
        assert a_notebook("secret").cell("a").show == Show(cell=True, code=False, output=True)

    @pytest.mark.parametrize("data", [None, 7, [], {"cell": "no", "code": 1}])
    def test_bad_show_settings_are_the_default(self, data):
        assert Cell("a", CellKind.CODE, metadata={"hexlite": {"show": data}}).show == Show()

    def test_tags(self):
        assert Cell("a", CellKind.CODE, metadata={"tags": ["x", 7, "y"]}).tags == ("x", "y")
        assert Cell("a", CellKind.CODE, metadata={"tags": "x"}).tags == ()

    def test_an_empty_notebook_has_a_cell_to_write_in(self):
        assert [(cell.kind, cell.source) for cell in Notebook.empty().cells] == [(CellKind.CODE, "")]


class TestEditing:
    def test_insert(self):
        notebook = a_notebook("1", "2").insert(Cell("new", CellKind.MARKDOWN, "x"), 1)
        assert ids(notebook) == ["a", "new", "b"]
        assert ids(notebook.insert(Cell("end", CellKind.CODE)))[-1] == "end"
        assert ids(notebook.insert(Cell("far", CellKind.CODE), 99))[-1] == "far"
        assert ids(notebook.insert(Cell("first", CellKind.CODE), -5))[0] == "first"

    def test_insert_never_makes_two_of_one_id(self):
        notebook = a_notebook("1").insert(Cell("a", CellKind.CODE, "2"))
        assert sources(notebook) == ["1", "2"]
        assert len(set(ids(notebook))) == 2

    def test_the_notebook_edited_stays_as_it_was(self):
        notebook = a_notebook("1", "2")
        before = json.dumps(notebook.to_json())
        notebook.replace_source("a", "3").set_show("b", Show(code=True)).move("a", 1).delete("a").split("b", 0)
        assert json.dumps(notebook.to_json()) == before

    def test_replace_source(self):
        assert sources(a_notebook("1", "2").replace_source("b", "3")) == ["1", "3"]
        with pytest.raises(NoSuchCell):
            a_notebook("1").replace_source("z", "3")

    def test_what_no_database_holds_is_left_out_of_a_source(self):
        assert sources(a_notebook("1").replace_source("a", "a\0b\ud800")) == ["ab?"]

    def test_the_code_of_an_input_is_not_written_by_hand(self):
        notebook = a_notebook(Cell("n", CellKind.CODE).with_input(DAYS))
        with pytest.raises(SourceIsGenerated):
            notebook.replace_source("n", "days = 21")
        assert notebook.replace_source("n", "days = 20") is notebook

    def test_set_kind(self):
        notebook = a_notebook("# x").set_kind("a", CellKind.MARKDOWN)
        assert notebook.cell("a").kind is CellKind.MARKDOWN
        assert notebook.cell("a").source == "# x"
        assert a_notebook(Cell("n", CellKind.CODE).with_input(DAYS)).set_kind("n", CellKind.CODE).cell("n") == Cell(
            "n", CellKind.CODE, "days = 20"
        )
        with pytest.raises(ValueError, match="needs settings"):
            notebook.set_kind("a", CellKind.INPUT)

    @pytest.mark.parametrize(("position", "expected"), [(0, "bac"), (1, "abc"), (2, "acb"), (9, "acb"), (-1, "bac")])
    def test_move(self, position, expected):
        assert ids(a_notebook("1", "2", "3").move("b", position)) == list(expected)

    @pytest.mark.parametrize(
        ("offset", "upper", "lower"),
        [(0, "", "a\nb"), (1, "a", "b"), (2, "a", "b"), (3, "a\nb", ""), (99, "a\nb", "")],
    )
    def test_split(self, offset, upper, lower):
        notebook = a_notebook("a\nb", "end").split("a", offset)
        assert sources(notebook) == [upper, lower, "end"]
        assert ids(notebook)[0] == "a"
        assert notebook.cells[1].lineage == notebook.cells[1].id

    def test_an_input_is_not_split(self):
        with pytest.raises(SourceIsGenerated):
            a_notebook(Cell("n", CellKind.CODE).with_input(DAYS)).split("n", 2)

    @pytest.mark.parametrize("pair", [("a", "b"), ("b", "a")])
    def test_merge_keeps_the_upper_cell(self, pair):
        notebook = a_notebook("1", "2", "3").merge(*pair)
        assert (ids(notebook), sources(notebook)) == (["a", "c"], ["1\n2", "3"])

    def test_merging_an_input_makes_code_of_it(self):
        notebook = a_notebook(Cell("n", CellKind.CODE).with_input(DAYS), Cell("b", CellKind.CODE, "days * 2"))
        merged = notebook.merge("n", "b").cell("n")
        assert (merged.kind, merged.source, merged.input) == (CellKind.CODE, "days = 20\ndays * 2", None)

    def test_delete(self):
        assert ids(a_notebook("1", "2").delete("a")) == ["b"]
        with pytest.raises(NoSuchCell):
            a_notebook("1").delete("z")

    def test_a_copy_of_a_cell_is_a_cell_of_its_own(self):
        notebook = a_notebook("1", "2").duplicate_cell("a")
        assert sources(notebook) == ["1", "1", "2"]
        assert notebook.cells[1].lineage == notebook.cells[1].id != "a"

    def test_a_copy_of_an_input_has_a_variable_of_its_own(self):
        notebook = a_notebook(Cell("n", CellKind.CODE).with_input(replace(DAYS, aliases=("window",))))
        notebook = notebook.duplicate_cell("n").duplicate_cell("n")
        assert [spec.name for spec in notebook.inputs] == ["days", "days_3", "days_2"]
        assert [spec.aliases for spec in notebook.inputs] == [("window",), (), ()]

    def test_two_inputs_never_set_the_same_variable(self):
        notebook = a_notebook("1", Cell("n", CellKind.CODE).with_input(DAYS))
        with pytest.raises(InputNameTaken):
            notebook.set_input("a", DAYS)
        with pytest.raises(InputNameTaken):
            notebook.insert(Cell.new_input(DAYS))
        changed = notebook.set_input("n", replace(DAYS, default=21))
        assert changed.cell("n").source == "days = 21"

    def test_an_input_made_code_sets_its_default(self):
        notebook = a_notebook(Cell("n", CellKind.CODE).with_input(DAYS)).set_input("n", None)
        assert notebook.cell("n") == Cell("n", CellKind.CODE, "days = 20")

    def test_settings(self):
        notebook = a_notebook("1").set_settings(AppSettings(title="Weather", hide_code=True))
        assert notebook.settings == AppSettings(title="Weather", hide_code=True)
        assert notebook.metadata["hexlite"]["app"]["title"] == "Weather"


class TestDuplicating:
    def test_new_ids_the_same_lineage_and_the_layout_follows(self):
        notebook = a_notebook("1", "2").set_settings(AppSettings(layout=((Slot("a", 6), Slot("b", 6)),)))
        copy = duplicate(notebook)
        assert not set(ids(copy)) & set(ids(notebook))
        assert [cell.lineage for cell in copy.cells] == ["a", "b"]
        assert [slot.cell for slot in copy.settings.layout[0]] == ids(copy)
        assert copy.content_digest() == notebook.content_digest()

    def test_a_copy_of_a_copy_remembers_the_first(self):
        assert [cell.lineage for cell in duplicate(duplicate(a_notebook("1"))).cells] == ["a"]


class TestContent:
    BASE = a_notebook("1", Cell("b", CellKind.MARKDOWN, "x"), Cell("n", CellKind.CODE).with_input(DAYS)).set_settings(
        AppSettings(title="T", layout=((Slot("a", 6), Slot("b", 6)),))
    )

    @pytest.mark.parametrize(
        "edit",
        [
            lambda n: n.replace_source("a", "2"),
            lambda n: n.move("a", 1),
            lambda n: n.set_kind("a", CellKind.RAW),
            lambda n: n.delete("b"),
            lambda n: n.insert(Cell.new(CellKind.CODE)),
            lambda n: n.set_input("n", replace(DAYS, default=21)),
            lambda n: n.set_input("n", replace(DAYS, label="Window")),
            lambda n: n.set_input("n", None),
            lambda n: n.set_show("a", Show(code=True)),
            lambda n: n.set_settings(replace(n.settings, title="U")),
            lambda n: n.set_settings(replace(n.settings, reactive=False)),
            lambda n: n.set_settings(replace(n.settings, layout=((Slot("b", 6), Slot("a", 6)),))),
        ],
    )
    def test_what_publishing_counts_changes_the_digest(self, edit):
        assert edit(self.BASE).content_digest() != self.BASE.content_digest()

    @pytest.mark.parametrize(
        "edit",
        [
            lambda n: n.replace_source("a", "2").replace_source("a", "1"),
            lambda n: n.move("a", 2).move("a", 0),
            lambda n: n.delete("a").insert(Cell("a", CellKind.CODE, "1"), 0),
            lambda n: n.set_show("a", Show()),
            lambda n: replace(n, metadata={**n.metadata, "language_info": {"version": "3.12"}}),
            lambda n: Notebook.from_json(n.to_json()),
            duplicate,
        ],
    )
    def test_what_it_does_not_count_leaves_it(self, edit):
        assert edit(self.BASE).content_digest() == self.BASE.content_digest()

    def test_a_cell_deleted_and_written_again_is_the_same_content(self):
        plain = a_notebook("1", "2")
        assert plain.delete("a").insert(Cell.new(CellKind.CODE, "1"), 0).content_digest() == plain.content_digest()

    def test_it_is_a_sha_256(self):
        assert len(self.BASE.content_digest()) == 64


def test_input_spec_of_a_cell_is_read_once():
    cell = Cell.new_input(DAYS)
    assert cell.input is cell.input
    assert isinstance(cell.input, InputSpec)
