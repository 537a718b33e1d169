"""Two texts compared: line by line, and inside changed lines word by word."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from enum import StrEnum

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# Lines less alike than this are shown as one gone and one new, without marks inside.
_ALIKE = 0.4
# Above this many lines or characters, exact pairing of changed lines costs more than it tells.
_MOST_PAIRED_LINES = 200
_LONGEST_PAIRED_LINE = 2_000
_MOST_ALIGNED_LINES = 5_000
# Pairs of equal lines, words or letters that are looked at for two texts: of texts full of the same one there are as
# many as the square of their length, and more than once.
_MOST_PAIRS = 4_000_000


class LineKind(StrEnum):
    SAME = "same"
    WAS = "was"
    IS = "is"


@dataclass(frozen=True)
class DifferencePart:
    """A piece of a line; `changed` where the other side has something else."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class DifferenceLine:
    """A line of either side, without its line break; joined parts are the line. Numbers count from 1 on its side."""

    kind: LineKind
    parts: tuple[DifferencePart, ...]
    number: int = 0

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True)
class Piece:
    """Words of a sentence that tells both sides: `WAS` what went, `IS` what came."""

    kind: LineKind
    text: str


@dataclass(frozen=True)
class TextDifference:
    """All lines of both sides in the order to show them."""

    lines: tuple[DifferenceLine, ...] = ()

    @property
    def changed_lines(self) -> int:
        """How many lines changed, as people count: a line replaced by another is one."""
        removed = sum(line.kind is LineKind.WAS for line in self.lines)
        added = sum(line.kind is LineKind.IS for line in self.lines)
        return max(removed, added)

    @property
    def prose(self) -> tuple[tuple[Piece, ...], ...]:
        """The changed lines as prose is read: each once, what went and what came in one sentence."""
        told: list[tuple[Piece, ...]] = []
        before: DifferenceLine | None = None
        for line in self.lines:
            marked = before and any(part.changed for part in (*before.parts, *line.parts))
            if before and before.text.strip() and line.kind is LineKind.IS and marked:
                told[-1] = tuple(_in_one(before.text, line.text))
            elif line.kind is not LineKind.SAME and line.text.strip():
                told.append((Piece(line.kind, line.text),))
            before = line if line.kind is LineKind.WAS else None
        return tuple(told)

    def around_changes(self, context: int = 2) -> tuple[tuple[DifferenceLine, ...], ...]:
        """The changed lines with `context` lines around them, as runs between which unchanged lines are left out."""
        near: set[int] = set()
        for place, line in enumerate(self.lines):
            if line.kind is not LineKind.SAME:
                near.update(range(place - context, place + context + 1))
        runs: list[list[DifferenceLine]] = []
        for place, line in enumerate(self.lines):
            if place in near:
                if place - 1 not in near or not runs:
                    runs.append([])
                runs[-1].append(line)
        return tuple(map(tuple, runs))


def compare_texts(before: str, after: str) -> TextDifference:
    """`before` and `after` with every line, changed ones with the words that changed."""
    if before == after:
        return TextDifference(tuple(_plain(LineKind.SAME, before.split("\n"), 1)) if before else ())
    old, new = (text.split("\n") if text else [] for text in (before, after))
    if len(old) + len(new) <= _MOST_ALIGNED_LINES:
        try:
            return TextDifference(tuple(_lines(old, new, _Pairs())))
        except _TooMany:
            pass  # Each as a whole, then.
    return TextDifference((*_plain(LineKind.WAS, old, 1), *_plain(LineKind.IS, new, 1)))


class _TooMany(Exception):
    """The texts have so much in common, in so many ways, that aligning them would take too long."""


@dataclass
class _Pairs:
    """What may still be looked at."""

    left: int = _MOST_PAIRS

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _TooMany


class _Matcher(SequenceMatcher[str]):
    """Raises _TooMany where it would take too long."""

    def __init__(self, old: Sequence[str], new: Sequence[str], pairs: _Pairs) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._old, self._pairs = old, pairs

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        places: Mapping[str, Sequence[int]] = self.b2j  # type: ignore[attr-defined]  # documented, not in typeshed
        self._pairs.take(sum(1 + len(places.get(part, ())) for part in self._old[alo:ahi]))
        return super().find_longest_match(alo, ahi, blo, bhi)


def _lines(old: list[str], new: list[str], pairs: _Pairs) -> Iterator[DifferenceLine]:
    for operation, i, j, k, end in _Matcher(old, new, pairs).get_opcodes():
        if operation == "equal":
            yield from _plain(LineKind.SAME, new[k:end], k + 1)
        else:
            yield from _block(old[i:j], i + 1, new[k:end], k + 1, pairs)


def _block(
    old: Sequence[str], old_number: int, new: Sequence[str], new_number: int, pairs: _Pairs
) -> Iterator[DifferenceLine]:
    """Lines that took the place of others: each beside the one it is most like, in order."""
    if not old or not new or len(old) + len(new) > _MOST_PAIRED_LINES:
        yield from _plain(LineKind.WAS, old, old_number)
        yield from _plain(LineKind.IS, new, new_number)
        return
    at = 0
    for place, line in enumerate(old):
        number = old_number + place
        partner = next((other for other in range(at, len(new)) if _alike(line, new[other], pairs)), None)
        if partner is None:
            yield from _plain(LineKind.WAS, [line], number)
            continue
        yield from _plain(LineKind.IS, new[at:partner], new_number + at)
        was, now = compare_words(line, new[partner], pairs)
        yield DifferenceLine(LineKind.WAS, was, number)
        yield DifferenceLine(LineKind.IS, now, new_number + partner)
        at = partner + 1
    yield from _plain(LineKind.IS, new[at:], new_number + at)


def compare_words(
    before: str, after: str, pairs: _Pairs | None = None
) -> tuple[tuple[DifferencePart, ...], tuple[DifferencePart, ...]]:
    """Both texts in parts, the words that differ marked."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    was: list[DifferencePart] = []
    now: list[DifferencePart] = []
    for operation, i, j, k, end in _Matcher(old, new, pairs or _Pairs()).get_opcodes():
        changed = operation != "equal"
        _append(was, "".join(old[i:j]), changed)
        _append(now, "".join(new[k:end]), changed)
    return tuple(was), tuple(now)


def _in_one(before: str, after: str) -> Iterator[Piece]:
    """Both texts as one; changes with nothing but space between them are one."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    try:
        operations = _Matcher(old, new, _Pairs()).get_opcodes()
    except _TooMany:
        yield from _changed(before, after)
        return
    went = came = ""
    for place, (operation, i, j, k, end) in enumerate(operations, 1):
        left, right = "".join(old[i:j]), "".join(new[k:end])
        if operation != "equal" or ((went or came) and left.isspace() and place < len(operations)):
            went, came = went + left, came + right
            continue
        yield from _changed(went, came)
        went = came = ""
        yield Piece(LineKind.SAME, left)
    yield from _changed(went, came)


def _changed(went: str, came: str) -> Iterator[Piece]:
    if went:
        yield Piece(LineKind.WAS, went)
    if came:
        yield Piece(LineKind.IS, came)


def _append(parts: list[DifferencePart], text: str, changed: bool) -> None:
    """Changes with nothing but space between them are one."""
    if not text:
        return
    if len(parts) > 1 and changed and parts[-2].changed and not parts[-1].changed and parts[-1].text.isspace():
        space, first = parts.pop(), parts.pop()
        text = first.text + space.text + text
    parts.append(DifferencePart(text, changed))


def _alike(before: str, after: str, pairs: _Pairs) -> bool:
    if max(len(before), len(after)) > _LONGEST_PAIRED_LINE:
        return False
    pairs.take(len(before) + len(after))
    matcher = _Matcher(before, after, pairs)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _plain(kind: LineKind, lines: Sequence[str], number: int) -> Iterator[DifferenceLine]:
    for place, line in enumerate(lines):
        yield DifferenceLine(kind, (DifferencePart(line),) if line else (), number + place)
