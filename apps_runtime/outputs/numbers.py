"""A single number that a cell puts out: in an app it is the loudest thing on the page."""

import math
import re
from dataclasses import dataclass

LONGEST = 60  # characters: longer ones are data, not a number to be read

_NUMBER = re.compile(
    r"(?:(?:np|numpy)\.(?:float|int|uint)\d*\(|Decimal\(')?(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?:'?\))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Number:
    """`words`: as it is read; `exact`: as Python wrote it."""

    words: str
    exact: str


def read(text: str) -> Number | None:
    """The number that a text is, alone; None for any other text.

    >>> read("np.float64(1234567.25)").words
    '1,234,567'
    """
    text = text.strip()
    found = _NUMBER.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or (text.endswith(")") != ("(" in text)):
        return None
    number = found["number"]
    if re.fullmatch(r"[-+]?\d+", number):
        # Four digits may be a year.
        return Number(f"{int(number):,}" if len(number.lstrip("+-")) > 4 else number, number)
    value = float(number)
    if not math.isfinite(value):
        return None
    return Number(f"{value:,.0f}" if 1e5 <= abs(value) < 1e15 else f"{value:,.6g}", number)
