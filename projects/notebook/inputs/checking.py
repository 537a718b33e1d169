"""What is wrong with an input's settings, said to the author who is editing them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from projects.notebook.inputs.json_values import finite_number, identity, is_scalar
from projects.notebook.inputs.kinds import Behaviour, InputKind
from projects.notebook.inputs.limits import (
    MAXIMUM_HELP,
    MAXIMUM_LABEL,
    MAXIMUM_OPTION_CHARACTERS,
    MAXIMUM_OPTIONS,
)
from projects.notebook.inputs.naming import is_variable, name_problem, normal_name
from projects.notebook.inputs.values import NotAllowed, checked_default

if TYPE_CHECKING:
    from projects.notebook.inputs.specs import InputSpec


@dataclass(frozen=True)
class Problem:
    """A setting that cannot stay as it is: the field's JSON name and a sentence for the author."""

    field: str
    sentence: str


def problems(spec: "InputSpec | None", data: object, other_names: frozenset[str]) -> list[Problem]:
    """`spec` is what `data` reads as. Used through `InputSpec.check`."""
    if not isinstance(data, Mapping):
        return [Problem("kind", "An input is described by its settings.")]
    found = [*_kind(data), *_name(data, other_names), *_texts(data)]
    if spec is None:
        return found
    found += [*_range(spec, data), *_options(spec, data), *_aliases(data, other_names), *_behaviour(spec, data)]
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


def _range(spec: "InputSpec", data: Mapping[str, Any]) -> Iterator[Problem]:
    if not spec.kind.has_range:
        return
    for name in ("min", "max", "step"):
        value = data.get(name)
        if value is None:
            if spec.kind is InputKind.SLIDER and name != "step":
                yield Problem(name, "A slider needs a least and a most value.")
        elif finite_number(value) is None:
            yield Problem(name, "This must be a number.")
        elif name == "step" and value <= 0:
            yield Problem(name, "The step must be more than 0.")
    minimum, maximum = finite_number(data.get("min")), finite_number(data.get("max"))
    if minimum is None or maximum is None:
        return
    if minimum > maximum or (minimum == maximum and spec.kind is InputKind.SLIDER):
        yield Problem("max", f"“Most” must be above “Least”, which is {minimum}.")


def _options(spec: "InputSpec", data: Mapping[str, Any]) -> Iterator[Problem]:
    if not spec.kind.has_options:
        return
    if data.get("options_from"):
        if not is_variable(normal_name(data["options_from"])):
            yield Problem("options_from", "Name the variable that holds the list of options.")
        return
    options = data.get("options")
    if not isinstance(options, list | tuple) or not options:
        yield Problem("options", "Give at least one option, or a variable that holds them.")
        return
    if not all(is_scalar(option) for option in options):
        yield Problem("options", "Options are text, numbers, true or false.")
        return
    yield from _how_many(options)


def _how_many(options: Any) -> Iterator[Problem]:
    if len(options) > MAXIMUM_OPTIONS:
        yield Problem("options", f"There can be {MAXIMUM_OPTIONS:,} options; these are {len(options):,}.")
    characters = sum(len(str(option)) for option in options)
    if characters > MAXIMUM_OPTION_CHARACTERS:
        yield Problem(
            "options",
            f"Options can have {MAXIMUM_OPTION_CHARACTERS:,} characters together; these have {characters:,}.",
        )
    if len({identity(option) for option in options}) < len(options):
        yield Problem("options", "An option is there twice.")


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


def _behaviour(spec: "InputSpec", data: Mapping[str, Any]) -> Iterator[Problem]:
    behaviour = data.get("behaviour", Behaviour.SET_VARIABLE)
    if spec.kind is InputKind.BUTTON and behaviour not in list(Behaviour):
        yield Problem("behaviour", "A run button sets its variable or runs the notebook.")


def _default(spec: "InputSpec", data: Mapping[str, Any]) -> Iterator[Problem]:
    default = data.get("default")
    if default is None and spec.kind is not InputKind.SLIDER:
        return
    try:
        checked_default(spec, default)
    except NotAllowed as refusal:
        yield Problem("default", f"The default {refusal}.")
