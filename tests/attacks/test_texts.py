"""The worst texts that were found, each drawn or read in about a second of processor time."""

import signal
import time
from contextlib import contextmanager
from pathlib import PurePosixPath

import pytest

from apps_runtime.outputs import errors, frames, images, making, progress
from apps_runtime.outputs.area import OutputArea
from apps_runtime.outputs.code import LANGUAGES, LONGEST, MOST_COLOURED, highlight, highlight_python
from apps_runtime.outputs.html import HtmlShape, shape_of
from apps_runtime.outputs.markdown import AS_WRITTEN, LARGEST_PICTURES, headings, render_markdown
from projects.file_previews.preview import TEXT_BYTES, look
from projects.notebook import deepnote
from projects.notebook.difference.texts import compare_texts

SECONDS = 1.5


@contextmanager
def at_most(seconds=SECONDS):
    """Of processor time, so that a busy machine changes nothing."""

    def stop(*_):
        raise AssertionError(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert time.process_time() - began < seconds


HTML = {
    "a style of pandas": "<style>" + ".dataframe{} " * 40 + "x</style>",
    "openings": "<a " * 20_000,
    "styles": "<style>" * 57_000,
    "classes": "<table " + "class=" * 65_000 + ">",
    "nested": "<div>" * 40_000,
    "lists": "<ul><li>" * 40_000,
    "comments": "<!--" * 90_000,
    "closings": "</" * 190_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(50_000)) + ">x</p>",
    "styled words": "<p>" + "".join(f"<b title={number}>" for number in range(2000)) + "<p>x" * 2000,
    "hidden styled words": "<p>" + "".join(f'<b title=">{number}">' for number in range(2000)) + "<p>x" * 2000,
    "spans": "<table class=dataframe><tr>" + "<td colspan=1000 rowspan=1000>1" * 1000 + "</table>",
    "spans of rows": "<table class=dataframe>" + "<tr><td colspan=1000 rowspan=1000>1" * 1000 + "</table>",
    "cells": "<table class=dataframe><tr>" + "<td>" * 90_000 + "</table>",
    "a number": f"<table class=dataframe><tr><td>{'1' * 390_000}x</table>",
    "a span": f"<table class=dataframe><tr><td colspan={'1' * 9_000}>x</table>",
    "a shape": f"<table class=dataframe><tr><td>x</table>{'1' * 300_000} rows × {'1' * 9_000} columns",
}


@pytest.mark.parametrize("name", HTML)
def test_html_is_drawn(name):
    with at_most():
        if shape_of(HTML[name]) is not HtmlShape.FRAME:
            making.in_page("text/html", HTML[name], "", False)


def test_ordinary_html_stays_in_the_page():
    rows = "".join(f"<tr><td><b>{row}</b></td><td>{row * 1.5}</td></tr>" for row in range(500))
    links = "".join(f'<li><a href="https://example.org/{row}">It\'s {row}</a></li>' for row in range(1000))

    assert shape_of(f'<table border="1" class="dataframe"><tbody>{rows}</tbody></table>') is HtmlShape.TABLE
    assert shape_of(f"<ul>{links}</ul><p title='a \"word\"'>x < y</p>") is HtmlShape.PAGE


MARKDOWN = {
    "headings": "# a\n" * 7_900,
    "headings under lines": "a\n===\n" * 3_900,
    "more headings": "# a\n" * 16_000,
    "equations": "\\begin{equation}\n" * 7_900,
    "equations in one line": "\\begin{equation}" * 8_000,
    "equations that end elsewhere": "> \\begin{equation}\n" * 5_000 + "\n\\end{equation}",
    "tasks": "- [ ] a\n" * 7_900,
    "brackets of code": "```css\n" + "[" * 100_000 + "\n```",
    "lines of code": "```c\n" + "\n" * 7_000 + "x\n```",
    "slashes of code": "```cpp\n" + "/" * 9_000 + "\n```",
    "brackets": "[" * 100_000,
    "pictures": "![" * 50_000,
    "notes": "^[" * 50_000,
    "quotes": ">" * 100_000,
    "emphasis": "*a_" * 33_000,
    "emphasis with words": "*a **a " * 14_000,
    "bars": "|\n" * 50_000,
    "a long address cited often": f"[a]: {'b' * 100_000}\n\n" + "[a] " * 15_000,
    "raw styled words": "".join(f"<b title={number}>" for number in range(300)) + "\n\na" * 3_900,
}


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_is_set_or_shown_as_it_was_written(name):
    with at_most():
        html = render_markdown(MARKDOWN[name])
    with at_most():
        headings(MARKDOWN[name])
    assert len(html) < 20 * len(MARKDOWN[name]) + 1000


BITS = ("[", "{", '"', "/", "\\", "\n", "\n ", "a ", "a.", "a\n", "`", "&", "<!--", "r'")


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.split())))
def test_code_is_coloured(language):
    for bit in BITS:
        with at_most():
            highlight((bit * MOST_COLOURED)[:MOST_COLOURED], language)


@pytest.mark.parametrize("bit", ["[", "\n ", "    \n", "'", "f'{", "a.", "\\", "@"])
def test_python_is_coloured(bit):
    with at_most(4):  # Linear, and long.
        highlight_python((bit * LONGEST)[:LONGEST])


def test_what_is_too_much_to_set_is_all_there():
    html = render_markdown("[a] <b>\n" * 20_000)

    assert AS_WRITTEN in html
    assert html.count("[a] &lt;b&gt;") == 20_000


def test_headings_of_one_name_have_numbers_as_ever():
    found = headings("# a\n\n# a-2\n\n# a\n\n# a\n", prefix="p")

    assert [heading.anchor for heading in found] == ["p-a", "p-a-2", "p-a-3", "p-a-4"]


def test_an_attachment_that_is_shown_often_is_shown_so_often():
    attachments = {"a.png": {"image/png": "A" * 2_000_000}}

    html = render_markdown("![](attachment:a.png)\n\n" * 500, attachments)

    assert LARGEST_PICTURES <= len(html) < 1.2 * LARGEST_PICTURES


def test_tasks_and_equations_are_set_as_ever():
    html = render_markdown("- [x] done\n- [ ] to *do*\n- [y] none\n\n\\begin{align}\na\n\\end{align}\n")

    assert html.count('class="task-list-item"') == 2
    assert html.count('class="contains-task-list"') == 1
    assert html.count("checked") == 1
    assert "done</li>" in html
    assert '<math-tex display="block">\\begin{align}\na\n\\end{align}</math-tex>' in html


STREAMS = {
    "one line": "a" * 1_000_000,
    "tqdm's advice": "TqdmWarning: IProgress not found" * 30_000,
    "returns": "a\r" * 400_000,
    "backspaces": "ab\b" * 150_000,
    "sequences": "\x1b[" * 400_000,
    "titles": "\x1b]" * 400_000,
    "lines": "\n" * 900_000,
    "bars": "\n".join([" 10%|###|1/10 [00:01<00:01]"] * 2_000),
    "bars that are none": "\n".join([" " * 1900 + "1%|" + "|" * 80] * 300),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_drawn(name):
    with at_most(2.5):
        area = OutputArea()
        area.feed({"msg_type": "stream", "content": {"name": "stderr", "text": STREAMS[name]}})
        for output in area.outputs:
            making.stream(output["text"], "stderr", True, "")


def test_tqdms_advice_is_left_out():
    (block,) = making.stream(
        "a\n/x.py:1: TqdmWarning: IProgress not found. Please\n  from .autonotebook import tqdm\nb\n",
        "stderr",
        True,
        "",
    )

    assert block.data.html == "a\nb"


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("rows:  10%|#  | 1/10 [00:01<00:01]", "rows"),
        (" 10%|#  | 1/10 [00:01<00:01]", ""),
        ("x10%|#| 1/10 [00:01<00:01]", None),
    ],
)
def test_a_bar_says_what_it_is_about(line, about):
    bar = progress.read(line)

    assert (bar.about if bar else None) == about


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/jpeg", b"\xff\xd8" + b"\0" * 25_000_000),
        ("image/jpeg", b"\xff\xd8" + b"\xff\xe1\0\x02" * 6_000_000),
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 25_000_000),
        ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\0aaAa\0\0\0\0" * 1_000_000),
        ("image/gif", b"GIF89a\x1e\0\x14\0\0\0\0" + b"!\xfe\x01a\0" * 5_000_000),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8X" + b"\xff" * 25_000_000),
        ("image/svg+xml", b"<svg " * 4_000),
        ("image/svg+xml", b"<svg viewBox='" + b"1" * 18_000 + b"' width='" + b" " * 900 + b"x'>"),
    ],
)
def test_a_picture_is_measured_by_its_first_bytes(media_type, content):
    with at_most():
        images.measure(media_type, content)


FRAMES = {
    "scripts": "<script " * 1_000_000,
    "integrity": "<script " * 500_000 + " integrity=" * 100_000,
    "spaces": "<script integrity" + " " * 1_000_000,
    "addresses": "https://cdn.plot.ly/plotly-" + "-" * 1_000_000,
    "charts": "altair-viz- vegaEmbed" + "})(" * 200_000,
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_made(name):
    with at_most():
        frames.altair_spec(FRAMES[name])
        frames.with_own_copies(FRAMES[name], dict.fromkeys((own for _, own in frames._COPIES), "/static/x.js"))


@pytest.mark.parametrize("name", ["KeyError", "AttributeError", "NameError", "ModuleNotFoundError", "X"])
@pytest.mark.parametrize("bit", ["a", " File ", "Cell In[1], line ", "-----> ", "'a", "\x1b[31m", "['", "File /tmp a"])
def test_an_error_is_read(name, bit):
    text = bit * (200_000 // len(bit))
    with at_most():
        errors.read(name, text[:20_000], [text])


FILES = {
    "items": "- a\n" * 2_500_000,
    "a row": "[" + "a," * 5_000_000 + "]",
    "lists": "[" + "[]," * 3_300_000 + "]",
    "names": "- a: b\n" * 1_400_000,
    "levels": "- " * 5_000_000,
    "a long text": 'a: "' + "\\u0041" * 1_600_000 + '"',
}


@pytest.mark.parametrize("name", FILES)
def test_a_deepnote_file_is_read_or_refused(name):
    with at_most(6), pytest.raises(deepnote.UnreadableNotebook):  # A million values are built; 10 MB took a minute.
        deepnote.read(FILES[name][: 10 * 2**20].encode(), "x")


TEXTS = {
    "letters": ("ab " * 600 + "\n") * 50,
    "lines": "a\nb\n" * 1_200,
    "other letters": "".join(f"{number % 7}{'ab' * 900}\n" for number in range(90)),
    "one line": "a b " * 20_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_two_texts_are_compared(name):
    text = TEXTS[name]
    for other in (text[::-1], f"b{text}", text.replace("a", "c").replace("b", "a"), text.upper()):
        with at_most(3):
            found = compare_texts(text, other)
            assert found.lines
            assert found.prose


def test_json_is_looked_at_from_its_beginning():
    with at_most():
        seen = look(PurePosixPath("a.json"), b"[" * 400 + b"1," * 200_000 + b"1" + b"]" * 400, 401_000, largest=10**6)

    assert seen.cut
    assert len(seen.text) == TEXT_BYTES
