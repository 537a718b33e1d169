"""Every address that the product answers, found in Django's own tables."""

import re
from collections.abc import Iterator
from functools import cache

from django.urls import URLResolver, get_resolver


def walk(patterns, before: str = "", space: str = "") -> Iterator[tuple[str | None, str]]:
    """(name with its namespace, pattern) of every address."""
    for pattern in patterns:
        whole = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inside = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, whole, inside)
        else:
            yield (f"{space}{pattern.name}" if pattern.name else None), whole


@cache
def ours() -> dict[str | None, str]:
    """Name → pattern, without Django's admin, which answers staff only."""
    return {name: whole for name, whole in walk(get_resolver().url_patterns) if not whole.startswith("admin/")}


def parameters(name: str) -> set[str]:
    """What an address takes: `workspace`, `project_id`, `number` …"""
    return set(re.findall(r"<(?:\w+:)?(\w+)>", ours()[name]))
