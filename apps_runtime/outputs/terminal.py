"""What a terminal would show of a stream: carriage returns, backspaces and cursor moves are carried out, colours kept.

tqdm and its kin redraw lines in place. Only the last `ROWS` lines can be redrawn; older ones are settled. Of a stream
longer than `limit` bytes the first and the last half are kept (specs/faults).
"""

import re
from collections import deque

from apps_runtime.outputs.style import PLAIN, Style

ROWS = 100
COLUMNS = 2000  # the furthest the cursor moves by itself beyond the end of a line
STYLE_COST = 16  # bytes counted for a change of colour, which is text as well in the end
CHUNK = 4096

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x08\x0a-\x1f\x7f]+)"
    r"|\x1b\[(?P<parameters>[0-9;:?<=>]*)[ -/]*(?P<final>[@-~])"
    r"|(?P<nothing>\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-Za-z]|\x1b[^\x00-\x1f\x7f\[\]()])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    r"|(?P<lone>\x1b)"
)
# A sequence cut in two by the end of a message waits for the rest.
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;:?<=>]{0,64}[ -/]{0,4}|\][^\x07\x1b]{0,2048}\x1b?|[()])?\Z")


class Terminal:
    """The text of one stream. `limit`: bytes of text that are kept."""

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._longest = max(limit // 4, 1)
        self._rows: list[_Line] = [_Line()]
        self._row = 0
        self._column = 0
        self._style = PLAIN
        self._rest = ""
        self._head = _Chunks()
        self._tail = _Chunks()
        self._dropped_lines = 0
        self._dropped_bytes = 0
        self._cut_bytes = 0

    @property
    def written(self) -> int:
        """Bytes of all lines, those left out included. A line that is redrawn counts once."""
        settled = self._head.size + self._tail.size
        return self._cut_bytes + self._dropped_bytes + settled + sum(row.size for row in self._rows)

    @property
    def is_cut(self) -> bool:
        return self._dropped_bytes + self._cut_bytes > 0

    def write(self, text: str) -> None:
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        self._rest = unfinished.group() if unfinished else ""
        text = text[: len(text) - len(self._rest)]
        # Of a message far beyond the limit the middle is left out at once: reading it would take seconds.
        ends = 4 * self._half
        if len(text) > 2 * ends + CHUNK:
            resume = text.find("\n", len(text) - ends)
            resume = len(text) if resume < 0 else resume
            self._carry_out(text[:ends])
            self._cut(text[ends:resume])
            text = text[resume:]
        self._carry_out(text)

    def _carry_out(self, text: str) -> None:
        for token in _TOKEN.finditer(text):
            match token.lastgroup:
                case "text":
                    self._put(token["text"])
                case "control":
                    self._control(token["control"])
                case "final":
                    self._sequence(token["final"], token["parameters"])

    def text(self) -> str:
        """Plain text with `ESC [ … m` sequences; every line begins and ends plain."""
        rows = [row.text() for row in self._rows]
        notice = ""
        if self._dropped_bytes:
            lines = f"{self._dropped_lines:,} lines, " if self._dropped_lines > 1 else ""
            notice = f"[… {lines}{_amount(self._dropped_bytes)} left out here …]\n"
        return "".join([self._head.text(), notice, self._tail.text(), "\n".join(rows)])

    def _control(self, character: str) -> None:
        match character:
            case "\n":
                self._down()
                self._column = 0
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(self._column - 1, 0)

    def _sequence(self, final: str, parameters: str) -> None:
        if final == "m":
            self._style = self._style.after(parameters)
            return
        first = parameters.split(";")[0]
        count = min(int(first), COLUMNS) if first.isdecimal() else 0
        match final:
            case "A" | "F":
                self._row = max(self._row - max(count, 1), 0)
            case "B" | "E":
                self._row = min(self._row + max(count, 1), len(self._rows) - 1)
            case "C":
                self._column = min(self._column + max(count, 1), COLUMNS)
            case "D":
                self._column = max(self._column - max(count, 1), 0)
            case "G":
                self._column = max(count, 1) - 1
            case "K":
                self._rows[self._row].erase(*((self._column, None), (0, self._column), (0, None))[min(count, 2)])
            case "J":
                self._erase_screen(count)
        if final in "EF":
            self._column = 0

    def _erase_screen(self, what: int) -> None:
        if what == 0:
            self._rows[self._row].erase(self._column, None)
            del self._rows[self._row + 1 :]
        elif what in (2, 3):
            self._rows = [_Line()]
            self._row = self._column = 0

    def _put(self, text: str) -> None:
        room = self._longest - self._column
        if len(text) > room:
            self._cut(text[max(room, 0) :])
            text = text[: max(room, 0)]
        if text:
            self._rows[self._row].write(self._column, text, self._style)
            self._column += len(text)

    def _cut(self, text: str) -> None:
        self._rows[self._row].cut += _size(text)
        self._cut_bytes += _size(text)

    def _down(self) -> None:
        if self._row + 1 < len(self._rows):
            self._row += 1
            return
        self._rows.append(_Line())
        if len(self._rows) > ROWS:
            self._settle(self._rows.pop(0))
        self._row = len(self._rows) - 1

    def _settle(self, line: "_Line") -> None:
        text = line.text() + "\n"
        size = line.size + 1
        if not self._tail.size and self._head.size + size <= self._half:
            self._head.add(text, size)
            return
        self._tail.add(text, size)
        while self._tail.size > self._half:
            lines, dropped = self._tail.drop_first()
            self._dropped_lines += lines
            self._dropped_bytes += dropped


class _Line:
    """Runs of text in one style each."""

    __slots__ = ("cut", "runs", "size", "width")

    def __init__(self) -> None:
        self.runs: list[tuple[Style, str]] = []
        self.width = 0
        self.size = 0
        self.cut = 0  # bytes left out at its end

    def write(self, column: int, text: str, style: Style) -> None:
        if column > self.width:
            self._append(PLAIN, " " * (column - self.width))
        if column == self.width:
            self._append(style, text)
            return
        before, after = self._part(0, column), self._part(column + len(text), None)
        self._become([*before, (style, text), *after])

    def erase(self, start: int, stop: int | None) -> None:
        """Blank from column `start` up to `stop`; None: to the end, which then is shorter."""
        if stop is None:
            self._become(self._part(0, start))
        elif stop > start:
            self._become([(PLAIN, " " * min(stop - start, self.width - start)), *self._part(stop, None)])

    def text(self) -> str:
        pieces = []
        for style, text in self.runs:
            sequence = style.sgr()
            pieces.append(f"{sequence}{text}\x1b[0m" if sequence else text)
        if self.cut:
            pieces.append(f" [… {_amount(self.cut)} left out here …]")
        return "".join(pieces)

    def _append(self, style: Style, text: str) -> None:
        if self.runs and self.runs[-1][0] == style:
            self.runs[-1] = (style, self.runs[-1][1] + text)
        else:
            self.runs.append((style, text))
            self.size += STYLE_COST if style != PLAIN else 0
        self.width += len(text)
        self.size += _size(text)

    def _become(self, runs: list[tuple[Style, str]]) -> None:
        self.runs, self.width, self.size = [], 0, 0
        for style, text in runs:
            self._append(style, text)

    def _part(self, start: int, stop: int | None) -> list[tuple[Style, str]]:
        found, at = [], 0
        for style, text in self.runs:
            piece = text[max(start - at, 0) : None if stop is None else max(stop - at, 0)]
            if piece:
                found.append((style, piece))
            at += len(text)
        return found


class _Chunks:
    """Settled lines, joined to pieces of some thousand bytes so that many short lines cost little memory."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[str, int, int]] = deque()
        self._open: list[str] = []
        self._open_size = 0
        self.size = 0

    def add(self, line: str, size: int) -> None:
        self._open.append(line)
        self._open_size += size
        self.size += size
        if self._open_size >= CHUNK:
            self._close()

    def drop_first(self) -> tuple[int, int]:
        """Forget the oldest piece; returns its lines and bytes."""
        if not self._pieces:
            self._close()
        _, lines, size = self._pieces.popleft()
        self.size -= size
        return lines, size

    def text(self) -> str:
        return "".join([*(piece for piece, _, _ in self._pieces), *self._open])

    def _close(self) -> None:
        self._pieces.append(("".join(self._open), len(self._open), self._open_size))
        self._open, self._open_size = [], 0


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _amount(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(size // 1000, 1)} KB"
