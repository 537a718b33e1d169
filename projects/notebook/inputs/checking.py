"""What is wrong with an input's settings, said to the author who is editing them."""

from collections.abc import Iterator, Mapping
from typing import Any

from projects.notebook.inputs.kind import InputKind
from projects.notebook.inputs.limits import MAXIMUM_HELP, MAXIMUM_LABEL
from projects.notebook.inputs.naming import name_problem, normal_name
from projects.notebook.inputs.refusals import NotAllowed, Problem
from projects.notebook.inputs.values import OfAKind, checked_default


def problems(spec: OfAKind | None, data: object, other_names: frozenset[str]) -> list[Problem]:
    """`spec` is what `data` reads as. Used through `InputSpec.check`."""
    if not isinstance(data, Mapping):
        return [Problem("kind", "An input is described by its settings.")]
    found = [*_kind(data), *_name(data, other_names), *_texts(data)]
    if spec is None:
        return found
    found += [*spec.kind.problems(spec, data), *_aliases(data, other_names)]
    return found or list(_default(spec, data))


def _kind(data: Mapping[str, Any]) -> Iterator[Problem]:
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in list(InputKind):
        yield Problem("kind", f"Choose one of {', '.join(InputKind)}.")


def _name(data: Mapping[str, Any], other_names: frozenset[str]) -> Iterator[Problem]:
    name = normal_name(data.get("name"))
    if sentence := name_problem(name):
        yield Problem("name", sentence)
    elif name in other_names:
        yield Problem("name", f'Another input of this notebook is called "{name}" already.')


def _texts(data: Mapping[str, Any]) -> Iterator[Problem]:
    for name, limit in (("label", MAXIMUM_LABEL), ("help", MAXIMUM_HELP)):
        value = data.get(name, "")
        if not isinstance(value, str):
            yield Problem(name, "This must be text.")
        elif len(value) > limit:
            yield Problem(name, f"This can have {limit:,} characters; it has {len(value):,}.")


def _aliases(data: Mapping[str, Any], other_names: frozenset[str]) -> Iterator[Problem]:
    aliases = data.get("aliases", ())
    if not isinstance(aliases, list | tuple):
        yield Problem("aliases", "Earlier names are a list.")
        return
    for alias in aliases:
        name = normal_name(alias)
        if sentence := name_problem(name):
            yield Problem("aliases", sentence)
        elif name in other_names:
            yield Problem("aliases", f'Another input of this notebook answers to "{name}" already.')


def _default(spec: OfAKind, data: Mapping[str, Any]) -> Iterator[Problem]:
    default = data.get("default")
    if default is None and spec.kind.can_be_empty:
        return
    try:
        checked_default(spec, default)
    except NotAllowed as refusal:
        yield Problem("default", f"The default {refusal}.")
