"""Notebook files in and out."""

import copy
import json
import logging

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.notebook.document import Cell, CellKind, Notebook, Show
from projects.notebook.files.ipynb import UnreadableNotebook, read, write
from projects.notebook.settings import AppSettings
from tests.notebook.builders import a_notebook, an_input
from tests.notebook.strategies import TEXTS, specs

DAYS = an_input("slider", "n", label="Days", default=20, min=1, max=100, step=1)
PLOT = {"data": [{"x": [1, 2], "y": [[1], [2]]}], "layout": {}}

# One of everything that a notebook file can hold.
FULL = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python", "version": "3.12"},
        "my_tool": {"deep": [{"er": None}]},
        "hexlite": {"app": {"title": "Weather"}},
    },
    "cells": [
        {
            "cell_type": "code",
            "id": "first",
            "metadata": {"tags": ["keep"], "collapsed": True, "my_tool": 1.5, "jupyter": {"source_hidden": True}},
            "execution_count": 7,
            "source": ["import this\n", "\n", "print('é')"],
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]},
                {"output_type": "stream", "name": "stderr", "text": "c"},
                {
                    "output_type": "display_data",
                    "metadata": {"image/png": {"width": 3}},
                    "data": {"image/png": "iVBORw0KGgo=\n", "text/plain": ["<Figure>"]},
                },
                {
                    "output_type": "execute_result",
                    "execution_count": 7,
                    "metadata": {},
                    "data": {"text/html": ["<b>\n", "</b>"], "application/vnd.plotly.v1+json": PLOT},
                },
                {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31ma", "b"]},
            ],
        },
        {
            "cell_type": "markdown",
            "id": "second",
            "metadata": {},
            "source": "![](attachment:a.png)",
            "attachments": {"a.png": {"image/png": "iVBORw0KGgo="}},
        },
        {"cell_type": "raw", "id": "third", "metadata": {"format": "text/latex"}, "source": ["\\LaTeX"]},
        {
            "cell_type": "code",
            "id": "fourth",
            "metadata": {"hexlite": {"input": DAYS.to_json(), "show": {"cell": True, "code": True, "output": False}}},
            "execution_count": None,
            "source": "n = 20",
            "outputs": [],
        },
    ],
}


def as_bytes(data: object) -> bytes:
    return json.dumps(data).encode()


def a_file(*cells: dict, **rest: object) -> bytes:
    return as_bytes({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **rest})


def code(source: str = "1", **rest: object) -> dict:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, **rest}


def sentence(content: bytes, name: str = "weather.ipynb") -> str:
    with pytest.raises(UnreadableNotebook) as refusal:
        read(content, name)
    return str(refusal.value)


class TestNothingIsLost:
    def test_a_file_with_everything_survives(self):
        file = read(as_bytes(FULL))
        written = json.loads(write(file.notebook, file.outputs, file.execution_counts))
        expected = nbformat.v4.writes(nbformat.v4.to_notebook(copy.deepcopy(FULL)))
        assert written == json.loads(expected)

    def test_written_and_read_again_it_is_the_same(self):
        file = read(as_bytes(FULL))
        text = write(file.notebook, file.outputs, file.execution_counts)
        again = read(text.encode())
        assert again == file
        assert write(again.notebook, again.outputs, again.execution_counts) == text

    def test_outputs_are_beside_the_notebook_by_cell(self):
        file = read(as_bytes(FULL))
        assert list(file.outputs) == ["first"]
        assert file.outputs["first"][0] == {"output_type": "stream", "name": "stdout", "text": "a\nb"}
        assert file.outputs["first"][3]["data"]["application/vnd.plotly.v1+json"] == PLOT
        assert file.execution_counts == {"first": 7}

    def test_without_outputs_none_are_written(self):
        written = json.loads(write(read(as_bytes(FULL)).notebook))
        assert written["cells"][0]["outputs"] == []
        assert written["cells"][0]["execution_count"] is None

    def test_what_is_written_is_valid(self):
        file = read(as_bytes(FULL))
        nbformat.validate(nbformat.reads(write(file.notebook, file.outputs, file.execution_counts), as_version=4))

    def test_an_input_is_a_code_cell_that_plain_jupyter_runs(self):
        notebook = a_notebook(Cell("n", CellKind.CODE).with_input(DAYS), "n * 2")
        written = json.loads(write(notebook))
        namespace: dict = {}
        for cell in written["cells"]:
            exec("".join(cell["source"]), namespace)
        assert namespace["n"] == 20
        assert read(write(notebook).encode()).notebook == notebook

    @given(specs(), TEXTS, st.booleans())
    def test_any_notebook_survives(self, spec, text, flag):
        notebook = (
            a_notebook(text, Cell("m", CellKind.MARKDOWN, text), Cell("n", CellKind.CODE).with_input(spec))
            .set_show("a", Show(code=flag, output=not flag))
            .set_settings(AppSettings(title=text, hide_code=flag))
        )
        assert read(write(notebook).encode()).notebook == notebook

    def test_a_foreign_kernel_is_kept_and_not_obeyed_here(self):
        file = read(a_file(code(), metadata={"kernelspec": {"name": "bash", "display_name": "Bash"}}))
        assert file.notebook.metadata["kernelspec"]["name"] == "bash"


class TestOlderFormats:
    @pytest.mark.parametrize("minor", [0, 1, 2, 3, 4])
    def test_cells_without_ids_get_the_same_ones_every_time(self, minor):
        content = a_file(code("a"), code("b"), code("a"), nbformat_minor=minor)
        first, second = read(content), read(content)
        ids = [cell.id for cell in first.notebook.cells]
        assert ids == [cell.id for cell in second.notebook.cells]
        assert len(set(ids)) == 3
        nbformat.validate(nbformat.from_dict(first.notebook.to_json()))

    def test_an_id_depends_on_the_cell_alone(self):
        before = read(a_file(code("a"), code("b"), nbformat_minor=4)).notebook
        after = read(a_file(code("a"), code("changed"), nbformat_minor=4)).notebook
        assert before.cells[0].id == after.cells[0].id
        assert before.cells[1].id != after.cells[1].id

    def test_format_3_is_upgraded(self, caplog):
        old = {
            "nbformat": 3,
            "nbformat_minor": 0,
            "metadata": {"name": "old"},
            "worksheets": [
                {
                    "metadata": {},
                    "cells": [
                        {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Title"]},
                        {
                            "cell_type": "code",
                            "collapsed": False,
                            "input": ["1 + 1"],
                            "language": "python",
                            "metadata": {},
                            "prompt_number": 4,
                            "outputs": [
                                {"output_type": "pyout", "prompt_number": 4, "metadata": {}, "text": ["2"]},
                                {"output_type": "stream", "stream": "stderr", "text": ["w"]},
                                {"output_type": "display_data", "metadata": {}, "png": "iVBORw0KGgo="},
                            ],
                        },
                    ],
                }
            ],
        }
        with caplog.at_level(logging.CRITICAL):
            file, again = read(as_bytes(old)), read(as_bytes(old))
        assert file == again
        assert [(cell.kind, cell.source) for cell in file.notebook.cells] == [
            (CellKind.MARKDOWN, "## Title"),
            (CellKind.CODE, "1 + 1"),
        ]
        code_id = file.notebook.cells[1].id
        assert file.execution_counts == {code_id: 4}
        assert file.outputs[code_id][0]["data"] == {"text/plain": "2"}
        assert file.outputs[code_id][1] == {"output_type": "stream", "name": "stderr", "text": "w"}
        assert file.outputs[code_id][2]["data"] == {"image/png": "iVBORw0KGgo="}
        assert file.notebook.metadata == {}
        nbformat.validate(nbformat.reads(write(file.notebook, file.outputs), as_version=4))

    def test_format_3_that_is_damaged(self):
        for broken in ([7], [{"cells": [{"cell_type": "code"}]}], [{}], 7):
            assert "the old notebook format 3, and damaged" in sentence(as_bytes({"nbformat": 3, "worksheets": broken}))


class TestWhatProgramsLeaveOut:
    def test_missing_parts_are_put_in(self):
        content = as_bytes(
            {
                "nbformat": 4,
                "cells": [
                    {"cell_type": "code", "source": "1"},
                    {"cell_type": "markdown"},
                    {
                        "cell_type": "code",
                        "id": "a b",
                        "source": "",
                        "outputs": [
                            {"output_type": "stream", "text": "x"},
                            {"output_type": "display_data", "data": {"text/plain": "x"}},
                            {"output_type": "execute_result", "data": {"text/plain": "x"}},
                            {"output_type": "error"},
                        ],
                    },
                    {"cell_type": "markdown", "source": "x", "outputs": [], "execution_count": None, "extra": 1},
                ],
            }
        )
        file = read(content)
        assert len(file.notebook.cells) == 4
        nbformat.validate(nbformat.reads(write(file.notebook, file.outputs), as_version=4))

    def test_ids_that_are_there_twice_are_told_apart(self):
        file = read(a_file(code("1", id="x"), code("2", id="x", outputs=[{"output_type": "stream", "text": "2"}])))
        first, second = file.notebook.cells
        assert first.id == "x" != second.id
        assert list(file.outputs) == [second.id]

    def test_known_metadata_of_the_wrong_type_is_left_out(self):
        file = read(a_file(code(metadata={"tags": "x", "mine": 1}), metadata={"kernelspec": 7, "mine": 1}))
        assert file.notebook.cells[0].metadata == {"mine": 1}
        assert file.notebook.metadata == {"mine": 1}

    def test_numbers_that_json_has_not_are_empty(self):
        content = a_file(code(outputs=[{"output_type": "display_data", "data": {"application/json": [1]}}]))
        file = read(content.replace(b"[1]", b"[NaN, -Infinity, 1]"))
        assert next(iter(file.outputs.values()))[0]["data"] == {"application/json": [None, None, 1]}

    def test_what_no_database_holds_is_left_out(self):
        file = read(a_file(code("a\0b"), code("\ud800x"), code("🐧")))
        assert [cell.source for cell in file.notebook.cells] == ["ab", "?x", "🐧"]

    def test_trust_given_elsewhere_does_not_count(self):
        file = read(a_file(code(metadata={"trusted": True}), metadata={"signature": "sha256:1"}))
        assert file.notebook.cells[0].metadata == {}
        assert file.notebook.metadata == {}

    def test_a_byte_order_mark_is_skipped(self):
        assert len(read(b"\xef\xbb\xbf" + a_file(code())).notebook.cells) == 1

    def test_a_notebook_without_cells_is_one(self):
        assert read(a_file()).notebook == Notebook()


class TestInputsEditedElsewhere:
    def adopted(self, source: str, spec=DAYS) -> list[tuple[str, str]]:
        file = read(a_file(code(source, id="n", metadata={"hexlite": {"input": spec.to_json()}})))
        return [(str(cell.kind), cell.source) for cell in file.notebook.cells]

    @pytest.mark.parametrize("source", ["n = 30", "n=30", "n = (30)\n", "n: int = 30", "import os\nn = 30"])
    def test_another_number_is_the_new_default(self, source):
        assert self.adopted(source) == [("input", "n = 30")]

    @pytest.mark.parametrize("source", ["", "n = 20", " n = 20\n".strip(), "n = 20.0"])
    def test_the_default_as_it_was(self, source):
        assert self.adopted(source) == [("input", "n = 20")]

    @pytest.mark.parametrize(
        "source",
        [
            "n = 400",
            "n = '30'",
            "n = len(x)",
            "n = 30  # days",
            "n = 30\nprint(n)",
            "m = 30",
            "n = m = 30",
            "n = 30 30",
            "n = " + "(" * 5_000,
            "%matplotlib inline\nn = 30",
        ],
    )
    def test_what_no_setting_holds_becomes_a_cell_above(self, source):
        assert self.adopted(source) == [("code", source), ("input", "n = 20")]

    def test_a_cell_above_has_the_same_id_every_time(self):
        content = a_file(code("n = 400", id="n", metadata={"hexlite": {"input": DAYS.to_json()}}))
        assert read(content) == read(content)

    def test_a_date_written_otherwise_is_the_date_of_the_settings(self):
        spec = an_input("date", "n", default="2021-07-13")
        written = "import datetime; n = datetime.date(2021, 7, 13)"
        assert self.adopted(written, spec) == [("input", 'n = __import__("datetime").date(2021, 7, 13)')]

    def test_a_list_or_a_tuple_for_a_multi_select(self):
        spec = an_input("multiselect", "n", options=["a", "b"], default=["a"])
        assert self.adopted("n = ('b', 'a')", spec) == [("input", "n = ['a', 'b']")]


class TestWhatIsNoNotebook:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"", '"weather.ipynb" is empty.'),
            (b"  \n", '"weather.ipynb" is empty.'),
            (b"hello", '"weather.ipynb" is not a notebook: notebooks are JSON, and this is something else.'),
            (b"import os\nprint(1)", "notebooks are JSON"),
            (b"project:\n  name: x", "notebooks are JSON"),
            (b"<!DOCTYPE html><html>", "is a web page, not a notebook. Where it came from, look for Raw or Download."),
            (b"PK\x03\x04rest", "is a zip archive"),
            (b"\x89PNG\r\n\x1a\n", "is a picture"),
            (b"\xff\xd8\xff\xe0", "is a picture"),
            (b"%PDF-1.7", "is a PDF document"),
            (b"\x1f\x8b\x08", "is a packed file"),
            (b"{}", "is JSON, but not a notebook: it has no cells."),
            (b"[]", "is JSON, but not a notebook"),
            (b"7", "is JSON, but not a notebook"),
            (b'"cells"', "is JSON, but not a notebook"),
            (b'{"nbformat": 4, "metadata": {}}', "it has no cells"),
            (b'{"nbformat": 5, "cells": []}', "the notebook format 5, which is newer"),
            (b'{"nbformat": "4", "cells": []}', "its format number is not a number"),
            (b'{"nbformat": true, "cells": []}', "its format number is not a number"),
            (b'{"nbformat": 4, "cells": {}}', "its cells are not a list"),
            (b'{"nbformat": 4, "cells": [], "metadata": []}', "its metadata are not settings by name"),
            (b'{"cells": [],}', "is cut off"),
            (b'{"cells": [], "a": }\n\n\n  "metadata": {}}', "is damaged: line 1 is not JSON."),
            (b'{\n<<<<<<< HEAD\n"cells": []\n=======\n"cells": []\n>>>>>>> main\n}', "the marks of a Git conflict"),
            (b"[" * 200_000, "is nested more than 100 levels deep"),
            (b'{"a": ' * 200_000, "is nested more than 100 levels deep"),
            (b'{"cells": ' + b"1" * 5_000 + b"}", "a number of more digits than can be read"),
        ],
    )
    def test_the_owner_is_told_what_it_is(self, content, expected):
        assert expected in sentence(content)

    @pytest.mark.parametrize("end", [1, 2, 10, 40, 100, 200, 350, 600, 900])
    def test_a_file_cut_off_anywhere(self, end):
        content = json.dumps(FULL, ensure_ascii=False, indent=1).encode()
        assert "is cut off: its end is missing." in sentence(content[:-end])

    def test_a_file_cut_off_inside_a_letter(self):
        content = json.dumps({"cells": ["é"]}, ensure_ascii=False).encode()
        assert "is cut off" in sentence(content[: content.index("é".encode()) + 1])

    @pytest.mark.parametrize(
        ("encoding", "expected"),
        [
            ("latin-1", "is not encoded as UTF-8, as notebooks are (line 1)"),
            ("utf-16", "is encoded as UTF-16"),
            ("utf-16-le", "is encoded as UTF-16"),
            ("utf-16-be", "is encoded as UTF-16"),
            ("utf-32", "is encoded as UTF-16"),
        ],
    )
    def test_other_encodings(self, encoding, expected):
        content = json.dumps({"cells": [], "name": "é"}, ensure_ascii=False).encode(encoding)
        assert expected in sentence(content)

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [
            (7, "Cell 2 is damaged: it is not a cell."),
            (None, "Cell 2 is damaged: it is not a cell."),
            ({}, "Cell 2 is of a kind that notebooks do not have: None."),
            ({"cell_type": "sql"}, "Cell 2 is of a kind that notebooks do not have: sql."),
            ({"cell_type": ["code"]}, "Cell 2 is of a kind"),
            (code(source=7), "Cell 2 is damaged: its source is not text."),
            (code(source=["a", 7]), "Cell 2 is damaged: its source is not text."),
            (code(source={"a": 1}), "Cell 2 is damaged: its source is not text."),
            (code(metadata=[]), "Cell 2 is damaged: its metadata are not settings by name."),
            (code(outputs={}), "Cell 2 is damaged: its outputs are not a list."),
            (code(outputs=[7]), "An output of cell 2 is damaged."),
            (code(outputs=[{}]), "An output of cell 2 is damaged."),
            (code(outputs=[{"output_type": "dance"}]), "An output of cell 2 is damaged."),
            (code(outputs=[{"output_type": "stream", "text": 7}]), "An output of cell 2 is damaged."),
            (code(outputs=[{"output_type": "display_data", "data": []}]), "An output of cell 2 is damaged."),
            (code(outputs=[{"output_type": "display_data", "data": {"text/html": 7}}]), 'Cell 2 of "weather.ipynb" is'),
            (code(outputs=[{"output_type": "error", "traceback": 7}]), 'Cell 2 of "weather.ipynb" is damaged'),
            (code(execution_count="7"), 'Cell 2 of "weather.ipynb" is damaged'),
            ({"cell_type": "markdown", "attachments": []}, "An attachment of cell 2 is damaged."),
            ({"cell_type": "markdown", "attachments": {"a": 7}}, "An attachment of cell 2 is damaged."),
        ],
    )
    def test_cells_of_the_wrong_shape(self, cell, expected):
        assert expected in sentence(a_file(code(), cell))

    def test_a_name_that_is_not_one_is_not_repeated(self):
        assert sentence(b"", "") == "This file is empty."
        assert sentence(b"", "a\nb\x1b[31m" + "x" * 500).startswith('"ab[31mx')
        assert len(sentence(b"", "x" * 500)) < 120


class TestLimits:
    def test_10_mb(self):
        start = a_file(code())
        assert read(start + b" " * (10 * 1024 * 1024 - len(start)))
        assert sentence(start + b" " * (10 * 1024 * 1024)) == (
            '"weather.ipynb" has 11 MB; a notebook can have 10 MB. Clear its outputs, save it and bring it again.'
        )

    def test_50_mb(self):
        assert "has 50 MB" in sentence(b" " * (50 * 1024 * 1024))

    def test_256_kb_a_cell(self):
        assert read(a_file(code("x" * 256 * 1024)))
        assert "Cell 2 has 257 KB of text; a cell can have 256 KB." in sentence(
            a_file(code(), code("x" * (256 * 1024 + 1)))
        )
        assert "Cell 1 has 1 MB of text" in sentence(a_file(code("x" * 1024 * 1024)))
        assert "Cell 1 has 300 KB of text" in sentence(a_file({"cell_type": "markdown", "source": ["é" * 153_600]}))

    def test_500_cells(self):
        assert len(read(a_file(*[code()] * 500)).notebook.cells) == 500
        assert "has 501 cells; a notebook can have 500." in sentence(a_file(*[code()] * 501))

    def test_depth(self):
        def nested(levels: int) -> bytes:
            deep: object = 1
            for _ in range(levels):
                deep = [deep]
            return a_file(code(outputs=[{"output_type": "display_data", "data": {"application/json": deep}}]))

        file = read(nested(90))
        assert write(file.notebook, file.outputs)
        assert "levels deep" in sentence(nested(110))
        assert "levels deep" in sentence(nested(110).replace(b'"1"', b'"\\u0000"'))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content):
    try:
        read(content, "x")
    except UnreadableNotebook as refusal:
        assert str(refusal).endswith(".")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "cell_type",
                    "source",
                    "metadata",
                    "outputs",
                    "output_type",
                    "data",
                    "text",
                    "id",
                    "nbformat",
                    "worksheets",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=15,
)
KINDS = st.sampled_from(["code", "markdown", "raw", 7])


@given(
    st.lists(st.fixed_dictionaries({"cell_type": KINDS}, optional={"source": JSON, "metadata": JSON, "outputs": JSON})),
    st.sampled_from([3, 4]),
)
def test_no_json_raises_anything_else(cells, version):
    for data in ({"nbformat": version, "cells": cells}, {"nbformat": version, "worksheets": [{"cells": cells}]}):
        try:
            file = read(as_bytes(data), "x")
        except UnreadableNotebook:
            continue
        nbformat.validate(nbformat.reads(write(file.notebook, file.outputs), as_version=4))
