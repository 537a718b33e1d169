"""Choosing among options, of the settings or of a variable: what dropdowns and multi-selects share."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from projects.notebook.inputs.json_values import Scalar, identity, is_scalar, write
from projects.notebook.inputs.kind import InputKind, Settings
from projects.notebook.inputs.limits import MAXIMUM_OPTION_CHARACTERS, MAXIMUM_OPTIONS
from projects.notebook.inputs.naming import is_variable, normal_name
from projects.notebook.inputs.refusals import Problem

_LISTED_OPTIONS = 6


class ChoiceKind(InputKind):
    """A kind with options."""

    has_options = True
    first_settings: ClassVar[Mapping[str, Any]] = {"options": ["First", "Second"]}

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        variable = normal_name(data.get("options_from"))
        if is_variable(variable):
            return {"options_from": variable}
        return {"options": usable_options(data.get("options"))}

    def write(self, settings: Settings) -> dict[str, Any]:
        if settings.options_from:
            return {"options_from": settings.options_from}
        return {"options": list(settings.options)}

    def problems(self, settings: Settings, data: Mapping[str, Any]) -> Iterator[Problem]:
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


def usable_options(options: object) -> tuple[Scalar, ...]:
    """The options that can be offered, without doubles, as many as are allowed."""
    if not isinstance(options, list | tuple):
        return ()
    usable: dict[tuple[str, Scalar], Scalar] = {}
    characters = 0
    for option in options:
        if not is_scalar(option) or identity(option) in usable:
            continue
        characters += len(str(option))
        if len(usable) == MAXIMUM_OPTIONS or characters > MAXIMUM_OPTION_CHARACTERS:
            break
        usable[identity(option)] = option
    return tuple(usable.values())


def known_options(settings: Settings, options: Sequence[Scalar] | None) -> Sequence[Scalar] | None:
    """The options of the settings, or those of the variable; None while nobody knows these."""
    return options if settings.options_from else settings.options


def among(options: Sequence[Scalar], how_many: str) -> str:
    """`"a" or "b"`, or how many there are of them where they are too many to list."""
    if not options or len(options) > _LISTED_OPTIONS:
        return f"{how_many} of its {len(options)} options"
    listed = [write(option) for option in options]
    return " or ".join(filter(None, [", ".join(listed[:-1]), listed[-1]]))


def _how_many(options: Sequence[Scalar]) -> Iterator[Problem]:
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
