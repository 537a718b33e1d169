"""What a cell showed before and shows now."""

import pytest

from projects.notebook.difference import OutputKind, SideState, compare, compare_outputs
from projects.notebook.difference.tables import table_of_html
from tests.notebook.builders import a_notebook


def result(**data: object) -> dict:
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}


def plain(text: str) -> dict:
    return result(**{"text/plain": text})


def printed(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def failed(name: str, value: str = "") -> dict:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": []}


def frame(*rows: list, columns: tuple[str, ...] = ("high", "low"), total: int | None = None) -> dict:
    data = {
        "columns": [{"name": name, "type": "number"} for name in columns],
        "index": [{"name": "day", "type": "text"}],
        "rows": list(rows),
        "total_rows": len(rows) if total is None else total,
        "total_columns": len(columns),
    }
    return result(**{"application/vnd.hexlite.table+json": data, "text/plain": "…"})


class TestNumbers:
    @pytest.mark.parametrize(
        ("before", "after", "difference", "percent", "sentence"),
        [
            ("16.4", "20.5", 4.1, 25, "16.4 became 20.5, +25 %"),
            ("10", "5", -5, -50, "10 became 5, -50 %"),
            ("-10", "-5", 5, 50, "-10 became -5, +50 %"),
            ("0", "5", 5, None, "0 became 5"),
            ("1,000", "1,100", 100, 10, "1,000 became 1,100, +10 %"),
            ("np.float64(2.0)", "np.float64(3.0)", 1, 50, "2.0 became 3.0, +50 %"),
            ("1e3", "2e3", 1000, 100, "1e3 became 2e3, +100 %"),
        ],
    )
    def test_with_their_change(self, before, after, difference, percent, sentence):
        (change,) = compare_outputs([plain(before)], [plain(after)])
        assert (change.kind, change.state, change.sentence) == (OutputKind.NUMBER, SideState.CHANGED, sentence)
        assert change.number.difference == pytest.approx(difference)
        assert change.number.percent == (None if percent is None else pytest.approx(percent))

    @pytest.mark.parametrize("text", ["nan", "inf", "1e999", "2021-07-13", "1 2", "'5'", "True", "_1"])
    def test_what_is_no_number_is_text(self, text):
        (change,) = compare_outputs([plain("5")], [plain(text)])[-1:]
        assert change.kind is not OutputKind.NUMBER

    def test_a_change_beyond_percents(self):
        (change,) = compare_outputs([plain("5e-324")], [plain("1e300")])
        assert change.number.percent is None


class TestTables:
    def test_rows_go_by_their_label(self):
        before = frame(["mon", 1, 2], ["tue", 3, 4], ["wed", 5, 6])
        after = frame(["tue", 3, 9], ["wed", 5, 6], ["thu", 7, 8])
        (change,) = compare_outputs([before], [after])
        assert change.kind is OutputKind.TABLE
        assert change.sentence == "1 row added, 1 row removed, 1 row changed"
        assert [(value.row, value.column, value.before, value.after) for value in change.table.values] == [
            ("tue", "low", "4", "9")
        ]

    def test_columns(self):
        (change,) = compare_outputs([frame(["mon", 1, 2])], [frame(["mon", 1, 2], columns=("high", "rain"))])
        assert (change.table.added_columns, change.table.removed_columns) == (("rain",), ("low",))
        assert change.table.changed_values == 0

    def test_rows_without_labels_of_their_own_go_by_place(self):
        (change,) = compare_outputs([frame(["a", 1, 1], ["a", 2, 2])], [frame(["a", 1, 1], ["a", 2, 3], ["a", 4, 4])])
        assert (change.table.changed_rows, change.table.added_rows) == (1, 1)

    def test_many_changed_values_are_counted_and_a_hundred_listed(self):
        before = frame(*([str(n), n, n] for n in range(300)))
        after = frame(*([str(n), n + 1, n + 1] for n in range(300)))
        (change,) = compare_outputs([before], [after])
        assert (change.table.changed_values, len(change.table.values)) == (600, 100)

    def test_a_table_of_which_only_the_head_is_in_the_row(self):
        def stored(value: int, total: int, digest: str) -> dict:
            head = frame(["mon", value, 2], total=total)["data"]["application/vnd.hexlite.table+json"]
            reference = {"$blob": {"sha256": digest, "size": 9, "head": head}}
            return result(**{"application/vnd.hexlite.table+json": reference})

        (change,) = compare_outputs([stored(1, 5_000, "a")], [stored(3, 6_000, "b")])
        assert change.table.partial
        assert change.sentence == "1 row changed, 5,000 rows became 6,000"
        assert compare_outputs([stored(1, 5, "a")], [stored(1, 5, "a")]) == ()

    HTML = (
        "<div><style>x</style><table border='1' class='dataframe'><thead><tr style=''><th></th><th>high</th>"
        "<th>low</th></tr></thead><tbody><tr><th>mon</th><td>1</td><td>{}</td></tr><tr><th>tue</th><td>3</td><td>&lt;4&gt;</td></tr>"
        "</tbody></table><p>2 rows</p></div>"
    )

    def test_tables_as_pandas_writes_them_in_html(self):
        before, after = (result(**{"text/html": self.HTML.format(value)}) for value in (2, 9))
        (change,) = compare_outputs([before], [after])
        assert [(value.row, value.column, value.before, value.after) for value in change.table.values] == [
            ("mon", "low", "2", "9")
        ]
        assert table_of_html(self.HTML).rows[1] == ("3", "<4>")

    @pytest.mark.parametrize(
        "html",
        [
            "<b>x</b>",
            "<table>",
            "<table></table>",
            "<table><tr><td>1</td></tr></table>",
            "<table><table>",
            "<table><tr><th>a</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "<table",
            "",
        ],
    )
    def test_other_html_is_not_taken_for_a_table(self, html):
        assert table_of_html(html) is None

    @pytest.mark.parametrize(
        "data",
        [7, {}, {"columns": [], "rows": [[1]]}, {"columns": 7, "rows": []}, {"columns": [7], "rows": ["x"]}],
    )
    def test_other_data_is_not_taken_for_a_table(self, data):
        (change,) = compare_outputs(
            [result(**{"application/vnd.hexlite.table+json": data})],
            [result(**{"application/vnd.hexlite.table+json": [data]})],
        )
        assert change.kind is OutputKind.OTHER

    def test_columns_of_one_name_are_told_apart(self):
        html = "<table><tr><th></th><th>a</th><th>a</th></tr><tr><th>x</th><td>1</td><td>2</td></tr></table>"
        assert table_of_html(html).columns == ("a", "a (2)")


class TestPicturesErrorsTexts:
    def test_pictures_by_digest(self):
        one, other = (result(**{"image/png": data, "text/plain": "<Figure at 0x1>"}) for data in ("AAAA", "BBBB"))
        (change,) = compare_outputs([one], [other])
        assert (change.kind, change.sentence) == (OutputKind.PICTURE, "The picture is another one")
        same = result(**{"image/png": "AAAA", "text/plain": "<Figure at 0x2>"})
        assert compare_outputs([one], [same]) == ()

    def test_pictures_kept_beside_the_row(self):
        one, other = (result(**{"image/png": {"$blob": {"sha256": digest}}}) for digest in "ab")
        assert compare_outputs([one], [one]) == ()
        assert compare_outputs([one], [other])[0].kind is OutputKind.PICTURE

    def test_an_error_that_appeared_or_is_gone(self):
        assert [change.sentence for change in compare_outputs([], [failed("KeyError", "'a'")])] == ["KeyError appeared"]
        assert [change.sentence for change in compare_outputs([failed("KeyError")], [])] == ["KeyError is gone"]
        (change,) = compare_outputs([failed("KeyError", "a")], [failed("ValueError", "b")])
        assert change.sentence == "KeyError became ValueError"
        assert change.text.changed_lines == 1

    def test_an_error_instead_of_a_number(self):
        changes = compare_outputs([plain("5")], [failed("KeyError")])
        assert {(str(change.kind), str(change.state)) for change in changes} == {
            ("number", "removed"),
            ("error", "added"),
        }

    def test_printed_text_line_by_line(self):
        (change,) = compare_outputs([printed("a\nb\n")], [printed("a\n\x1b[31mc\x1b[0m\n")])
        assert change.kind is OutputKind.TEXT
        assert [line.text for line in change.text.lines if line.kind != "same"] == ["b", "c"]

    def test_text_too_long_to_compare_is_said_to_differ(self):
        (change,) = compare_outputs([printed("a" * 90_000)], [printed("b" * 90_000)])
        assert (change.sentence, change.text) == ("The text is another one", None)

    def test_text_kept_beside_the_row(self):
        (change,) = compare_outputs([printed({"$blob": {"sha256": "a"}})], [printed({"$blob": {"sha256": "b"}})])
        assert (change.kind, change.text) == (OutputKind.TEXT, None)

    def test_drawings(self):
        plot = "application/vnd.plotly.v1+json"
        (change,) = compare_outputs([result(**{plot: {"a": 1}})], [result(**{plot: {"a": 2}})])
        assert (change.kind, change.sentence) == (OutputKind.OTHER, "The output is another one")

    def test_what_stayed_is_not_mentioned(self):
        before = [printed("same\n"), plain("1"), result(**{"image/png": "A"})]
        after = [printed("same\n"), plain("2"), result(**{"image/png": "A"})]
        assert [change.kind for change in compare_outputs(before, after)] == [OutputKind.NUMBER]

    def test_the_execution_count_is_not_an_output(self):
        assert compare_outputs([{**plain("1"), "execution_count": 1}], [{**plain("1"), "execution_count": 9}]) == ()

    @pytest.mark.parametrize("strange", [{}, {"output_type": "dance"}, {"output_type": "display_data", "data": 7}])
    def test_strange_outputs_do_not_raise(self, strange):
        assert compare_outputs([strange], [plain("1")])
        assert compare_outputs([plain("1")], [strange])


class TestInNotebooks:
    def test_other_outputs_of_the_same_cell(self):
        notebook = a_notebook("f()", "g()")
        difference = compare(notebook, notebook, {"a": [plain("1")]}, {"a": [plain("2")]})
        (change,) = difference.changes
        assert (change.what, change.outputs[0].sentence) == ("other output", "1 became 2, +100 %")
        assert difference.summary == "1 other output"

    def test_outputs_known_on_one_side_only_are_not_compared(self):
        notebook = a_notebook("f()")
        assert compare(notebook, notebook, {"a": [plain("1")]}, None).is_empty
        assert compare(notebook, notebook, None, {"a": [plain("1")]}).is_empty
