"""What an input cell is: its kind, its variable, its limits, its default. The shape is DESIGN, section 6."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from projects.notebook.inputs.checking import Problem, problems
from projects.notebook.inputs.json_values import Number, Scalar, Value, finite_number, identity, is_scalar
from projects.notebook.inputs.kinds import Behaviour, InputKind
from projects.notebook.inputs.limits import (
    MAXIMUM_HELP,
    MAXIMUM_LABEL,
    MAXIMUM_OPTION_CHARACTERS,
    MAXIMUM_OPTIONS,
)
from projects.notebook.inputs.naming import is_variable, name_problem, normal_name
from projects.notebook.inputs.values import usable_default

FIELDS = frozenset(
    [
        "kind",
        "name",
        "label",
        "default",
        "help",
        "min",
        "max",
        "step",
        "options",
        "options_from",
        "multiline",
        "behaviour",
        "aliases",
    ]
)


@dataclass(frozen=True)
class InputSpec:
    """One input: a widget that sets one Python variable.

    `default` is a canonical value (see `values`). `options_from` names a variable whose list gives the options;
    then `options` is empty. A slider always has `minimum` and `maximum`. `aliases` are names the input had before,
    which links may still use. `extra` keeps settings this release does not know.
    """

    kind: InputKind
    name: str
    label: str = ""
    default: Value = None
    help: str = ""
    minimum: Number | None = None
    maximum: Number | None = None
    step: Number | None = None
    options: tuple[Scalar, ...] = ()
    options_from: str = ""
    multiline: bool = False
    behaviour: Behaviour = Behaviour.SET_VARIABLE
    aliases: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: object) -> "InputSpec | None":
        """Read stored settings. None when there is no known kind or no possible name; other bad values become the
        default of their field. Never raises."""
        if not isinstance(data, Mapping):
            return None
        kind = _kind(data.get("kind"))
        name = normal_name(data.get("name"))
        if kind is None or name_problem(name):
            return None
        minimum, maximum = _range(kind, data)
        options_from = _options_from(kind, data)
        spec = cls(
            kind=kind,
            name=name,
            label=_text(data.get("label"), MAXIMUM_LABEL),
            help=_text(data.get("help"), MAXIMUM_HELP),
            minimum=minimum,
            maximum=maximum,
            step=_step(kind, data),
            options=() if options_from or not kind.has_options else usable_options(data.get("options")),
            options_from=options_from,
            multiline=kind is InputKind.TEXT and data.get("multiline") is True,
            behaviour=_behaviour(kind, data),
            aliases=_aliases(data.get("aliases"), name),
            extra={key: value for key, value in data.items() if key not in FIELDS},
        )
        return replace(spec, default=usable_default(spec, data.get("default")))

    def to_json(self) -> dict[str, Any]:
        """The settings as they are kept in `metadata.hexlite.input`; `from_json` gives an equal value back."""
        data: dict[str, Any] = {
            "kind": str(self.kind),
            "name": self.name,
            "label": self.label,
            "default": list(self.default) if isinstance(self.default, list) else self.default,
        }
        if self.kind.has_range:
            given = {"min": self.minimum, "max": self.maximum, "step": self.step}
            data |= {key: value for key, value in given.items() if value is not None}
        if self.options_from:
            data["options_from"] = self.options_from
        elif self.kind.has_options:
            data["options"] = list(self.options)
        if self.kind is InputKind.TEXT:
            data["multiline"] = self.multiline
        if self.kind is InputKind.BUTTON:
            data["behaviour"] = str(self.behaviour)
        data["help"] = self.help
        if self.aliases:
            data["aliases"] = list(self.aliases)
        return {**self.extra, **data}

    @classmethod
    def check(cls, data: object, other_names: Iterable[str] = ()) -> list[Problem]:
        """What an author must put right before these settings can be saved; empty when nothing.

        `other_names` are the variables of the notebook's other inputs, and their aliases.
        """
        return problems(cls.from_json(data), data, frozenset(other_names))

    @property
    def title(self) -> str:
        """What people call it: the label, or the variable where there is none."""
        return self.label or self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a link may use for it, the present one first."""
        return (self.name, *self.aliases)

    @property
    def takes_integers(self) -> bool:
        """Whether a slider moves in whole numbers."""
        bounds = (self.minimum, self.maximum, 1 if self.step is None else self.step)
        return self.kind is InputKind.SLIDER and all(isinstance(bound, int) for bound in bounds)


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


def _kind(value: object) -> InputKind | None:
    return InputKind(value) if isinstance(value, str) and value in list(InputKind) else None


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:limit]


def _range(kind: InputKind, data: Mapping[str, Any]) -> tuple[Number | None, Number | None]:
    if not kind.has_range:
        return None, None
    minimum, maximum = finite_number(data.get("min")), finite_number(data.get("max"))
    if kind is InputKind.SLIDER:
        minimum = min(0, maximum or 0) if minimum is None else minimum
        maximum = max(100, minimum) if maximum is None else maximum
    if minimum is not None and maximum is not None and minimum > maximum:
        return maximum, minimum
    return minimum, maximum


def _step(kind: InputKind, data: Mapping[str, Any]) -> Number | None:
    step = finite_number(data.get("step")) if kind.has_range else None
    return step if step is not None and step > 0 else None


def _options_from(kind: InputKind, data: Mapping[str, Any]) -> str:
    variable = normal_name(data.get("options_from"))
    return variable if kind.has_options and is_variable(variable) else ""


def _behaviour(kind: InputKind, data: Mapping[str, Any]) -> Behaviour:
    if kind is InputKind.BUTTON and data.get("behaviour") == Behaviour.RUN_NOTEBOOK:
        return Behaviour.RUN_NOTEBOOK
    return Behaviour.SET_VARIABLE


def _aliases(aliases: object, name: str) -> tuple[str, ...]:
    if not isinstance(aliases, list | tuple):
        return ()
    normal = dict.fromkeys(normal_name(alias) for alias in aliases)
    return tuple(alias for alias in normal if alias != name and not name_problem(alias))
