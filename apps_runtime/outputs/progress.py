"""Progress that long work reports: tqdm's line, read back into numbers."""

import re
from dataclasses import dataclass

from apps_runtime.outputs.ansi import plain

_UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
# What stands behind the percentage; what is before it is read from the right, where no pattern has to guess.
_BAR = re.compile(
    r"(?P<bar>[^|]{0,500})\|\s*"
    r"(?P<done>[\d.]+)(?P<done_unit>[kMGTP]?)B?/(?P<total>[\d.]+)(?P<total_unit>[kMGTP]?)B?\s*"
    r"\[(?P<elapsed>[\d:]+)<(?P<left>[\d:]+|\?)(?P<rest>[^\]]*)\]?(?P<after>.*)"
)


@dataclass(frozen=True)
class ProgressBar:
    """How far something is. Times in seconds; `left` None: not known yet. `line`: as the program wrote it."""

    about: str
    done: str
    total: str
    share: float
    elapsed: int
    left: int | None
    line: str

    @property
    def is_complete(self) -> bool:
        return self.share >= 1

    @property
    def words(self) -> str:
        """“640 of 1,000, about 7 s left”."""
        counted = f"{self.done} of {self.total}"
        if self.is_complete:
            return f"{counted} in {duration(self.elapsed) if self.elapsed else 'less than a second'}"
        return counted if self.left is None else f"{counted}, about {duration(self.left)} left"


def split(text: str) -> tuple[str, tuple[ProgressBar, ...]]:
    """What stands before the bars at the end of a stream, and the bars."""
    lines = text.split("\n")
    bars: list[ProgressBar] = []
    while lines:
        line = plain(lines[-1])
        bar = read(line)
        if bar is None and line.strip():
            break
        if bar is not None:
            bars.insert(0, bar)
        lines.pop()
    if not bars:
        return text, ()
    return "\n".join(lines), tuple(bars)


def read(line: str) -> ProgressBar | None:
    """One line of tqdm with a known total; None for any other line."""
    before, _, behind = line.partition("%|")
    about = before.rstrip("0123456789")
    is_percentage = 1 <= len(before) - len(about) <= 3 and about[-1:].strip() == ""
    found = _BAR.fullmatch(behind) if is_percentage and len(line) < 2000 else None
    if found is None:
        return None
    done, total = _amount(found["done"], found["done_unit"]), _amount(found["total"], found["total_unit"])
    if total is None or done is None or total <= 0:
        return None
    return ProgressBar(
        about=about.strip().removesuffix(":"),
        done=_written(found["done"], found["done_unit"]),
        total=_written(found["total"], found["total_unit"]),
        share=min(done / total, 1.0),
        elapsed=_seconds(found["elapsed"]) or 0,
        left=_seconds(found["left"]),
        line=line.strip(),
    )


def duration(seconds: int) -> str:
    """“7 s”, “2 min 5 s”, “3 h 12 min”."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _amount(text: str, unit: str) -> float | None:
    try:
        return float(text) * _UNITS[unit]
    except ValueError:
        return None


def _written(text: str, unit: str) -> str:
    return f"{int(text):,}" if text.isascii() and text.isdigit() and not unit else f"{text}{unit}"


def _seconds(text: str) -> int | None:
    if not re.fullmatch(r"\d{1,4}(:\d{1,2}){0,2}", text):
        return None
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total
