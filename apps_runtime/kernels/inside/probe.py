"""Looking at a variable of a notebook from outside, as JSON, without running more of its code than iteration."""

import datetime
import json
import math
import numbers
from itertools import islice

MOST_OPTIONS = 10_000
LONGEST_TEXT = 1000


class Answer:
    """Shown by IPython as application/json, which is how a user expression brings a value back."""

    def __init__(self, value: object) -> None:
        self.value = value

    def _repr_mimebundle_(self, **_: object) -> dict:
        return {"application/json": self.value, "text/plain": json.dumps(self.value)}


def options(value: object) -> Answer:
    """The distinct items of a list, set, dict (its keys), range, Series, Index, array or one-column frame, in order.

    Items become text, numbers, booleans or null; dates become ISO text. Raises TypeError for a value without items.
    """
    if hasattr(value, "columns") and len(value.columns) >= 1:
        value = value.iloc[:, 0]
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise TypeError(f"a {type(value).__name__} has no items to choose from")
    return Answer(list(dict.fromkeys(map(_plain, islice(value, MOST_OPTIONS)))))


def _plain(item: object) -> str | int | float | bool | None:
    if item is None or isinstance(item, bool | str):
        return item[:LONGEST_TEXT] if isinstance(item, str) else item
    if isinstance(item, numbers.Integral):
        return int(item)
    if isinstance(item, numbers.Real):
        return float(item) if math.isfinite(item) else None
    if isinstance(item, datetime.date | datetime.time):
        return item.isoformat()
    return str(item)[:LONGEST_TEXT]
