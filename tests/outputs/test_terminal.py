"""What a reader sees of a stream is what a terminal would show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps_runtime.outputs.style import PLAIN, Style
from apps_runtime.outputs.terminal import Terminal

RED, OFF, UP = "\x1b[31m", "\x1b[0m", "\x1b[A"


def shown(*messages: str, limit: int = 1_000_000) -> str:
    terminal = Terminal(limit)
    for message in messages:
        terminal.write(message)
    return terminal.text()


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("", ""),
        ("one\ntwo\n", "one\ntwo\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        (" 10%\r 20%\r 30%", " 30%"),
        ("longer line\rshort", "shortr line"),
        ("longer line\r\x1b[Kshort", "short"),
        ("longer line\r\x1b[2Kshort", "short"),
        ("abc\b\bX", "aXc"),
        ("\b\b\babc", "abc"),
        ("tab\tstays", "tab\tstays"),
        ("bell\x07 form\x0c feed", "bell form feed"),
        ("first\nsecond\n\x1b[2A\rFIRST\x1b[2B\rthird", "FIRST\nsecond\nthird"),
        ("a\n\x1b[9Ab", "b\n"),
        ("x\x1b[3Cy", "x   y"),
        ("x\x1b[5Gy", "x   y"),
        ("gone\x1b[2Jhere", "here"),
        ("a\nb\nc\x1b[2A\x1b[J", "a"),
        ("\x1b]8;;https://example.org\x07link\x1b]8;;\x07", "link"),
        ("\x1b[?25lhidden cursor\x1b[?25h", "hidden cursor"),
        (f"{RED}red{OFF} plain", f"{RED}red{OFF} plain"),
        (f"{RED}red\nstill{OFF}", f"{RED}red{OFF}\n{RED}still{OFF}"),
        (f"{RED}red{OFF}\rX", f"X{RED}ed{OFF}"),
        ("\x1b[38;5;208morange\x1b[39m.", "\x1b[38;5;208morange\x1b[0m."),
        ("\x1b[1;48;2;1;2;3mx", "\x1b[1;48;2;1;2;3mx\x1b[0m"),
        ("\x1b[999999999999999999999mx", "x"),
        ("\x1b[38;5;999mx\x1b[38mx", "xx"),
    ],
)
def test_control_characters_are_carried_out(written, seen):
    assert shown(written) == seen


def test_several_bars_of_tqdm_are_redrawn_in_place():
    bars = [
        "outer:   0%|    | 0/2",
        f"\ninner:   0%|    | 0/9{UP}",
        f"\n\rinner:  50%|##  | 4/9{UP}",
        "\router:  50%|##  | 1/2",
    ]
    assert shown(*bars) == "outer:  50%|##  | 1/2\ninner:  50%|##  | 4/9"


@given(st.text(alphabet="ab\n\r\b\x1b[]0123;mAKHé…", max_size=60), st.data())
@settings(max_examples=200)
def test_it_does_not_matter_how_a_stream_is_cut_into_messages(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pieces = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert shown(*pieces) == shown(text)


@given(
    st.lists(
        st.sampled_from(["ab", "xyz", "\n", "\r", "\b", UP, "\x1b[K", "\x1b[2K", "\x1b[2C", "\x1b[D"]), max_size=40
    )
)
@settings(max_examples=200)
def test_it_agrees_with_a_grid_of_characters(tokens):
    assert shown("".join(tokens)) == "\n".join("".join(row) for row in _grid(tokens))


def _grid(tokens: list[str]) -> list[list[str]]:
    """The plain model: one cell a character."""
    rows: list[list[str]] = [[]]
    row = column = 0
    for token in tokens:
        match token:
            case "\n":
                row, column = row + 1, 0
                rows += [[]] if row == len(rows) else []
            case "\r":
                column = 0
            case "\b" | "\x1b[D":
                column = max(column - 1, 0)
            case "\x1b[A":
                row = max(row - 1, 0)
            case "\x1b[2C":
                column += 2
            case "\x1b[K":
                del rows[row][column:]
            case "\x1b[2K":
                rows[row].clear()
            case _:
                rows[row] += " " * (column - len(rows[row]))
                rows[row][column : column + len(token)] = token
                column += len(token)
    return rows


@given(
    st.text(
        alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=200
    )
)
def test_text_without_controls_is_kept_as_it_is(text):
    assert shown(text) == text


@given(st.lists(st.text(alphabet="abc é", min_size=0, max_size=30), max_size=400), st.integers(200, 2000))
@settings(max_examples=60)
def test_head_and_tail_of_a_long_stream_are_kept(lines, limit):
    text = "".join(f"{number} {line}\n" for number, line in enumerate(lines))
    seen = shown(text, limit=limit)
    if "left out here" not in seen:
        assert seen == text
        return
    head, rest = seen.split("[… ")
    _, tail = rest.split(" left out here …]\n")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head.encode()) <= limit
    assert len(lines) < 100 or tail


def test_a_stream_of_a_hundred_megabytes_keeps_one():
    terminal = Terminal(1_000_000)
    terminal.write("first\n" + "x" * 100_000_000 + "\nlast\n")
    text = terminal.text()
    assert len(text) < 1_100_000
    assert text.startswith("first\nxxx")
    assert text.endswith("xxx [… 99.8 MB left out here …]\nlast\n")
    assert terminal.written > 99_000_000
    assert terminal.is_cut


def test_redrawing_a_line_for_ever_is_not_much_text():
    terminal = Terminal(10_000)
    for number in range(5000):
        terminal.write(f"\r{number} of 5000")
    assert terminal.text() == "4999 of 5000"
    assert terminal.written < 100


def test_a_colour_for_every_letter_counts_as_what_it_costs():
    terminal = Terminal(10_000)
    terminal.write("\x1b[31ma\x1b[32mb" * 20_000)
    assert len(terminal.text()) < 80_000


styles = st.builds(
    Style,
    colour=st.none() | st.integers(0, 255) | st.just("#0a141e"),
    ground=st.none() | st.integers(0, 255) | st.just("#ffffff"),
    bold=st.booleans(),
    underline=st.booleans(),
    inverse=st.booleans(),
)


@given(styles)
def test_a_style_is_read_back_from_its_sequence(style):
    assert PLAIN.after(style.sgr()[2:-1]) == style
