"""IPython's syntax: harmless magics change nothing, code in them is read, the rest is opaque; no cell is lost."""

from __future__ import annotations

import pytest

from projects.notebook.analysis.magics import to_python
from projects.notebook.analysis.names import Opacity, analyse

READ = [
    ("%matplotlib inline\na = b", "b", "a"),
    ("%load_ext autoreload\n%autoreload 2\na = b", "b", "a"),
    ("%config InlineBackend.figure_format = 'retina'\na = b", "b", "a"),
    ("%pip install x\na = b", "b", "a"),
    ("%%time\na = b", "b", "a"),
    ("%%capture\na = b", "b", "a"),
    ("%%capture out\na = b", "b", "a out"),
    ("%%timeit\na = b", "b", ""),
    ("%%timeit -n 3 c = d\na = b + c", "b d", ""),
    ("%time a = b", "b", "a"),
    ("a = %time f(b)", "b f", "a"),
    ("%timeit -n 10 f(b)", "b f", ""),
    ("%prun f(b)", "b f", ""),
    ("%%html\n<b>{a}</b>", "", ""),
    ("%%markdown\n# a = b", "", ""),
    ("a?", "", ""),
    ("?a.b", "", ""),
    ("a.b??\nc = d", "d", "c"),
    ("/f a b", "a b f", ""),
    ("  a = b\n  c = a", "b", "a c"),
    ("a = '''\n%not magic\n!not shell\n'''\nb = a", "", "a b"),
    ("a = (b\n% c)", "b c", "a"),
    ("a = b \\\n  % c", "b c", "a"),
    ("a = 10 % b  # %time", "b", "a"),
    ("a != b", "a b", ""),
    ("print('50 %')", "", ""),
]


@pytest.mark.parametrize(("source", "reads", "writes"), READ, ids=[case[0] for case in READ])
def test_what_is_python_is_read(source: str, reads: str, writes: str) -> None:
    names = analyse(source)
    assert names.opaque is None, names.parse_error
    assert (set(names.reads), set(names.writes)) == (set(reads.split()), set(writes.split()))


OPAQUE = [
    ("!ls", Opacity.OUTSIDE, "a shell command", ""),
    ("!!ls", Opacity.OUTSIDE, "a shell command", ""),
    ("if a:\n    !ls {b}\nc = 1", Opacity.OUTSIDE, "a shell command", "c"),
    ("a = !ls", Opacity.OUTSIDE, "a shell command", "a"),
    ("a, b = !ls \\\n  -l", Opacity.OUTSIDE, "a shell command", "a b"),
    ("for x in xs:\n\t!echo {x}", Opacity.OUTSIDE, "a shell command", "x"),
    ("%cd /tmp", Opacity.OUTSIDE, "%cd", ""),
    ("%%bash\nls", Opacity.OUTSIDE, "%%bash", ""),
    ("%%writefile a.py\na = 1", Opacity.OUTSIDE, "%%writefile", ""),
    ("a = %sql select 1", Opacity.ANYTHING, "%sql", "a"),
    ("%run other.py", Opacity.ANYTHING, "%run", ""),
    ("%%sql\nselect 1", Opacity.ANYTHING, "%%sql", ""),
    ("%reset -f", Opacity.ANYTHING, "%reset", ""),
    ("%%time\n!ls\na = 1", Opacity.OUTSIDE, "a shell command", "a"),
]


@pytest.mark.parametrize(("source", "opacity", "reason", "writes"), OPAQUE, ids=[case[0] for case in OPAQUE])
def test_what_is_not_python_is_opaque_and_the_rest_of_the_cell_is_kept(
    source: str, opacity: Opacity, reason: str, writes: str
) -> None:
    names = analyse(source)
    assert names.opaque is not None
    assert (names.opaque.opacity, names.opaque.reason) == (opacity, reason)
    assert names.writes == set(writes.split())


@pytest.mark.parametrize("source", [case[0] for case in READ + OPAQUE if not case[0].startswith(("%%", "!!"))])
def test_lines_keep_their_numbers(source: str) -> None:
    assert to_python(source).text.count("\n") == source.count("\n")
