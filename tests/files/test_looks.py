"""A look inside files."""

import io
import json
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.file_previews.columns import HEIGHT, WIDTH, ColumnKind, number_in_words
from projects.file_previews.preview import LookKind, look
from projects.file_previews.snippets import cells_that_name, reading
from projects.file_previews.tables import NotATable, read_table
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.files import ipynb

WEATHER = """date,rain,temp,sky,snow,note
2012-01-01,0.0,12.8,drizzle,no,
2012-01-02,10.9,-1.6,rain,no,
2015-12-31,55.9,35.6,rain,yes,
"""


def table_of(text: str | bytes):
    return read_table(io.BytesIO(text.encode() if isinstance(text, str) else text))


def look_at(name: str, content: bytes, largest: int = 2**20):
    return look(PurePosixPath(name), content, len(content), largest)


def test_the_head_of_a_column_says_its_kind_and_range():
    table = table_of(WEATHER)
    assert [column.says for column in table.columns] == [
        "Date, 2012 to 2015",
        "Number, 0 to 55.9",
        "Number, −1.6 to 35.6",
        "Text, 2 kinds",
        "Yes or no, 2 kinds",
        "Empty",
    ]
    assert (table.rows, table.column_count, table.more) == (3, 6, False)
    assert table.head[0] == ("2012-01-01", "0.0", "12.8", "drizzle", "no", "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a;b\n1;2\n", ["a", "b"]),
        ("a\tb\n1\t2\n", ["a", "b"]),
        ('"a,b";c\n1;2\n', ["a,b", "c"]),
        ("\ufeffa,b\n1,2\n", ["a", "b"]),
        ("é,ü\n1,2\n".encode("latin-1"), ["é", "ü"]),
        ("a,b\n1,2\n".encode("utf-16"), ["a", "b"]),
    ],
)
def test_marks_and_encodings_are_recognised(text, names):
    assert [column.name for column in table_of(text).columns] == names


def test_ragged_rows_and_empty_lines_do_not_matter():
    table = table_of("a,b\n1\n\n2,3,4\n")
    assert (table.rows, table.head) == (2, (("1", ""), ("2", "3")))


def test_a_column_that_turns_out_to_be_text_is_text():
    numbers = "\n".join(str(number) for number in range(5000))
    [column] = table_of(f"n\n{numbers}\nmany\n").columns
    assert (column.kind, column.says) == (ColumnKind.TEXT, "Text, many kinds")


def test_what_has_no_rows_and_columns_is_not_a_table():
    for content in (b"", b"\0\1\2", b'a\n"' + b"x" * 200_000):
        with pytest.raises(NotATable):
            table_of(content)


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=5), max_size=30))
def test_any_table_is_summed_up_and_its_pictures_stay_in_their_box(rows):
    text = "\n".join(",".join(json.dumps(cell) for cell in row) for row in rows)
    try:
        table = table_of("h,i,j\n" + text)
    except NotATable:
        return
    for column in table.columns:
        for bar in column.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.1
            assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.6


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (-1.6, "−1.6"), (1461, "1,461"), (35.65, "35.6"), (0.00213, "0.0021"), (6.02e23, "6.02e+23")],
)
def test_numbers_are_short(number, words):
    assert number_in_words(number) == words


def test_each_kind_of_file_gets_its_look():
    notebook = ipynb.write(Notebook((Cell.new(CellKind.CODE, "1 + 1"),)))
    assert look_at("a.csv", b"a\n1\n").kind is LookKind.TABLE
    assert look_at("a.csv", b"a\n1\n", largest=2).kind is LookKind.TOO_LARGE
    assert look_at("a.csv", b"\0\0").kind is LookKind.NOTHING
    assert look_at("a.png", b"\x89PNG").kind is LookKind.PICTURE
    assert look_at("a.svg", b"<svg onload='x()'/>").drawing.startswith("data:image/svg+xml;base64,")
    assert look_at("a.ipynb", notebook.encode()).cells[0].source == "1 + 1"
    assert look_at("a.ipynb", b"{}").kind is LookKind.TEXT
    assert look_at("a.json", b'{"a":[1]}').text == '{\n  "a": [\n    1\n  ]\n}'
    assert look_at("a.json", b"[" * 100_000).kind is LookKind.TEXT
    assert look_at("Makefile", b"all:\n\techo hi\n").text == "all:\n\techo hi\n"
    assert look_at("a.parquet", b"PAR1\0\0\x15\x04").kind is LookKind.NOTHING
    assert look_at("a.txt", b"x" * 100_000).cut


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("seattle-weather.csv", 'seattle_weather = pd.read_csv("seattle-weather.csv")'),
        ("raw/2026.parquet", 'data_2026 = pd.read_parquet("raw/2026.parquet")'),
        ('a"b.csv', 'a_b = pd.read_csv("a\\"b.csv")'),
        ("class.json", 'data_class = pd.read_json("class.json")'),
        ("notes.txt", 'notes = open("notes.txt").read()'),
    ],
)
def test_the_line_that_reads_a_file_is_python(path, code):
    assert reading(PurePosixPath(path)) == code
    compile(code, "cell", "exec")


def test_it_names_the_cells_that_read_a_file():
    sources = [
        "import pandas as pd",
        'pd.read_csv("data.csv")',
        "# data.csv",
        "open('/work/data.csv')",
        "%cat 'data.csv'",
    ]
    notebook = Notebook(tuple(Cell.new(CellKind.CODE, source) for source in sources))
    assert cells_that_name(notebook, PurePosixPath("data.csv")) == [2, 4, 5]
