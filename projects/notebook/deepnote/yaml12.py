"""YAML as Deepnote writes it: version 1.2 with its core types, so that `no` and `2025-11-26` are text.

Anchors, aliases and tags are refused, as Deepnote refuses them: nothing in such a file needs them, and a few aliases
can stand for gigabytes. Numbers that JSON has not become None.
"""

import math
import re
from typing import Any

import yaml

from projects.notebook.filebytes import storable_value
from projects.notebook.unreadable import MAXIMUM_DEPTH, UnreadableNotebook, check_file_size, quoted

# libyaml where the wheel has it; the parser in Python otherwise.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# How NUL and halves of surrogate pairs can be written.
_UNSTORABLE_ESCAPE = re.compile(r"\\(0|x00|u0000|U00000000|[uU](0000)?[dD][89a-fA-F])")


class _CoreLoader(_Base):  # type: ignore[misc]
    """The core schema of YAML 1.2: null, true and false, decimal, octal and hexadecimal integers, floats."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        return {str(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


def _integer(loader: Any, node: Any) -> int:
    return int(node.value, 0) if node.value[:2] in ("0o", "0x") else int(node.value)


def _float(loader: Any, node: Any) -> float | None:
    if node.value.lower().endswith((".inf", ".nan")):
        return None
    value = float(node.value)
    return value if math.isfinite(value) else None


_RESOLVERS = {
    "null": (r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "int": (r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    "float": (
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
}
for _kind, (_pattern, _first) in _RESOLVERS.items():
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _first)
_CoreLoader.add_constructor("tag:yaml.org,2002:int", _integer)
_CoreLoader.add_constructor("tag:yaml.org,2002:float", _float)


def read_yaml(content: bytes, name: str) -> Any:
    """The value in the file. Raises UnreadableNotebook."""
    called = quoted(name)
    check_file_size(content, called)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableNotebook(f"{called} is not encoded as UTF-8, as Deepnote's files are.") from None
    try:
        _check_events(text, called)
        # Safe: a subclass of yaml.SafeLoader with fewer types.
        data = yaml.load(text, Loader=_CoreLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableNotebook(f"{called} is damaged: line {line:,} is not YAML.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, UnreadableNotebook):
            raise
        raise UnreadableNotebook(f"{called} is damaged: it is not YAML.") from None
    return storable_value(data, called) if _UNSTORABLE_ESCAPE.search(text) else data


def _check_events(text: str, called: str) -> None:
    """Refuse what a hostile file needs, before anything is built from it."""
    depth = 0
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise UnreadableNotebook(f"{called} uses anchors of YAML, which Deepnote's files do not have.")
        if getattr(event, "tag", None) not in (None, "!"):
            raise UnreadableNotebook(f"{called} uses tags of YAML, which Deepnote's files do not have.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAXIMUM_DEPTH:
            raise UnreadableNotebook(f"{called} is nested more than {MAXIMUM_DEPTH} levels deep.")
