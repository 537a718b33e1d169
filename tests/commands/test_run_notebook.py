"""`run_notebook` on files, with real kernels."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from projects.notebook.files import ipynb
from tests.cast import small_notebook

pytestmark = pytest.mark.xdist_group("kernels")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "squares.ipynb"
    path.write_text(ipynb.write(small_notebook(), {}, {}))
    return path


def run(*arguments):
    said = StringIO()
    call_command("run_notebook", *map(str, arguments), stdout=said)
    return said.getvalue()


def printed(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", [])]


def test_it_runs_every_cell_with_the_values_given(file, tmp_path):
    assert "Every cell ran" in run(file, "--set", "n=3", "--output", tmp_path / "done.ipynb")
    assert printed(tmp_path / "done.ipynb") == ["untouched\n", "[0, 1, 4]\n"]


def test_a_cell_that_fails_is_named_and_the_outputs_so_far_are_written(file, tmp_path):
    broken = small_notebook().replace_source("squares", "1 / 0")
    file.write_text(ipynb.write(broken, {}, {}))
    with pytest.raises(CommandError, match=r"Cell squares \(number 3\) failed: ZeroDivisionError"):
        run(file, "--output", tmp_path / "done.ipynb")
    assert printed(tmp_path / "done.ipynb")[0] == "untouched\n"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [("n=99", "from 1 to 50"), ("n=x", "give NAME=JSON"), ("m=3", "no input “m”; it has n"), ("n", "give NAME=JSON")],
)
def test_a_value_that_can_not_be_is_refused_before_anything_runs(file, setting, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(file, "--set", setting)


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "x.ipynb").write_text("{")
    with pytest.raises(CommandError):
        run(tmp_path / "x.ipynb")
