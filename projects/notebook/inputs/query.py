"""The four doors: a link's query string, and the decoded values of a form, a socket message or a schedule.

Total: whatever the text, the answer is values for every input, and a sentence for each parameter that was not used.
The numbered rows are those of url-parameters.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from projects.notebook.inputs import json_values
from projects.notebook.inputs.json_values import NotJson, Scalar, Value
from projects.notebook.inputs.limits import MAXIMUM_NAMES, MAXIMUM_QUERY_BYTES, MAXIMUM_VALUE_BYTES
from projects.notebook.inputs.naming import normal_name
from projects.notebook.inputs.specs import InputSpec
from projects.notebook.inputs.values import NotAllowed, OptionsUnknown, canonical

# The variable of `options_from`, or the input's own name, does not matter here: options are given per input name.
Options = Mapping[str, Sequence[Scalar]]


@dataclass(frozen=True)
class Parsed:
    """What a link or message sets.

    `values`: every input's canonical value, defaults and present values filled in. `ignored`: input name to a sentence
    without its full stop. `run`: the link asks for a run (`__run=true`). `held`: values of inputs whose options come
    from a variable that has not run yet; judge them later with `settle`. `given`: names of the inputs that were set,
    well or badly.
    """

    values: Mapping[str, Value]
    ignored: Mapping[str, str] = field(default_factory=dict)
    run: bool = False
    held: Mapping[str, Value] = field(default_factory=dict)
    given: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """The one line a visitor sees (row 5), "" where every value was used."""
        if not self.ignored:
            return ""
        total, reasons = len(self.given), "; ".join(self.ignored.values())
        if total == 1:
            return f"The value in this link was not used: {reasons}."
        return f"{len(self.ignored)} of {total} values in this link were not used: {reasons}."


def defaults(specs: Iterable[InputSpec]) -> dict[str, Value]:
    """Every input at its default."""
    return {spec.name: spec.default for spec in specs}


def parse_query(
    specs: Sequence[InputSpec],
    query_string: str | bytes,
    now: datetime,
    available_options: Options | None = None,
) -> Parsed:
    """Read the part of an address after `?`. `available_options` gives, by input name, the options that come from
    variables, where a run has told them. Inputs that the link does not set have their default."""
    raw = query_string.encode("utf-8", "surrogatepass") if isinstance(query_string, str) else query_string
    raw = raw.removeprefix(b"?")
    by_name = {name: spec for spec in reversed(specs) for name in reversed(spec.names)}
    by_name |= {spec.name: spec for spec in reversed(specs)}
    found = _Findings(specs, now, available_options or {})
    run = False
    for name, value in _last_of_each(raw, by_name).items():
        if name == "__run":
            run = value == b"true"
        elif len(raw) > MAXIMUM_QUERY_BYTES:
            found.refuse(by_name[name], name, "came with a link of more than 32 KB")
        elif len(found.given) >= MAXIMUM_NAMES:
            found.refuse(by_name[name], name, f"came after {MAXIMUM_NAMES} others in one link")
        else:
            found.take_text(by_name[name], name, value)
    return found.parsed(defaults(specs), run)


def parse_values(
    specs: Sequence[InputSpec],
    mapping: Mapping[str, Any],
    current: Mapping[str, Value],
    now: datetime,
    available_options: Options | None = None,
) -> Parsed:
    """Take values that are decoded already, by input name or an earlier one, over the `current` ones. A name that no
    input has is ignored with a sentence, as it comes from a page and not from a person's link."""
    by_name = {name: spec for spec in reversed(specs) for name in reversed(spec.names)}
    by_name |= {spec.name: spec for spec in reversed(specs)}
    found = _Findings(specs, now, available_options or {})
    for name, value in mapping.items():
        spec = by_name.get(normal_name(name))
        if spec is None:
            found.ignored[str(name)[:100]] = f'there is no input called "{str(name)[:100]}"'
        else:
            found.take(spec, spec.name, value)
    present = {spec.name: current.get(spec.name, spec.default) for spec in specs}
    return found.parsed(present, run=False)


def settle(spec: InputSpec, value: Value, options: Sequence[Scalar], now: datetime) -> Value:
    """A held value, now that its options are known (row 13). Raises NotAllowed, as a sentence about the input."""
    try:
        return canonical(spec, value, now, options)
    except NotAllowed as refusal:
        raise NotAllowed(f'"{spec.name}" {refusal}') from None


class _Findings:
    """What has been read so far, in the order of the link."""

    def __init__(self, specs: Sequence[InputSpec], now: datetime, options: Options) -> None:
        self.now, self.options = now, options
        self.buttons = {spec.name for spec in specs if spec.kind.is_pressed}
        self.values: dict[str, Value] = {}
        self.ignored: dict[str, str] = {}
        self.held: dict[str, Value] = {}
        self.given: dict[str, None] = {}

    def take_text(self, spec: InputSpec, name: str, value: bytes) -> None:
        """A parameter as it arrived, decoded from percents but not from UTF-8 and JSON."""
        if not spec.kind.settable_by_link:
            return self.refuse(spec, name, "is a file, and can't be set by a link")
        if len(value) > MAXIMUM_VALUE_BYTES:
            return self.refuse(spec, name, "is longer than 8 KB")
        try:
            decoded = json_values.read(value.decode())
        except UnicodeDecodeError:
            return self.refuse(spec, name, "is not encoded as UTF-8")
        except NotJson:
            # No input takes an object, so each kind refuses this one in its own words.
            decoded = {}
        return self.take(spec, name, decoded)

    def take(self, spec: InputSpec, name: str, value: Any) -> None:
        self.given[spec.name] = None
        try:
            accepted = canonical(spec, value, self.now, self.options.get(spec.name))
        except NotAllowed as refusal:
            return self.refuse(spec, name, str(refusal))
        except OptionsUnknown as unknown:
            self.held[spec.name] = unknown.value
            return None
        if spec.name in self.buttons and accepted:
            # One run button at a time: the last wins (row 10).
            self.values |= dict.fromkeys(self.buttons, False)
        self.values[spec.name] = accepted
        return None

    def refuse(self, spec: InputSpec, name: str, why: str) -> None:
        self.given[spec.name] = None
        self.ignored[spec.name] = f'"{name}" {why}'

    def parsed(self, before: Mapping[str, Value], run: bool) -> Parsed:
        return Parsed({**before, **self.values}, self.ignored, run, self.held, tuple(self.given))


def _last_of_each(raw: bytes, by_name: Mapping[str, InputSpec]) -> dict[str, bytes]:
    """The parameters that mean something here, by the name they were written with; the last of a name wins (row 7),
    also when it was written with an earlier name of the same input. In the order of those last ones."""
    last: dict[str, tuple[str, bytes]] = {}
    for part in raw.split(b"&"):
        if not part.startswith((b"_", b"%5F", b"%5f")):
            continue
        raw_name, _, raw_value = part.partition(b"=")
        try:
            name = _decode(raw_name).decode()
        except UnicodeDecodeError:
            continue
        value = _decode(raw_value).removeprefix(b"=")
        if name == "__run":
            last[name] = (name, value)
            continue
        variable = normal_name(name[1:])
        # A name with two underscores is reserved; no input begins with one (row 2).
        if variable in by_name:
            last.pop(by_name[variable].name, None)
            last[by_name[variable].name] = (variable, value)
    return dict(last.values())


def _decode(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))
