"""Values as Python has them, and the two ways they get there.

`assignment` is what the kernel runs: one statement that decodes a JSON text held in a string literal; no value is ever
spliced into code. `source` is what an input cell shows and an exported notebook runs in plain Jupyter: its default
written as a Python literal. Both use the standard library only, and leave no name behind but the input's own.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

from projects.notebook.inputs import moments
from projects.notebook.inputs.json_values import Value
from projects.notebook.inputs.kinds import InputKind
from projects.notebook.inputs.specs import InputSpec

PythonValue: TypeAlias = Value | date | datetime

# In the statement below, [value], [date in ISO 8601, "date"] or [local time in ISO 8601, "moment", zone].
_DECODE = (
    "[item[0] if len(item) == 1"
    " else __import__('datetime').date.fromisoformat(item[0]) if item[1] == 'date'"
    " else __import__('datetime').datetime.fromisoformat(item[0])"
    ".replace(tzinfo=__import__('zoneinfo').ZoneInfo(item[2]))"
    " for item in __import__('json').loads({literal})]"
)


def resolve(spec: InputSpec, value: Value, now: datetime) -> PythonValue:
    """What Python sees: a date, an aware datetime, None, or the value itself. `now` (aware) is the start of the run.

    A relative date that has left the years 1 to 9999 since it was accepted is None.
    """
    if value is None or spec.kind not in (InputKind.DATE, InputKind.DATETIME):
        return value
    try:
        if spec.kind is InputKind.DATE:
            day = moments.read_day(str(value))
            return day.day(now) if isinstance(day, moments.Relative) else day
        moment = moments.read_moment(str(value))
        return moment.moment(now) if isinstance(moment, moments.Relative) else moment.aware
    except moments.NotADate:
        return None


def assignment(specs: Iterable[InputSpec], values: Mapping[str, Value], now: datetime) -> str:
    """The statement that sets these inputs in a kernel. `values` are canonical; one that is missing is the default."""
    names, items = [], []
    for spec in specs:
        names.append(spec.name)
        items.append(_item(resolve(spec, values.get(spec.name, spec.default), now)))
    if not names:
        return "pass"
    return f"({', '.join(names)},) = {_DECODE.format(literal=repr(json.dumps(items, allow_nan=False)))}"


def source(spec: InputSpec) -> str:
    """The source of the input's cell: its variable set to its default."""
    return f"{spec.name} = {_expression(spec)}"


def _item(value: PythonValue) -> list[Any]:
    if isinstance(value, datetime):
        return [value.replace(tzinfo=None).isoformat(), "moment", str(value.tzinfo)]
    if isinstance(value, date):
        return [value.isoformat(), "date"]
    return [value]


def _expression(spec: InputSpec) -> str:
    if spec.default is None or spec.kind not in (InputKind.DATE, InputKind.DATETIME):
        return repr(spec.default)
    text = str(spec.default)
    if spec.kind is InputKind.DATE:
        day = moments.read_day(text)
        if isinstance(day, moments.Relative):
            return _relative(day, ".date()")
        return f'__import__("datetime").date({day.year}, {day.month}, {day.day})'
    moment = moments.read_moment(text)
    if isinstance(moment, moments.Relative):
        return _relative(moment, ".replace(second=0, microsecond=0)")
    local = moment.aware
    parts = [local.year, local.month, local.day, local.hour, local.minute, local.second]
    zone = f'__import__("zoneinfo").ZoneInfo("{local.tzinfo}")'
    return f'__import__("datetime").datetime({", ".join(map(str, parts))}, tzinfo={zone})'


def _relative(relative: moments.Relative, cut: str) -> str:
    """Code that works the day out when the cell runs, with calendar months clamped as `moments` does it."""
    now = f'__import__("datetime").datetime.now(__import__("zoneinfo").ZoneInfo("{relative.zone or "UTC"}"))'
    if relative.unit == "day":
        shifted = f'({now} + __import__("datetime").timedelta(days={relative.signed}))'
        return f"{shifted}{cut}"
    months = relative.signed * (moments.MONTHS_A_YEAR if relative.unit == "year" else 1)
    return (
        f"[now.replace(year=month // 12, month=month % 12 + 1, "
        f'day=min(now.day, __import__("calendar").monthrange(month // 12, month % 12 + 1)[1])){cut} '
        f"for now in [{now}] for month in [now.year * 12 + now.month - 1 + {months}]][0]"
    )
