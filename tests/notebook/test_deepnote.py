"""Deepnote's files on the way in. The samples are our own, in the format that Deepnote documents."""

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.notebook.deepnote import DeepnoteNotebook, DeepnoteProject, UnreadableNotebook, read
from projects.notebook.document import Cell, CellKind, Notebook, Show
from projects.notebook.files.ipynb import write
from projects.notebook.settings import Slot

SELECT_OF_A_TOOL = """
project:
  name: Made by a tool
  notebooks:
    - name: One
      blocks:
        - {id: a, type: input-select, content: '', metadata: {deepnote_variable_name: category,
           deepnote_input_options: [All, A, B], deepnote_input_default: All, deepnote_variable_value: A}}
"""
SAMPLE = """
metadata:
  createdAt: '2026-01-01T00:00:00.000Z'
project:
  id: 11111111-2222-4333-8444-555555555555
  name: Harbour
  initNotebookId: two
  integrations:
    - {id: a, name: Warehouse, type: pgsql}
  notebooks:
    - id: one
      name: Tides
      executionMode: block
      blocks:
        - id: aaaa
          blockGroup: g1
          type: text-cell-h1
          sortingKey: a0
          content: Tides at the quay
          metadata: {}
        - id: bbbb
          blockGroup: g2
          type: input-slider
          sortingKey: a1
          content: ''
          metadata:
            deepnote_variable_name: days
            deepnote_input_label: Days
            deepnote_variable_value: '14'
            deepnote_variable_default_value: null
            deepnote_slider_min_value: 1
            deepnote_slider_max_value: 60
            deepnote_slider_step: 1
        - id: cccc
          blockGroup: g3
          type: code
          sortingKey: a2
          executionCount: 3
          content: |-
            heights = load(days)
            heights
          metadata: {}
          outputs:
            - output_type: stream
              name: stdout
              text: |
                loading
    - id: two
      name: Set up
      blocks:
        - {id: dddd, blockGroup: g, type: code, sortingKey: a0, content: 'import math', metadata: {}}
  settings:
    requirements:
      - pandas>=2
version: 1.0.0
"""


def a_block(kind: str, content: str = "", identity: str = "a", **rest: Any) -> dict[str, Any]:
    metadata = {key: value for key, value in rest.items() if key not in ("blockGroup", "sortingKey", "outputs")}
    others = {key: rest[key] for key in ("blockGroup", "sortingKey", "outputs") if key in rest}
    return {"id": identity, "type": kind, "content": content, "metadata": metadata, "blockGroup": identity, **others}


def project(*blocks: dict[str, Any]) -> DeepnoteProject:
    data = {"version": "1.0.0", "project": {"name": "P", "notebooks": [{"name": "N", "blocks": list(blocks)}]}}
    return read(json.dumps(data, ensure_ascii=False).encode())


def notebook(*blocks: dict[str, Any]) -> Notebook:
    return project(*blocks).notebooks[0].notebook


def an_input(kind: str, name: str = "x", **metadata: Any) -> dict[str, Any]:
    return a_block(kind, deepnote_variable_name=name, **metadata)


def settings(**metadata: Any) -> dict[str, Any]:
    return {f"deepnote_{key}": value for key, value in metadata.items()}


def sentence(content: bytes) -> str:
    with pytest.raises(UnreadableNotebook) as refusal:
        read(content, "harbour.deepnote")
    return str(refusal.value)


class TestProjects:
    def test_notebooks_with_their_cells_and_outputs(self):
        found = read(SAMPLE.encode(), "harbour.deepnote")
        assert found.title == "Harbour"
        assert [item.title for item in found.notebooks] == ["Tides", "Set up"]
        tides = found.notebooks[0]
        assert [(str(cell.kind), cell.source) for cell in tides.notebook.cells] == [
            ("markdown", "# Tides at the quay"),
            ("input", "days = 14"),
            ("code", "heights = load(days)\nheights"),
        ]
        assert [cell.id for cell in tides.notebook.cells] == ["aaaa", "bbbb", "cccc"]
        assert tides.notebook.settings.title == "Tides"
        assert tides.outputs == {"cccc": [{"output_type": "stream", "name": "stdout", "text": "loading\n"}]}
        assert tides.execution_counts == {"cccc": 3}

    def test_what_is_different_here_is_said(self):
        notes = read(SAMPLE.encode()).notes
        assert any("?name=value, do not work here" in note and "?_name=value" in note for note in notes)
        assert "The project asks for these packages, which the kernel must have: pandas>=2." in notes
        assert "Connections to databases are not taken over; connect from code." in notes
        assert 'Deepnote ran the notebook "Set up" before the others; here each notebook runs alone.' in notes
        assert len(set(notes)) == len(notes)

    def test_a_project_without_inputs_has_no_links_to_lose(self):
        assert project(a_block("code", "1")).notes == ()

    def test_what_comes_out_is_a_valid_notebook_that_can_be_written(self):
        for item in read(SAMPLE.encode()).notebooks:
            text = write(item.notebook, item.outputs, item.execution_counts)
            nbformat.validate(nbformat.reads(text, as_version=4))

    def test_the_same_file_gives_the_same_cells(self):
        assert read(SAMPLE.encode()) == read(SAMPLE.encode())

    def test_blocks_without_usable_ids_get_stable_ones(self):
        blocks = [
            a_block("code", "1", "é"),
            a_block("code", "1", "é"),
            a_block("code", "2", "same"),
            a_block("code", "2", "same"),
        ]
        first, second = notebook(*blocks), notebook(*blocks)
        assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
        assert len({cell.id for cell in first.cells}) == 4
        assert first.cells[2].id == "same"

    @pytest.mark.parametrize(
        ("keys", "order"),
        [
            (["a0", "m", "yU", "yj", "yy", "yyU"], "012345"),
            (["b", "a"], "10"),
            (["1", "2", "10"], "012"),
            (["10", "9"], "10"),
            (["b", None], "01"),
        ],
    )
    def test_order(self, keys, order):
        blocks = [a_block("code", str(place), str(place), sortingKey=key) for place, key in enumerate(keys)]
        assert "".join(cell.source for cell in notebook(*blocks).cells) == order

    def test_a_notebook_without_blocks_has_a_cell_to_write_in(self):
        assert [cell.kind for cell in notebook().cells] == [CellKind.CODE]


class TestText:
    @pytest.mark.parametrize(
        ("block", "text"),
        [
            (a_block("markdown", "# As it *is*"), "# As it *is*"),
            (a_block("text-cell-h1", "A *b*"), "# A \\*b\\*"),
            (a_block("text-cell-h3", "A\nb"), "### A b"),
            (a_block("text-cell-h6", "A"), "###### A"),
            (a_block("text-cell-p", "1. a\n# b\n- c <b> [x](y) `z` #tag 1.5"), None),
            (a_block("text-cell-bullet", "a"), "- a"),
            (a_block("text-cell-bullet", "a\nb", indent_level=2), "    - a\n      b"),
            (a_block("text-cell-todo", "a"), "- [ ] a"),
            (a_block("text-cell-todo", "a", checked=True), "- [x] a"),
            (a_block("text-cell-callout", "a\n\nb"), "> a\n>\n> b"),
            (a_block("separator"), "---"),
            (a_block("image", deepnote_img_src="https://e.org/a (1).png"), "![](https://e.org/a%20%281%29.png)"),
            (a_block("image"), ""),
        ],
    )
    def test_blocks_of_text(self, block, text):
        (cell,) = notebook(block).cells
        assert cell.kind is CellKind.MARKDOWN
        expected = "1\\. a\n\\# b\n\\- c \\<b\\> \\[x\\](y) \\`z\\` #tag 1.5" if text is None else text
        assert cell.source.replace("\\1.", "1\\.") == expected

    def test_formatted_ranges_count_code_points(self):
        ranges = [
            {"fromCodePoint": 2, "toCodePoint": 6, "marks": {"bold": True}},
            {"fromCodePoint": 7, "toCodePoint": 11, "type": "link", "url": "https://e.org", "ranges": []},
            {"fromCodePoint": 12, "toCodePoint": 16, "marks": {"code": True, "italic": True}},
            {"fromCodePoint": 99, "toCodePoint": 100, "marks": {"bold": True}},
            {"fromCodePoint": 3, "toCodePoint": 5, "marks": {"bold": True}},
            7,
        ]
        (cell,) = notebook(a_block("text-cell-p", "🐧 bold link c_de", formattedRanges=ranges)).cells
        assert cell.source == "🐧 **bold** [link](https://e.org) *`c_de`*"

    def test_items_that_follow_each_other_are_one_list(self):
        blocks = [
            a_block("text-cell-bullet", "a", "1"),
            a_block("text-cell-bullet", "b", "2"),
            a_block("text-cell-todo", "c", "3"),
            a_block("text-cell-p", "d", "4"),
            a_block("text-cell-bullet", "e", "5"),
        ]
        assert [cell.source for cell in notebook(*blocks).cells] == ["- a\n- b\n- [ ] c", "d", "- e"]

    def test_items_side_by_side_or_hidden_are_not(self):
        side_by_side = [a_block("text-cell-bullet", text, text, blockGroup="row") for text in "ab"]
        assert len(notebook(*side_by_side).cells) == 2
        hidden = [
            a_block("text-cell-bullet", "a", "1"),
            a_block("text-cell-bullet", "b", "2", deepnote_app_block_visible=False),
        ]
        assert len(notebook(*hidden).cells) == 2

    @pytest.mark.parametrize("kind", ["sql", "visualization", "agent", "notebook-function", "hologram"])
    def test_blocks_without_a_counterpart_leave_a_visible_note(self, kind):
        found = project(a_block(kind, "SELECT 1\n```", deepnote_variable_name="df_1"))
        (cell,) = found.notebooks[0].notebook.cells
        assert cell.kind is CellKind.MARKDOWN
        assert cell.show.cell
        assert "of Deepnote was here.**" in cell.source
        assert "SELECT 1\n```" in cell.source
        assert "`df_1`" in cell.source
        assert any("has no counterpart" in note for note in found.notes)
        if kind == "sql":
            assert "````sql\nSELECT 1\n```\n````" in cell.source

    def test_a_big_number_is_code_that_shows_it(self):
        (cell,) = notebook(
            a_block("big-number", deepnote_big_number_title="It's *high*", deepnote_big_number_value="level")
        ).cells
        assert cell.kind is CellKind.CODE
        shown: list[str] = []
        code = cell.source.replace("from IPython.display import Markdown", "").strip()
        exec(code, {"Markdown": shown.append, "level": 1.5})
        assert shown == ["It's \\*high\\*\n\n# 1.5"]

    def test_a_big_number_of_no_variable_is_a_note(self):
        (cell,) = notebook(a_block("big-number", deepnote_big_number_value="a + b; import os")).cells
        assert cell.kind is CellKind.MARKDOWN


class TestInputs:
    def one(self, block: dict[str, Any]) -> dict[str, Any]:
        (cell,) = notebook(block).cells
        assert cell.input is not None
        data = cell.input.to_json()
        return {
            key: value
            for key, value in data.items()
            if (value not in ("", None) and value is not False) or key == "default"
        }

    @pytest.mark.parametrize(
        ("block", "expected"),
        [
            (
                an_input("input-text", **settings(variable_value="hi", input_label="Name")),
                {"kind": "text", "name": "x", "label": "Name", "default": "hi"},
            ),
            (
                an_input("input-text", **settings(variable_value="hi", variable_default_value="there")),
                {"kind": "text", "name": "x", "default": "there"},
            ),
            (
                an_input("input-textarea", **settings(variable_value="a\nb")),
                {"kind": "text", "name": "x", "default": "a\nb", "multiline": True},
            ),
            (
                an_input("input-checkbox", **settings(variable_value=True, input_checkbox_label="Agree")),
                {"kind": "checkbox", "name": "x", "label": "Agree", "default": True},
            ),
            (
                an_input(
                    "input-slider",
                    **settings(variable_value="0.5", slider_min_value=0, slider_max_value=1, slider_step=0.1),
                ),
                {"kind": "slider", "name": "x", "default": 0.5, "min": 0, "max": 1, "step": 0.1},
            ),
            (
                an_input(
                    "input-select",
                    **settings(
                        variable_value="b", variable_options=["a", "b"], variable_custom_options=["a", "b", "c"]
                    ),
                ),
                {"kind": "dropdown", "name": "x", "default": "b", "options": ["a", "b", "c"]},
            ),
            (
                an_input("input-select", **settings(variable_value="", variable_options=["a"])),
                {"kind": "dropdown", "name": "x", "default": None, "options": ["a"]},
            ),
            (
                an_input(
                    "input-select",
                    **settings(variable_value=["b"], variable_options=["a", "b"], allow_multiple_values=True),
                ),
                {"kind": "multiselect", "name": "x", "default": ["b"], "options": ["a", "b"]},
            ),
            (
                an_input(
                    "input-select",
                    **settings(
                        variable_value="b", variable_select_type="from-variable", variable_selected_variable="species"
                    ),
                ),
                {"kind": "dropdown", "name": "x", "default": "b", "options_from": "species"},
            ),
            (
                an_input("input-date", **settings(variable_value="2025-11-26T00:00:00.000Z", input_date_version=2)),
                {"kind": "date", "name": "x", "default": "2025-11-26"},
            ),
            (
                an_input("input-date", **settings(variable_value="2025-11-26T13:00:00.000Z")),
                {"kind": "datetime", "name": "x", "default": "2025-11-26 13:00:00 UTC"},
            ),
            (
                an_input("input-date", **settings(variable_value="", input_date_version=2)),
                {"kind": "date", "name": "x", "default": None},
            ),
            (
                an_input("input-file", **settings(variable_value="uploads/a.csv", allowed_file_extensions=".csv")),
                {"kind": "file", "name": "x", "default": None, "help": "Allowed: .csv"},
            ),
            (
                an_input("button", "go", **settings(button_title="Go", button_behavior="set_variable")),
                {"kind": "button", "name": "go", "label": "Go", "default": None, "behaviour": "set_variable"},
            ),
            (
                a_block("button", **settings(button_title="Run", button_behavior="run")),
                {"kind": "button", "name": "button", "label": "Run", "default": None, "behaviour": "run_notebook"},
            ),
        ],
    )
    def test_every_kind(self, block, expected):
        found = self.one(block)
        if found["kind"] == "button":
            found["default"] = None
        assert found == expected

    @pytest.mark.parametrize(
        ("value", "first", "last"),
        [
            (["2025-01-01", "2025-02-01"], "2025-01-01", "2025-02-01"),
            (["", "2025-02-01"], None, "2025-02-01"),
            ("past7days", "7 days ago", "0 days ago"),
            ("past3months", "3 months ago", "0 days ago"),
            ("pastYear", "1 year ago", "0 days ago"),
            ("customDays45", "45 days ago", "0 days ago"),
            ("", None, None),
            ("nonsense", None, None),
            (7, None, None),
        ],
    )
    def test_a_date_range_becomes_two_dates_and_the_range_below(self, value, first, last):
        found = project(an_input("input-date-range", "period", **settings(variable_value=value, input_label="Period")))
        cells = found.notebooks[0].notebook.cells
        assert [(str(cell.kind), cell.input.default if cell.input else cell.source) for cell in cells] == [
            ("input", first),
            ("input", last),
            ("code", "period = [period_start, period_end]"),
        ]
        assert [cell.input.label for cell in cells[:2] if cell.input] == ["Period, from", "Period, to"]
        assert 'The date range "period" became two dates, period_start and period_end.' in found.notes

    @pytest.mark.parametrize(
        ("wanted", "name"),
        [("my days", "my_days"), ("_x", "x"), ("1x", "x"), ("class", "class_"), ("größe", "gre"), ("", "input_1")],
    )
    def test_names_that_can_not_stay_are_changed_aloud(self, wanted, name):
        found = project(an_input("input-text", wanted))
        assert found.notebooks[0].notebook.inputs[0].name == name
        if wanted:
            assert f'The input "{wanted}" is called {name} here; cells that use it need the new name.' in found.notes

    def test_two_inputs_of_one_name(self):
        first = an_input("input-text", "x")
        found = project(first, {**an_input("input-text", "x"), "id": "b"})
        assert [spec.name for spec in found.notebooks[0].notebook.inputs] == ["x", "x_2"]

    def test_values_of_another_kind_do_not_raise(self):
        for kind in ("text", "textarea", "checkbox", "select", "slider", "date", "date-range", "file"):
            for value in (None, 7, True, [], [7, {}], {"a": 1}, "x", ["a", "b", "c"]):
                assert notebook(an_input(f"input-{kind}", **settings(variable_value=value, variable_options=value)))


class TestTheApp:
    def test_without_an_app_our_own_default_stays(self):
        assert notebook(a_block("code", "1")).cells[0].show == Show()

    @pytest.mark.parametrize(
        ("flags", "show"),
        [
            ({"block_visible": True}, Show(code=True)),
            ({"block_visible": False}, Show(cell=False, code=True)),
            ({"is_code_hidden": True}, Show(code=False)),
            ({"is_code_hidden": True, "is_output_hidden": True}, Show(code=False, output=False)),
            ({"is_code_hidden": False}, Show(code=True)),
        ],
    )
    def test_what_viewers_saw_there_they_see_here(self, flags, show):
        block = a_block("code", "1", **{f"deepnote_app_{key}": value for key, value in flags.items()})
        assert notebook(block).cells[0].show == show

    def test_columns_are_rows_of_the_layout(self):
        blocks = [
            a_block("code", "1", "a"),
            a_block("code", "2", "b", blockGroup="row"),
            a_block("code", "3", "c", blockGroup="row"),
            a_block("code", "4", "d", blockGroup="row"),
            a_block("code", "5", "e"),
        ]
        assert notebook(*blocks).settings.layout == ((Slot("b", 4), Slot("c", 4), Slot("d", 4)),)

    @pytest.mark.parametrize(
        ("widths", "spans"),
        [
            ([70, 30], [8, 4]),
            ([33.3, 33.3, 33.3], [4, 4, 4]),
            ([50, None], [6, 6]),
            ([97, 1, 1, 1], [9, 1, 1, 1]),
            ([0, -5], [6, 6]),
        ],
    )
    def test_widths_in_percent_are_columns_of_twelve(self, widths, spans):
        blocks = [
            a_block("code", "1", str(place), deepnote_app_block_group_id="row", deepnote_app_block_width=width)
            for place, width in enumerate(widths)
        ]
        (row,) = notebook(*blocks).settings.layout
        assert [slot.span for slot in row] == spans

    def test_a_row_has_at_most_four_places(self):
        blocks = [a_block("code", "1", str(place), blockGroup="row") for place in range(6)]
        assert [len(row) for row in notebook(*blocks).settings.layout] == [4, 2]

    def test_hidden_blocks_take_no_place(self):
        blocks = [
            a_block("code", "1", "a", blockGroup="row"),
            a_block("code", "1", "b", blockGroup="row", deepnote_app_block_visible=False),
        ]
        assert notebook(*blocks).settings.layout == ()


class TestYaml:
    def test_the_core_types_of_yaml_1_2(self):
        content = (
            "project: {name: yes, notebooks: [{name: N, blocks: [{id: a, type: input-select, metadata: "
            "{deepnote_variable_name: on, deepnote_variable_value: no, deepnote_variable_options: "
            "[no, off, y, 2025-11-26, 1:30, '7']}}]}]}"
        )
        found = read(content.encode())
        assert found.title == "yes"
        (spec,) = found.notebooks[0].notebook.inputs
        assert spec.options == ("no", "off", "y", "2025-11-26", "1:30", "7")
        assert (spec.name, spec.default) == ("on", "no")

    def test_numbers(self):
        content = (
            "project: {notebooks: [{blocks: [{id: a, type: code, content: '1', outputs: [{output_type: display_data, "
            "data: {application/json: [012, 0x1F, 0o17, 1e3, .5, -1.5, .inf, .nan, 1e999, ~, true, 1_000]}}]}]}]}"
        )
        (output,) = read(content.encode()).notebooks[0].outputs["a"]
        assert json.dumps(output["data"]["application/json"]) == (
            '[12, 31, 15, 1000.0, 0.5, -1.5, null, null, null, null, true, "1_000"]'
        )

    def test_damaged_outputs_are_left_out_and_said(self):
        found = project(a_block("code", "1", outputs=[{"output_type": "stream", "text": "x"}, 7, {"output_type": "z"}]))
        assert [output["text"] for output in found.notebooks[0].outputs["a"]] == ["x"]
        assert found.notes == ("An output that is damaged was left out.",)

    def test_what_no_database_holds_is_left_out(self):
        content = 'project: {name: "a\\0b", notebooks: [{name: N, blocks: [{id: a, type: code, content: "x\\0y"}]}]}'
        found = read(content.encode())
        assert found.title == "ab"
        assert found.notebooks[0].notebook.cells[0].source == "xy"

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"", '"harbour.deepnote" is empty.'),
            (b"\n", "is not a Deepnote file: it has no project with notebooks."),
            (b"hello", "is not a Deepnote file"),
            (b"{}", "is not a Deepnote file"),
            (b"project: 7", "is not a Deepnote file"),
            (b"project: {notebooks: {}}", "is not a Deepnote file"),
            (b"project: {notebooks: []}", "has no notebook in it."),
            (b"project: {notebooks: [7]}", "is damaged: notebook 1 has no list of blocks."),
            (b"project: {notebooks: [{blocks: 7}]}", "is damaged: notebook 1 has no list of blocks."),
            (b"project: {notebooks: [{blocks: [7]}]}", "Block 1 is damaged: it is not a block."),
            (b"project: {notebooks: [{blocks: [{}]}]}", "Block 1 is damaged: it is not a block."),
            (b"project: [\n\n", "is damaged: line"),
            (b"a: b: c", "is damaged: line 1 is not YAML."),
            (b"\xe9", "is not encoded as UTF-8"),
            (b"a: \x07", "is damaged: it is not YAML."),
            (b"a: &x 1\nb: *x", "uses anchors of YAML"),
            (b"a: !!python/object/apply:os.system ['id']", "uses tags of YAML"),
            (b"a: !custom 1", "uses tags of YAML"),
            (b"[" * 100_000, "is nested more than 100 levels deep."),
            (b"a: " + b"9" * 5_000, "is damaged: it is not YAML."),
            (b'{"cells": [], "nbformat": 4}', "is not a Deepnote file"),
            (b"x" * (11 * 1024 * 1024), "has 11 MB; a notebook can have 10 MB."),
        ],
    )
    def test_what_is_no_such_file(self, content, expected):
        assert expected in sentence(content)

    def test_limits(self):
        def with_blocks(*blocks: dict[str, Any]) -> bytes:
            return json.dumps({"project": {"notebooks": [{"name": "N", "blocks": blocks}]}}).encode()

        assert 'The notebook "N" has 501 cells' in sentence(with_blocks(*[a_block("code", "1")] * 501))
        assert "Block 1 has 257 KB of text" in sentence(with_blocks(a_block("code", "x" * (256 * 1024 + 1))))
        ranges = [an_input("input-date-range", f"v{n}") for n in range(200)]
        assert 'The notebook "N" has 600 cells' in sentence(with_blocks(*ranges))
        many = json.dumps({"project": {"notebooks": [{"name": "N", "blocks": []}] * 51}}).encode()
        assert "has 51 notebooks; a project can have 50." in sentence(many)

    @given(st.binary(max_size=100))
    def test_no_bytes_raise_anything_else(self, content):
        try:
            read(content)
        except UnreadableNotebook as refusal:
            assert str(refusal).endswith(".")

    @given(
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(
                    st.sampled_from(
                        [
                            "id",
                            "type",
                            "content",
                            "metadata",
                            "outputs",
                            "blockGroup",
                            "sortingKey",
                            "executionCount",
                            "deepnote_variable_name",
                            "deepnote_variable_value",
                            "formattedRanges",
                            "checked",
                        ]
                    ),
                    inner,
                    max_size=5,
                ),
            ),
            max_leaves=12,
        ),
        st.sampled_from(
            ["code", "sql", "text-cell-p", "text-cell-todo", "image", "input-select", "big-number", "button"]
        ),
    )
    def test_no_block_raises_anything_else(self, block, kind):
        blocks = [{**block, "type": kind} if isinstance(block, dict) else block]
        try:
            found = read(json.dumps({"project": {"notebooks": [{"blocks": blocks}]}}).encode())
        except UnreadableNotebook:
            return
        (item,) = found.notebooks
        assert isinstance(item, DeepnoteNotebook)
        assert all(isinstance(cell, Cell) for cell in item.notebook.cells)
        assert Notebook.from_json(item.notebook.to_json()) == item.notebook


def test_a_select_as_tools_write_it_has_its_choices():
    (spec,) = read(SELECT_OF_A_TOOL.encode()).notebooks[0].notebook.inputs
    assert spec.options == ("All", "A", "B") and spec.default == "All"
