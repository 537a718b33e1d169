"""JSON as a tree that folds: objects and lists are `<details>`, the outer ones open."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from apps_runtime.outputs.safe import safe

MOST_CHILDREN = 100
MOST_VALUES = 2_000
OPEN_LEVELS = 1
LONGEST_TEXT = 1_000


def to_html(value: Any) -> SafeString:
    """The whole tree; beyond 2,000 values, and beyond 100 in one list, a count says what is left out."""
    return safe("".join(_drawn(value, "", 0, _Budget())))


class _Budget:
    def __init__(self) -> None:
        self.left = MOST_VALUES

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _drawn(value: Any, label: str, level: int, budget: _Budget) -> Iterator[str]:
    match value:
        case dict() if value:
            children: Iterable[tuple[str, Any]] = value.items()
            yield from _folding(label, "{", "}", children, len(value), level, budget)
        case list() if value:
            children = ((str(position), item) for position, item in enumerate(value))
            yield from _folding(label, "[", "]", children, len(value), level, budget)
        case _:
            yield f"<div>{label}{_leaf(value)}</div>"


def _folding(
    label: str, opening: str, closing: str, children: Iterable[tuple[str, Any]], count: int, level: int, budget: _Budget
) -> Iterator[str]:
    state = " open" if level < OPEN_LEVELS else ""
    what = f"{count:,} {'item' if count == 1 else 'items'}"
    yield f"<details{state}><summary>{label}{opening}<span>{what}</span>{closing}</summary>"
    for shown, (name, child) in enumerate(children):
        if shown == MOST_CHILDREN or not budget.take():
            yield f'<div class="quiet">… {count - shown:,} more</div>'
            break
        yield from _drawn(child, f'<span class="name">{escape(name)}</span>: ', level + 1, budget)
    yield "</details>"


def _leaf(value: Any) -> str:
    match value:
        case str():
            text = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
            return f'<span class="s">{escape(json.dumps(text, ensure_ascii=False))}</span>'
        case bool() | None:
            return f'<span class="k">{json.dumps(value)}</span>'
        case int() | float():
            return f'<span class="n">{escape(json.dumps(value))}</span>'
    return escape(json.dumps(value, ensure_ascii=False, default=str))
