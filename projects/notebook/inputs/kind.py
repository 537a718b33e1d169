"""What a kind of input is: one object that knows its words, its settings, its values, and how they reach Python.

Each kind is one module of `kinds/`, `templates/inputs/<kind>.html` and `static/js/inputs/kinds/<kind>.js`, found by
their names. `tests/notebook/test_input_kinds.py` says what is missing of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeAlias

from projects.notebook.inputs.json_values import Number, Scalar, Value
from projects.notebook.inputs.refusals import Problem

PythonValue: TypeAlias = Value | date | datetime


class Behaviour(StrEnum):
    """What pressing a run button does."""

    SET_VARIABLE = "set_variable"
    RUN_NOTEBOOK = "run_notebook"


class Settings(Protocol):
    """The settings of one input, as its kind reads them (`specs.InputSpec`)."""

    @property
    def default(self) -> Value: ...
    @property
    def minimum(self) -> Number | None: ...
    @property
    def maximum(self) -> Number | None: ...
    @property
    def step(self) -> Number | None: ...
    @property
    def options(self) -> tuple[Scalar, ...]: ...
    @property
    def options_from(self) -> str: ...
    @property
    def multiline(self) -> bool: ...
    @property
    def behaviour(self) -> Behaviour: ...


class _ByName(type):
    """`InputKind.SLIDER`, `InputKind("slider")` and `list(InputKind)` answer with the kinds that there are."""

    def __getattr__(cls, name: str) -> "InputKind":
        kind = _kinds.get(name.lower()) if name.isupper() else None
        if kind is None:
            raise AttributeError(f"There is no kind of input called {name}.")
        return kind

    def __iter__(cls) -> Iterator["InputKind"]:
        return iter(sorted(_kinds.values(), key=lambda kind: (kind.place, kind)))


class InputKind(str, metaclass=_ByName):
    """Which widget an input is, and so which values it takes. A kind equals its name in notebook files."""

    words: ClassVar[str]
    place: ClassVar[int] = 100  # in the list that authors choose from; new ones come last
    has_options: ClassVar[bool] = False
    has_range: ClassVar[bool] = False
    is_pressed: ClassVar[bool] = False  # has no value to keep: True for one run
    takes_upload: ClassVar[bool] = False
    keeps_its_value: ClassVar[bool] = False  # a page can't read it off the control, and carries it beside
    settable_by_link: ClassVar[bool] = True  # url-parameters, row 29
    part_of_links: ClassVar[bool] = True  # whether a generated link carries it (url-parameters, rows 10 and 29)
    can_be_empty: ClassVar[bool] = True
    is_computed: ClassVar[bool] = False  # its source is a call, which reading the code does not undo
    family: ClassVar[str] = ""  # kinds that take each other's values, by their type
    first_settings: ClassVar[Mapping[str, Any]] = {}  # what it needs before it can be one
    template: ClassVar[str] = ""  # of the control, where it is not `inputs/<kind>.html`
    default_template: ClassVar[str] = "inputs/defaults/plain.html"  # the field of the default in the settings panel

    def __init_subclass__(cls, *, name: str = "", **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if name:
            _kinds[name] = str.__new__(cls, name)

    def __new__(cls, name: str) -> "InputKind":
        if name not in _kinds:
            raise ValueError(f"{name!r} is no kind of input")
        return _kinds[name]

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)

    def __str__(self) -> str:
        return str.__str__(self)

    @property
    def value(self) -> str:
        return str.__str__(self)

    @property
    def control_template(self) -> str:
        return self.template or f"inputs/{self}.html"

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that only some kinds have, by the names of `InputSpec`; bad ones become their default."""
        return {}

    def write(self, settings: Settings) -> dict[str, Any]:
        """The same settings as a notebook file keeps them."""
        return {}

    def problems(self, settings: Settings, data: Mapping[str, Any]) -> Iterator[Problem]:
        """What is wrong with these settings, for their author. `settings` is what `data` reads as."""
        yield from ()

    def canonical(
        self, settings: Settings, value: Any, now: datetime, options: Sequence[Scalar] | None = None
    ) -> Value:
        """The value as it is kept. `options` are those of the variable in `options_from`, where they are known.

        Raises NotAllowed, and OptionsUnknown where only the first run can tell.
        """
        raise NotImplementedError

    def empty(self, settings: Settings) -> Value:
        """What Python sees of an input that nobody filled in."""
        return None

    def takes_integers(self, settings: Settings) -> bool:
        """Whether it moves in whole numbers."""
        return False

    def default(self, settings: Settings, value: Any) -> Any:
        """The default as settings may give it; judged by `canonical`."""
        return value

    def resolve(self, value: Value, now: datetime) -> PythonValue:
        """What Python sees. `now` (aware) is the start of the run."""
        return value

    def expression(self, default: Value) -> str:
        """The default as Python code that needs no import."""
        return repr(default)


_kinds: dict[str, InputKind] = {}
