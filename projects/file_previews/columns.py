"""What is in a column of a table: its kind, its range, and how the values lie."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

BINS = 14
WIDTH, HEIGHT = 72.0, 24.0  # of the drawing, in its own units
MOST_KINDS = 500  # Different texts that are told apart; beyond it the column just has "many".
MOST_SAMPLED = 4096

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
_YES_NO = frozenset({"true", "false", "yes", "no"})


class ColumnKind(StrEnum):
    NUMBER = "Number"
    DATE = "Date"
    MOMENT = "Date and time"
    YES_NO = "Yes or no"
    TEXT = "Text"
    EMPTY = "Empty"


@dataclass(frozen=True)
class Bar:
    """A rectangle of a column's small picture, in units of a 72 × 24 box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class ColumnPreview:
    """A column as its head says it: `says` is one line, such as “Number, −1.6 to 35.6”."""

    name: str
    kind: ColumnKind
    says: str
    bars: tuple[Bar, ...]

    @property
    def is_number(self) -> bool:
        return self.kind is ColumnKind.NUMBER


@dataclass
class ColumnReader:
    """Takes a column's texts some at a time, and sums it up at the end. Memory is bounded however many come."""

    name: str
    _numbers: bool = True
    _moments: bool = True
    _whole_days: bool = True
    _seen: int = 0
    _least: float = 0.0
    _most: float = 0.0
    _sample: list[float] = field(default_factory=list)
    _stride: int = 1
    _texts: Counter[str] = field(default_factory=Counter)

    def take(self, texts: Sequence[str]) -> None:
        values = [text for text in texts if text.strip().lower() not in _MISSING]
        if not values:
            return
        self._count(values)
        measured = self._measure(values)
        if measured is not None:
            self._keep(measured)
        self._seen += len(values)

    def column(self) -> ColumnPreview:
        kind = self._kind()
        match kind:
            case ColumnKind.EMPTY:
                return ColumnPreview(self.name, kind, kind.value, ())
            case ColumnKind.NUMBER | ColumnKind.DATE | ColumnKind.MOMENT:
                return ColumnPreview(self.name, kind, f"{kind}, {self._range(kind)}", self._histogram())
            case _:
                return ColumnPreview(self.name, kind, f"{kind}, {self._kinds()}", self._commonest())

    def _count(self, values: list[str]) -> None:
        if len(self._texts) <= MOST_KINDS:
            self._texts.update(value[:100] for value in values)

    def _measure(self, values: list[str]) -> list[float] | None:
        """The values as floats while every one so far is a number, or every one a date; then None for good."""
        if self._numbers:
            try:
                numbers = [float(value) for value in values]
            except ValueError:
                self._numbers = False
                self._sample.clear()
                self._moments = self._moments and self._seen == 0
            else:
                finite = [number for number in numbers if abs(number) < 1e300]
                self._moments = False
                return finite
        if self._moments:
            try:
                moments = [datetime.fromisoformat(value.strip()) for value in values]
            except ValueError:
                self._moments = False
                self._sample.clear()
            else:
                self._whole_days = self._whole_days and all(len(value.strip()) <= 10 for value in values)
                return [_seconds(moment) for moment in moments]
        return None

    def _keep(self, measured: list[float]) -> None:
        """Range of all, and every n-th value for the picture, with n doubled whenever the sample is full."""
        if not measured:
            return
        first = not self._sample
        self._least = min(measured) if first else min(self._least, *measured)
        self._most = max(measured) if first else max(self._most, *measured)
        self._sample += measured[:: self._stride]
        while len(self._sample) > MOST_SAMPLED:
            self._sample = self._sample[::2]
            self._stride *= 2

    def _kind(self) -> ColumnKind:
        if self._seen == 0:
            return ColumnKind.EMPTY
        if self._numbers:
            return ColumnKind.NUMBER
        if self._moments:
            return ColumnKind.DATE if self._whole_days else ColumnKind.MOMENT
        if len(self._texts) <= MOST_KINDS and {text.strip().lower() for text in self._texts} <= _YES_NO:
            return ColumnKind.YES_NO
        return ColumnKind.TEXT

    def _range(self, kind: ColumnKind) -> str:
        if kind is ColumnKind.NUMBER:
            if self._least == self._most:
                return f"always {number_in_words(self._least)}"
            return f"{number_in_words(self._least)} to {number_in_words(self._most)}"
        least, most = (_EPOCH + timedelta(seconds=value) for value in (self._least, self._most))
        if least.year != most.year:
            return f"{least.year} to {most.year}"
        return f"{least:%-d %b} to {most:%-d %b %Y}"

    def _histogram(self) -> tuple[Bar, ...]:
        span = self._most - self._least
        counts = [0] * BINS
        for value in self._sample:
            counts[min(int((value - self._least) / span * BINS), BINS - 1) if span else 0] += 1
        highest = max(counts) or 1
        step = WIDTH / BINS
        bars = []
        for place, count in enumerate(counts):
            height = max(round((HEIGHT - 1) * count / highest, 1), 1.0) if count else 0.5
            bars.append(Bar(round(place * step, 1), round(HEIGHT - height, 1), round(step - 1, 1), height))
        return tuple(bars)

    def _kinds(self) -> str:
        count = len(self._texts)
        if count > MOST_KINDS:
            return "many kinds"
        return "1 kind" if count == 1 else f"{count} kinds"

    def _commonest(self) -> tuple[Bar, ...]:
        """The five most frequent texts as lines. Nothing where hardly any text comes twice."""
        if len(self._texts) > MOST_KINDS or len(self._texts) > self._seen / 2:
            return ()
        top = self._texts.most_common(5)
        return tuple(
            Bar(0, round(place * 4.9, 1), round(max(70 * count / top[0][1], 1), 1), 3.9)
            for place, (_, count) in enumerate(top)
        )


def number_in_words(number: float) -> str:
    """At most four figures after the first, a true minus, thousands apart: −1.6, 35.6, 1,461, 6.02e+23."""
    if number == int(number) and abs(number) < 1e15:
        text = f"{int(number):,}"
    elif 1e-4 <= abs(number) < 1e15:
        text = f"{number:,.{4 if abs(number) < 1 else 1 if abs(number) >= 10 else 2}f}".rstrip("0").rstrip(".")
    else:
        text = f"{number:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
