"""What an input cell is: its kind, its variable, its limits, its default. The shape is DESIGN, section 6."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import projects.notebook.inputs.kinds  # noqa: F401  (each makes itself known)
from projects.notebook.inputs.checking import problems
from projects.notebook.inputs.json_values import Number, Scalar, Value
from projects.notebook.inputs.kind import Behaviour, InputKind
from projects.notebook.inputs.limits import MAXIMUM_HELP, MAXIMUM_LABEL
from projects.notebook.inputs.naming import name_problem, normal_name
from projects.notebook.inputs.refusals import Problem
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
        spec = cls(
            kind=kind,
            name=name,
            label=_text(data.get("label"), MAXIMUM_LABEL),
            help=_text(data.get("help"), MAXIMUM_HELP),
            aliases=_aliases(data.get("aliases"), name),
            extra={key: value for key, value in data.items() if key not in FIELDS},
            **kind.read(data),
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
        data |= self.kind.write(self)
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
        return self.kind.takes_integers(self)


def _kind(value: object) -> InputKind | None:
    return InputKind(value) if isinstance(value, str) and value in list(InputKind) else None


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:limit]


def _aliases(aliases: object, name: str) -> tuple[str, ...]:
    if not isinstance(aliases, list | tuple):
        return ()
    normal = dict.fromkeys(normal_name(alias) for alias in aliases)
    return tuple(alias for alias in normal if alias != name and not name_problem(alias))
