# ruff: noqa: E501 -- markup and tables read better in one line
"""Tables: pandas' HTML and table data become the design's table; texts stay as they were printed."""

import pytest

from apps_runtime.outputs.html import HtmlShape, shape_of
from apps_runtime.outputs.table_data import DataColumn, TableData, head_of
from apps_runtime.outputs.tables import view_of_data, view_of_html

STYLE = "<style scoped>\n    .dataframe tbody tr th {\n        vertical-align: top;\n    }\n</style>"
SIMPLE = f"""<div>{STYLE}<table border="1" class="dataframe">
  <thead><tr style="text-align: right;"><th></th><th>species</th><th>mass</th></tr></thead>
  <tbody><tr><th>0</th><td>Adelie &amp; co</td><td>3750.0</td></tr><tr><th>1</th><td>&lt;b&gt;</td><td>NaN</td></tr></tbody>
</table><p>333 rows × 8 columns</p></div>"""
NAMED = """<table border="1" class="dataframe"><thead>
<tr style="text-align: right;"><th></th><th>mass</th></tr><tr><th>species</th><th></th></tr></thead>
<tbody><tr><th>Adelie</th><td>3,706.2</td></tr></tbody></table>"""
LEVELS = """<table border="1" class="dataframe"><thead>
<tr><th></th><th colspan="2" halign="left">body_mass_g</th></tr><tr><th>sex</th><th>female</th><th>male</th></tr>
<tr><th>species</th><th></th><th></th></tr></thead>
<tbody><tr><th>Adelie</th><td>1</td><td>2</td></tr></tbody></table>"""
SPARSE = """<table border="1" class="dataframe"><thead><tr><th></th><th></th><th>mass</th></tr></thead>
<tbody><tr><th rowspan="2" valign="top">Adelie</th><th>Biscoe</th><td>1.5</td></tr><tr><th>Dream</th><td>-2</td></tr>
<tr><th>Gentoo</th><th>Biscoe</th><td>...</td></tr></tbody></table>"""


def rows(part):
    return [[str(cell.html) for cell in row] for row in part]


def classes(row):
    return [cell.classes for cell in row]


def test_a_dataframe_keeps_its_texts_and_says_its_size():
    view = view_of_html(SIMPLE)
    assert rows(view.head) == [["", "species", "mass"]]
    assert rows(view.body) == [["0", "Adelie &amp; co", "3750.0"], ["1", "&lt;b&gt;", "-"]]
    assert view.shape == "333 rows, 8 columns"
    assert classes(view.head[0]) == ["num", "", "num"]
    assert classes(view.body[1]) == ["num", "", "num nothing"]
    assert [cell.heads for cell in view.body[0]] == [True, False, False]


def test_the_name_of_the_index_takes_the_free_place_in_the_head():
    view = view_of_html(NAMED)
    assert rows(view.head) == [["species", "mass"]]
    assert rows(view.body) == [["Adelie", "3,706.2"]]
    assert view.shape == "1 row, 1 column"


def test_heads_of_several_levels_survive():
    view = view_of_html(LEVELS)
    assert rows(view.head) == [["", "body_mass_g"], ["sex", "female", "male"], ["species", "", ""]]
    assert view.head[0][1].span == 2
    assert classes(view.head[0]) == ["", ""]
    assert classes(view.head[1]) == ["", "num", "num"]


def test_index_cells_that_reach_down_keep_the_columns_apart():
    view = view_of_html(SPARSE)
    assert [[cell.classes for cell in row] for row in view.body] == [["", "", "num"], ["", "num"], ["", "", "num"]]
    assert view.body[0][0].rows == 2


@pytest.mark.parametrize(
    ("html", "shape"),
    [
        (SIMPLE, HtmlShape.TABLE),
        ("<table><tr><td>1</td></tr></table>", HtmlShape.PAGE),
        (SIMPLE + NAMED, HtmlShape.PAGE),
        ("<style>#T_1 td { color: red }</style>" + NAMED, HtmlShape.FRAME),
        ('<dl class="numbers"><div><dt>Rain</dt><dd>4,426</dd></div></dl>', HtmlShape.NUMBERS),
        ('<p>x</p><dl class="numbers"></dl>', HtmlShape.PAGE),
        ("<script>1</script>", HtmlShape.FRAME),
        ("<p onclick=x()>x</p>", HtmlShape.FRAME),
        ("<x-widget></x-widget>", HtmlShape.FRAME),
        ("<svg></svg>", HtmlShape.FRAME),
        ("<p>if only = 3 and a < b</p>", HtmlShape.PAGE),
        ("x" * 500_000, HtmlShape.FRAME),
    ],
)
def test_what_html_is(html, shape):
    assert shape_of(html) is shape


NUMBER = {"name": "mass", "type": "number", "align": "end", "decimals": 1, "grouping": True}
TEXT = {"name": "sex", "type": "text", "align": "start"}


def data(**changed):
    return {
        "columns": [NUMBER, TEXT],
        "index": [TEXT],
        "rows": [["a", 3750, None]] * 12,
        "total_rows": 333,
        "total_columns": 8,
        **changed,
    }


def test_table_data_shows_its_first_rows():
    view = view_of_data(TableData.parse(data()), 12)
    assert rows(view.head) == [["sex", "mass", "sex"]]
    assert rows(view.body) == [["a", "3,750.0", "-"]] * 10
    assert (view.shape, view.has_more) == ("333 rows, 8 columns", True)
    assert classes(view.body[0]) == ["", "num", "nothing"]
    assert head_of(data())["rows"] == [["a", 3750, None]] * 10


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": None},
        {"rows": {}},
        {"rows": [1]},
        {"rows": [["a"]]},
        {"columns": [7]},
        {"index": "x"},
        {"columns": [], "index": []},
    ],
)
def test_what_only_says_it_is_a_table_is_none(changed):
    assert TableData.parse(data(**changed)) is None


def test_a_head_that_a_row_cannot_carry_is_left_out():
    assert head_of(data(rows=[["x" * 100_000, 1, ""]])) is None


@pytest.mark.parametrize(
    ("column", "value", "written"),
    [
        (DataColumn("a", "number", decimals=0), 1234567, "1,234,567"),
        (DataColumn("a", "number", decimals=0, grouping=False), 2007, "2007"),
        (DataColumn("a", "number", decimals=2), 0.125, "0.13"),
        (DataColumn("a", "number", decimals=0), 2.5, "3"),
        (DataColumn("a", "number", decimals=0), -2.5, "-3"),
        (DataColumn("a", "number", decimals="e"), 1.5e-7, "1.5000e-7"),
        (DataColumn("a", "number"), 0.1, "0.1"),
        (DataColumn("a", "number", decimals=2), 10**400, "1.0000e+400"),
        (DataColumn("a", "number"), -1234.5, "-1,234.5"),
        (DataColumn("a", "number"), "inf", "inf"),
        (DataColumn("a", "number"), None, "-"),
        (DataColumn("a", "date"), "2015-03-05", "5 Mar 2015"),
        (DataColumn("a", "date"), "2015-03-05T13:05:00", "5 Mar 2015, 13:05"),
        (DataColumn("a", "date"), "2015-03-05 13:05:09+02:00", "5 Mar 2015, 13:05:09 +02:00"),
        (DataColumn("a", "date"), "2015-03-05T13:05:00Z", "5 Mar 2015, 13:05 UTC"),
        (DataColumn("a", "date"), "2015-13-05", "2015-13-05"),
        (DataColumn("a", "boolean"), True, "True"),
        (DataColumn("a", "text"), [1, "é"], '[1, "é"]'),
    ],
)
def test_a_value_is_written_for_people(column, value, written):
    assert column.written(value) == written
