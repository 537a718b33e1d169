"""Values as Python has them, and the two ways they get there.

`assignment` is what the kernel runs: one statement that decodes a JSON text held in a string literal; no value is ever
spliced into code. `source` is what an input cell shows and an exported notebook runs in plain Jupyter: its default
written as a Python literal. Both use the standard library only, and leave no name behind but the input's own.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from projects.notebook.inputs.json_values import Value
from projects.notebook.inputs.kind import PythonValue
from projects.notebook.inputs.specs import InputSpec

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
    return spec.kind.resolve(value, now)


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
    return f"{spec.name} = {spec.kind.expression(spec.default)}"


def _item(value: PythonValue) -> list[Any]:
    if isinstance(value, datetime):
        return [value.replace(tzinfo=None).isoformat(), "moment", str(value.tzinfo)]
    if isinstance(value, date):
        return [value.isoformat(), "date"]
    return [value]
