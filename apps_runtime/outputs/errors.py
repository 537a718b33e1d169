"""An error as its author wants to read it: a sentence, the lines of the cells involved, the whole traceback folded.

Readers without that right never get here: what they are shown holds nothing of the error (specs/security T2).
"""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.html import escape
from django.utils.safestring import SafeString

from apps_runtime.outputs.ansi import plain, to_html
from apps_runtime.outputs.safe import safe

SHOWN_FRAMES = 3
MOST_PARTS = 60  # of a traceback; of a deeper recursion the two ends say it all
LONGEST_LINE = 400
LONGEST_WORDS = 2_000

_CELL = re.compile(r"\s*(?:Cell |Input )?In\s*\[(?P<count>\d+)\](?:, line (?P<line>\d+))?[^\n]*")
_FILE = re.compile(r"\s*File (?P<path>[^\n]+?):(?P<line>\d+)(?:, in [^\n]*)?(?=\n|\Z)")
_OLD_CELL = re.compile(r"\s*(?:<ipython-input-(?P<count>\d+)-|File (?:/tmp|<tmp)[^\n]*?ipykernel_)[^\n]*")
_ARROW = re.compile(r"^-*> ?(?P<line>\d+) ?(?P<code>.*)$", re.MULTILINE)
_SOURCE_FILE = re.compile(r" \(\d+\.py, line \d+\)$")  # IPython's own name for a cell says nothing to anybody
_NAME = re.compile(r"[A-Za-z_]\w{1,60}|(?<=[\"'])[^\"'\n]{2,60}(?=[\"'])")


@dataclass(frozen=True)
class TracebackFrame:
    """`place` is “In [3], line 2” or “frame.py, line 4330”; `code` the line that was carried out."""

    place: str
    code: str
    of_cell: bool


@dataclass(frozen=True)
class Failure:
    """`headline` in words; `suggestion` a name that was probably meant; `short` and `whole` are safe HTML."""

    headline: str
    suggestion: str
    short: SafeString
    whole: SafeString
    frames: int


def read(name: str, words: str, traceback: Sequence[str]) -> Failure:
    """`name`, `words`, `traceback` are nbformat's ename, evalue, traceback."""
    texts = [plain(text) for text in traceback]
    words = _SOURCE_FILE.sub("", words)
    frames = [frame for text in texts if (frame := _frame(text)) is not None]
    headline, wrong = _headline(name, words, texts)
    return Failure(
        headline=headline,
        suggestion=_suggestion(wrong, words, texts) if wrong else "",
        short=_short(name, words, frames, wrong) if traceback else SafeString(""),
        whole=to_html("\n".join(_without_middle(traceback))),
        frames=len(frames),
    )


def own_line(traceback: Sequence[str]) -> str:
    """The last line of the author's own cells that was carried out; "" where the traceback names none."""
    frames = [frame for text in traceback if (frame := _frame(plain(text))) is not None and frame.of_cell]
    return frames[-1].code if frames else ""


# ---- Frames


def _frame(text: str) -> TracebackFrame | None:
    cell, file = _CELL.match(text) or _OLD_CELL.match(text), _FILE.match(text)
    if cell is None and file is None:
        return None
    arrow = _ARROW.search(text)
    code = (arrow["code"] if arrow else _first_code_line(text)).strip()[:LONGEST_LINE]
    if cell is not None:
        groups = cell.groupdict()
        line = groups.get("line") or (arrow["line"] if arrow else "")
        place = f"In [{groups['count']}]" if groups.get("count") else "In a cell"
        return TracebackFrame(f"{place}, line {line}" if line else place, code, of_cell=True)
    assert file is not None
    return TracebackFrame(f"{file['path'].rsplit('/', 1)[-1]}, line {file['line']}", code, of_cell=False)


def _first_code_line(text: str) -> str:
    lines = text.strip("\n").split("\n")
    return lines[1] if len(lines) > 1 else ""


def _without_middle(traceback: Sequence[str]) -> list[str]:
    if len(traceback) <= MOST_PARTS:
        return list(traceback)
    left_out = f"\n[… {len(traceback) - MOST_PARTS:,} frames are not shown here …]\n"
    return [*traceback[: MOST_PARTS // 3], left_out, *traceback[-MOST_PARTS * 2 // 3 :]]


def _short(name: str, words: str, frames: Sequence[TracebackFrame], wrong: str) -> SafeString:
    """The error, then the last lines of the author's own cells that led to it."""
    own = [frame for frame in frames if frame.of_cell] or list(frames)
    shown = own[-SHOWN_FRAMES:]
    said = words.strip()
    if len(said) > LONGEST_WORDS:
        said = said[:LONGEST_WORDS] + " …"
    lines = [f"<b>{escape(name)}</b>: {escape(said)}" if said else f"<b>{escape(name)}</b>"]
    for frame in shown:
        lines.append(f"  {escape(frame.place)}")
        if frame.code:
            lines.append(f"    {_marked(frame.code, wrong)}")
    return safe("\n".join(lines))


def _marked(code: str, wrong: str) -> str:
    """The line with the name that is wrong made bold."""
    if not wrong:
        return escape(code)
    pieces = re.split(rf"([\"']{re.escape(wrong)}[\"']|\b{re.escape(wrong)}\b)", code)
    return "".join(f"<b>{escape(piece)}</b>" if at % 2 else escape(piece) for at, piece in enumerate(pieces))


# ---- Words


def _headline(name: str, words: str, texts: Iterable[str]) -> tuple[str, str]:
    """A sentence, and the name in it that does not exist ("" if the error is another one)."""
    match name:
        case "KeyError":
            whole = "\n".join(texts)
            wrong = _key(words)
            if wrong and re.search(r"[\\/]pandas[\\/]", whole):
                of_rows = re.search(r"[\\/]indexing\.py", whole)
                return f"No {'row or column' if of_rows else 'column'} is called “{wrong}”.", wrong
        case "AttributeError":
            found = re.search(r"'(?P<of>\w+)' object has no attribute '(?P<wrong>\w+)'", words)
            if found and found["of"] == "DataFrame":
                return f"No column or method is called “{found['wrong']}”.", found["wrong"]
            if found:
                return f"{name}: {words}", found["wrong"]
        case "NameError":
            found = re.search(r"name '(?P<wrong>\w+)' is not defined", words)
            if found:
                return f"Nothing is called “{found['wrong']}” here.", found["wrong"]
        case "ModuleNotFoundError":
            found = re.search(r"No module named '(?P<wrong>[\w.]+)'", words)
            if found:
                return f"No module is called “{found['wrong']}” here.", found["wrong"]
    first = words.strip().split("\n")[0][:LONGEST_LINE]
    # An error of hexlite itself (a limit, a kernel that died) is a sentence already.
    if not name or (first.endswith(".") and " " in first and not list(texts)):
        return first or name, ""
    return f"{name}: {first}" if first else name, ""


def _key(words: str) -> str:
    """The missing key of a KeyError's words: `'islands'`, or `"['islands'] not in index"`."""
    try:
        value = ast.literal_eval(words)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    if not isinstance(value, str):
        return str(value) if isinstance(value, int | float) else ""
    missing = re.fullmatch(r"\[['\"]([^'\"]+)['\"]\] not (?:in index|found in axis)", value)
    if missing:
        return missing[1]
    return value if len(value) <= 100 and "\n" not in value and "not in index" not in value else ""


def _suggestion(wrong: str, words: str, texts: Iterable[str]) -> str:
    """A name in the author's own lines, or in the words of Python, that is nearly the wrong one."""
    said = re.search(r"Did you mean:? ['\"](\w+)['\"]", words)
    if said:
        return said[1]
    own = "\n".join(text for text in texts if _CELL.match(text) or _OLD_CELL.match(text))
    # Line numbers and the place are no names of the author.
    names = {found for line in own.split("\n")[1:] for found in _NAME.findall(line)} - {wrong}
    close = get_close_matches(wrong, sorted(names), n=1, cutoff=0.8)
    return close[0] if close else ""
