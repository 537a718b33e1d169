"""tqdm works as it is: its line is read back into numbers."""

import pytest

from apps_runtime.outputs.progress import read, split


@pytest.mark.parametrize(
    ("line", "words", "share"),
    [
        (" 64%|██████▍   | 640/1000 [00:12<00:07, 51.2it/s]", "640 of 1,000, about 7 s left", 0.64),
        ("  0%|          | 0/1000 [00:00<?, ?it/s]", "0 of 1,000", 0),
        ("100%|██████████| 10/10 [01:05<00:00,  6.50s/it]", "10 of 10 in 1 min 5 s", 1),
        ("100%|██████████| 10/10 [00:00<00:00, 98.20it/s]", "10 of 10 in less than a second", 1),
        ("fit: 50%|#####     | 5/10 [1:00:00<2:05:09, 12.00s/it, loss=3]", "5 of 10, about 2 h 5 min left", 0.5),
        ("get: 12%|█▏        | 1.20M/10.0M [00:01<00:08, 1.10MB/s]", "1.20M of 10.0M, about 8 s left", 0.12),
        ("120%|██████████| 12/10 [00:01<00:00, 9it/s]", "12 of 10 in 1 s", 1),
    ],
)
def test_a_bar_becomes_words(line, words, share):
    bar = read(line)
    assert bar.words == words
    assert bar.share == pytest.approx(share)
    assert bar.line == line.strip()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "50% of it",
        "640it [00:03, 200.00it/s]",
        "50%|##|",
        "50%|##| a/b [00:01<00:02]",
        "50%|##| 1/0 [00:01<00:02]",
        "50%|##| 1..2/3 [00:01<00:02]",
        "x" * 5000 + "50%|##| 1/2 [00:01<00:02]",
    ],
)
def test_other_lines_are_text(line):
    assert read(line) is None


def test_bars_at_the_end_of_a_stream_are_drawn_and_the_rest_stays_text():
    outer, inner = "outer:  50%|##  | 1/2 [00:02<00:02]", "inner:  25%|#   | 1/4 [00:00<00:01]"
    text, bars = split(f"loading\n100%|##| 3/3 [00:01<00:00]\nready\n{outer}\n\x1b[32m{inner}\x1b[0m\n")
    assert text == "loading\n100%|##| 3/3 [00:01<00:00]\nready"
    assert [bar.about for bar in bars] == ["outer", "inner"]


def test_a_stream_without_bars_is_left_alone():
    assert split("a\n\nb\n") == ("a\n\nb\n", ())
