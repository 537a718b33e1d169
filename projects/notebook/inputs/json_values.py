"""JSON as links and messages carry it: read strictly, compared by JSON type, written compactly."""

import json
import math
from typing import Any, TypeAlias

Number: TypeAlias = int | float
Scalar: TypeAlias = str | int | float | bool
# A canonical value of an input; None is the empty one.
Value: TypeAlias = str | int | float | bool | list[str | int | float | bool] | None


class NotJson(ValueError):
    """A text that is not JSON, or holds what no input takes: NaN, numbers too large, deep nesting."""


def read(text: str) -> Any:
    """Decode one JSON text, more strictly than `json.loads`; raises NotJson only (url-parameters, row 8)."""
    if text != text.strip():
        raise NotJson("space around the value")
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def write(value: Any) -> str:
    """The shortest JSON text of a value, with letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def finite_number(value: object) -> Number | None:
    """The value if it is a number in the range of a double; otherwise None. True and False are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(float(value)) else None
    except OverflowError:
        return None


def is_clean_text(value: object) -> bool:
    """Text that can be stored and sent: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_scalar(value: object) -> bool:
    """Whether the value can be an option: text, a number, true or false."""
    return isinstance(value, bool) or finite_number(value) is not None or is_clean_text(value)


def identity(value: Scalar) -> tuple[str, Scalar]:
    """Equal for values that JSON calls equal: `42` and `42.0`, but not `42` and `"42"`, nor `1` and `true`."""
    if isinstance(value, bool):
        return "boolean", value
    return ("text", value) if isinstance(value, str) else ("number", value)


def _refuse(constant: str) -> None:
    raise NotJson(f"{constant} is not a number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise NotJson(f"{digits} is too large")
    return value
