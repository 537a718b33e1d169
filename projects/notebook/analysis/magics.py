"""IPython's syntax made Python, line for line, so that a cell keeps its analysis beside a magic or a shell line.

Written for analysis, not for running: `%matplotlib inline` becomes a call of a marker that nobody can define by
accident, at the same indentation and with the same number of lines. IPython's own transformer would do, but it would
bring IPython into the web process for a page of code.

Sources of the rules: IPython's "Input transformation" and "Built-in magic commands" pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

MARKER = "__hexlite_ipython__"
TIMED = f"{MARKER}_timed"  # the function that %%timeit makes of a cell's body


class MagicEffect(StrEnum):
    """What running a magic can do to the names of a notebook."""

    HARMLESS = "harmless"  # no names, or only shows and configures
    CODE = "code"  # its argument is Python that runs here
    OUTSIDE = "outside"  # reads names, changes the world outside Python (files, processes)
    ANYTHING = "anything"  # cannot be known


# Line magics that neither read nor change any name of the notebook. Listed in docs/reactivity.md.
HARMLESS_LINE_MAGICS = frozenset(
    "alias_magic autoawait autocall automagic autoreload bookmark colors conda config dhist dirs doctest_mode gui "
    "history hist load_ext logoff logon logstart logstate logstop lsmagic magic mamba matplotlib micromamba page "
    "pdb pip popd pprint precision psearch pushd pwd quickref rehashx reload_ext tb unload_ext uv xmode "
    "aimport config_inline_backend".split()
)
# Cell magics whose body is shown, not run as Python.
HARMLESS_CELL_MAGICS = frozenset("html HTML svg SVG latex markdown javascript js".split())
# Line magics that run the Python after them.
CODE_LINE_MAGICS = frozenset("time timeit prun memit mprun lprun".split())
# Cell magics that run the cell's body in the notebook's own namespace.
CODE_CELL_MAGICS = frozenset("time capture prun memit mprun debug".split())
# Magics that talk to the shell or to files: they read names that they interpolate, and bind none.
OUTSIDE_MAGICS = frozenset(
    "bash sh sx sc system script perl ruby pypy python python2 python3 writefile file cd cat cp env set_env ls ldir lf "
    "lk ll lx mkdir mv rm rmdir rep more less man ! !!".split()
)

_NAME = re.compile(r"%{1,2}(?P<name>[^\s(]+)(?P<rest>.*)", re.DOTALL)
_TARGET = re.compile(r"[A-Za-z_][\w.,\[\]\s'\"*]*")
_ASSIGNED = re.compile(r"%[A-Za-z]|!")
_HELP = re.compile(r"^(?:\?{1,2}\s*[%\w.*]+|[%\w.*\[\]]+\?{1,2})\s*$")
_OPTIONS = re.compile(r"^\s*(?:-{1,2}\w+(?:[ =](?:\d+|'[^']*'|\"[^\"]*\"))?\s+)*")
_OPENERS, _CLOSERS = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class PythonText:
    """A cell as Python: the text, and for a cell magic without Python inside, what it does and why."""

    text: str
    effect: MagicEffect = MagicEffect.CODE
    reason: str | None = None


def to_python(source: str) -> PythonText:
    """The cell as Python text with as many lines; markers stand where IPython's syntax stood."""
    lines = source.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return PythonText("")
    if lines[first].startswith("%%"):
        return _cell_magic(lines, first)
    if lines[first].startswith("!!"):
        return PythonText("", MagicEffect.OUTSIDE, "a shell command")
    return PythonText(_line_magics(_dedented(lines)))


def _cell_magic(lines: list[str], first: int) -> PythonText:
    match = _NAME.match(lines[first])
    name, rest = (match["name"], match["rest"]) if match else ("", "")
    body = ["" for _ in lines[: first + 1]] + lines[first + 1 :]
    if name in HARMLESS_CELL_MAGICS:
        return PythonText("", MagicEffect.HARMLESS)
    if name == "timeit":
        # Runs in a function of its own: what the body binds stays there, the set-up line runs once before it.
        setup = _OPTIONS.sub("", rest).strip() or "pass"
        indented = [f"    {line}" if line.strip() else line for line in lines[first + 1 :]]
        return PythonText(_line_magics([f"def {TIMED}():", f"    {setup}", *indented, f"{TIMED}()"]))
    if name in CODE_CELL_MAGICS:
        inner = to_python("\n".join(body))
        captured = re.findall(r"(?:^|\s)([A-Za-z_]\w*)", rest) if name == "capture" else []
        # %%capture binds its name when the body has run; on the last line, so that the line numbers stay.
        text = f"{inner.text}\n{captured[0]} = {MARKER}('harmless')" if captured else inner.text
        return replace(inner, text=text)
    if name in OUTSIDE_MAGICS:
        return PythonText("", MagicEffect.OUTSIDE, f"%%{name}")
    return PythonText("", MagicEffect.ANYTHING, f"%%{name}")


def _dedented(lines: list[str]) -> list[str]:
    """IPython runs a cell whose first line is indented as if it were not."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    if not indent:
        return lines
    return [line[len(indent) :] if line.startswith(indent) else line for line in lines]


def _line_magics(lines: list[str]) -> str:
    out: list[str] = []
    state = _Reading()
    position = 0
    while position < len(lines):
        line = lines[position]
        if not state.at_statement:
            state.feed(line)
            out.append(line)
            position += 1
            continue
        taken, replacement = _escaped(lines, position)
        if replacement is None:
            state.feed(line)
            out.append(line)
            position += 1
            continue
        out.append(replacement)
        out.extend("" for _ in range(taken - 1))
        position += taken
    return "\n".join(out)


def _escaped(lines: list[str], position: int) -> tuple[int, str | None]:
    """How many lines the IPython statement here takes and the Python that stands for it, or None if it is Python."""
    stripped = lines[position].strip()
    indent = lines[position][: len(lines[position]) - len(lines[position].lstrip())]
    assigned = _assigned(stripped)
    if not (assigned or stripped[:1] in ("%", "!", "?") or _is_help(stripped) or stripped[:1] in ("/", ",", ";")):
        return 1, None
    if stripped[:1] == ";" and stripped.strip(";").strip() == "":
        return 1, None
    taken, pieces = 1, [stripped]
    while pieces[-1].endswith("\\") and position + taken < len(lines):
        pieces[-1] = pieces[-1][:-1]
        pieces.append(lines[position + taken].strip())
        taken += 1
    text = " ".join(pieces)
    if assigned:
        again = _assigned(text)
        assert again is not None
        target, escaped = again
        is_shell = escaped.startswith("!")
        value = _magic_expression(escaped[1:] if is_shell else escaped, is_shell=is_shell)
        return taken, f"{indent}{target} = {value}"
    if _is_help(stripped):
        return taken, f"{indent}{MARKER}('harmless')"
    if text.startswith("!"):
        return taken, indent + _magic_expression(text.lstrip("!"), is_shell=True)
    if text.startswith("%"):
        return taken, indent + _line_statement(text)
    # `/f a b`, `,f a b`, `;f a b`: calls without parentheses.
    called, *arguments = text[1:].split()[:1], *text[1:].split()[1:]
    if not called or not re.fullmatch(r"[A-Za-z_][\w.]*", called[0]):
        return 1, None
    given = ", ".join(arguments) if text[0] == "/" else repr(" ".join(arguments))
    return taken, f"{indent}{called[0]}({given})"


def _assigned(text: str) -> tuple[str, str] | None:
    """The target of `files = !ls` or `x = %time f()`, and what it is assigned."""
    target, _, value = text.partition("=")
    value = value.lstrip()
    return (target.rstrip(), value) if _ASSIGNED.match(value) and _TARGET.fullmatch(target) else None


def _is_help(stripped: str) -> bool:
    return bool(_HELP.match(stripped))


def _line_statement(text: str) -> str:
    match = _NAME.match(text)
    name, rest = (match["name"], match["rest"]) if match else ("", "")
    if name == "timeit" or name == "memit":
        return (
            f"(lambda: ({_OPTIONS.sub('', rest).strip() or 'None'}))()"
            if _is_expression(rest)
            else _magic_expression(text)
        )
    if name in CODE_LINE_MAGICS:
        return _OPTIONS.sub("", rest).strip() or "pass"
    return _magic_expression(text)


def _is_expression(rest: str) -> bool:
    try:
        compile(_OPTIONS.sub("", rest).strip() or "None", "<timeit>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _magic_expression(text: str, *, is_shell: bool = False) -> str:
    if is_shell:
        return f"{MARKER}('outside', 'a shell command')"
    match = _NAME.match(text)
    name, rest = (match["name"], match["rest"]) if match else ("", "")
    if name in CODE_LINE_MAGICS and _is_expression(rest):
        return f"({_OPTIONS.sub('', rest).strip() or 'None'})"
    if name in HARMLESS_LINE_MAGICS:
        return f"{MARKER}('harmless')"
    if name in OUTSIDE_MAGICS:
        return f"{MARKER}('outside', {'%' + name!r})"
    return f"{MARKER}('anything', {'%' + name!r})"


class _Reading:
    """Where in Python's syntax the end of the last line is: inside brackets, a long string, a continued line."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.continued = False

    @property
    def at_statement(self) -> bool:
        """Whether the next line begins a statement."""
        return self.depth == 0 and not self.quote and not self.continued

    def feed(self, line: str) -> None:
        """Read one line on."""
        self.continued = False
        position = 0
        while position < len(line):
            if self.quote:
                position = self._in_string(line, position)
                continue
            character = line[position]
            if character == "#":
                return
            if character in "\"'":
                self.quote = (
                    line[position : position + 3] if line[position : position + 3] == character * 3 else character
                )
                position += len(self.quote)
                continue
            if character in _OPENERS:
                self.depth += 1
            elif character in _CLOSERS:
                self.depth = max(0, self.depth - 1)
            elif character == "\\" and position == len(line) - 1:
                self.continued = True
            position += 1
        if len(self.quote) == 1 and not line.endswith("\\"):
            self.quote = ""  # an unfinished short string is an error that the parser will report

    def _in_string(self, line: str, position: int) -> int:
        if line[position] == "\\":
            return position + 2
        if line.startswith(self.quote, position):
            length = len(self.quote)
            self.quote = ""
            return position + length
        return position + 1
