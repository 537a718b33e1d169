"""Names: which may be asked for, which may be given, which are kept back."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.filenames import BadName, KeptBack, NoSuchFile, clean, clean_folder, kept_back, new_path

TOP = PurePosixPath()


@given(st.text(alphabet=st.sampled_from("ab./\\%\0\n é"), max_size=24))
def test_what_is_clean_stays_inside_and_says_itself(text):
    try:
        path = clean(text)
    except NoSuchFile:
        return
    assert not path.is_absolute()
    assert all(part not in {"", ".", ".."} for part in path.parts)
    assert str(path) == text.removeprefix("/work/")


def test_the_folder_itself_is_nothing_or_a_dot():
    assert clean_folder("") == clean_folder(".") == TOP
    with pytest.raises(NoSuchFile):
        clean_folder("..")


@pytest.mark.parametrize(
    "name", ["", "  ", ".", "..", "a/b", "/a", "a\\b", "a\0", "a\nb", "x" * 256, "é" * 128, "annual\u202efdp.exe"]
)
def test_a_name_that_could_mislead_or_lead_elsewhere_is_refused_with_a_sentence(name):
    with pytest.raises(BadName) as refusal:
        new_path(TOP, name)
    assert str(refusal.value)[-1] == "."
    assert "\u202e" not in str(refusal.value)


def test_a_name_is_composed_so_that_two_ways_of_typing_it_are_one():
    assert new_path(TOP, "e\u0301.csv") == new_path(TOP, "\u00e9.csv")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("data.csv", None),
        ("figures/map.png", None),
        (".env", KeptBack.HIDDEN_NAME),
        ("a/.git/config", KeptBack.HIDDEN_NAME),
        ("Analysis.IPYNB", KeptBack.SOURCE),
        ("lib/clean.py", KeptBack.SOURCE),
        ("py", None),
        ("keys.pem.csv", None),
    ],
)
def test_hidden_names_and_source_are_kept_back(path, reason):
    assert kept_back(PurePosixPath(path)) == reason
