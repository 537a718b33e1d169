"""What holds for every input and every text, tried by machine.

`HEXLITE_EXAMPLES=100000` tries that many examples in all; without it, a few thousand.
"""

import json
import os
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projects.notebook.inputs import (
    InputKind,
    InputSpec,
    assignment,
    encode,
    parse_query,
    parse_values,
    query_string,
    resolve,
    source,
)
from projects.notebook.inputs.moments import read_day
from tests.notebook.builders import NOON, an_input
from tests.notebook.strategies import NOWS, TEXTS, relative, specs, values

PROPERTIES = 10
fuzzed = settings(
    max_examples=max(1, int(os.environ.get("HEXLITE_EXAMPLES", "3000")) // PROPERTIES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)
EVERY_KIND = [
    an_input(
        str(kind), str(kind), options=["a", 1, True], min=0, max=9, default=3 if kind is InputKind.SLIDER else None
    )
    for kind in InputKind
]


@st.composite
def spec_and_value(draw: st.DrawFn) -> tuple[InputSpec, Any]:
    spec = draw(specs())
    return spec, draw(values(spec))


@fuzzed
@given(spec_and_value())
def test_parsing_undoes_encoding(pair: tuple[InputSpec, Any]):
    spec, value = pair
    decoded = json.loads(encode(spec, value))
    assert parse_values([spec], {"x": decoded}, {}, NOON).values == {"x": value}
    if spec.kind.part_of_links:
        parsed = parse_query([spec], query_string([spec], {"x": value}), NOON)
        assert parsed.values == {"x": value}
        assert json.dumps(parsed.values) == json.dumps({"x": value})
        assert (parsed.ignored, parsed.held) == ({}, {})


@fuzzed
@given(spec_and_value())
def test_the_kernel_gets_the_very_value_and_no_other_name(pair: tuple[InputSpec, Any]):
    spec, value = pair
    namespace: dict[str, Any] = {}
    exec(assignment([spec], {"x": value}, NOON), namespace)
    del namespace["__builtins__"]
    expected = resolve(spec, value, NOON)
    assert list(namespace) == ["x"]
    assert namespace["x"] == expected
    assert type(namespace["x"]) is type(expected)
    if isinstance(expected, datetime):
        assert str(namespace["x"].tzinfo) == str(expected.tzinfo)


@fuzzed
@given(TEXTS)
@example("'); import os; os.system('touch canary'); ('")
@example('"""\\\n#{}%s$(reboot)`id`')
@example("{literal}")
@example("\u2028\x1b[31m\r\n")
def test_a_value_never_becomes_code(text: str):
    spec = an_input("text")
    statement = assignment([spec], {"x": text}, NOON)
    assert "\n" not in statement
    namespace: dict[str, Any] = {}
    exec(statement, namespace)
    assert namespace["x"] == text


@fuzzed
@given(spec_and_value())
def test_settings_survive_json(pair: tuple[InputSpec, Any]):
    spec, value = pair
    with_default = InputSpec.from_json({**spec.to_json(), "default": value})
    assert with_default is not None
    assert InputSpec.from_json(json.loads(json.dumps(with_default.to_json()))) == with_default
    if spec.kind is not InputKind.BUTTON:
        assert with_default.default == value


@fuzzed
@given(spec_and_value())
def test_the_source_of_an_input_sets_its_default_and_no_other_name(pair: tuple[InputSpec, Any]):
    spec, value = pair
    spec = InputSpec.from_json({**spec.to_json(), "default": value})
    assert spec is not None
    namespace: dict[str, Any] = {}
    exec(source(spec), namespace)
    del namespace["__builtins__"]
    assert list(namespace) == ["x"]
    if not isinstance(spec.default, str) or ("ago" not in spec.default and "now" not in spec.default):
        assert namespace["x"] == resolve(spec, spec.default, NOON)


@fuzzed
@given(st.one_of(st.text(), st.text().map(lambda text: f"_{text}"), st.binary()))
def test_no_query_raises(query: str | bytes):
    parsed = parse_query(EVERY_KIND, query, NOON)
    assert parsed.values.keys() == {spec.name for spec in EVERY_KIND}


@fuzzed
@given(st.sampled_from(EVERY_KIND), st.one_of(st.text(), JSON.map(json.dumps)))
def test_no_value_raises_and_what_is_accepted_is_stable(spec: InputSpec, text: str):
    parsed = parse_query([spec], f"_{spec.name}={text}", NOON)
    assert len(parsed.ignored) <= 1
    value = parsed.values[spec.name]
    again = parse_values([spec], {spec.name: value}, {}, NOON)
    assert again.values == parsed.values
    exec(assignment([spec], parsed.values, NOON), {})


@fuzzed
@given(JSON, st.sampled_from(EVERY_KIND))
def test_no_decoded_value_raises(value: Any, spec: InputSpec):
    parse_values([spec], {spec.name: value}, {}, NOON)


@fuzzed
@given(
    st.dictionaries(
        st.sampled_from(
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
                "z",
            ]
        ),
        st.one_of(JSON, st.sampled_from([str(kind) for kind in InputKind]), st.just("x")),
    )
)
def test_no_settings_raise_and_what_passes_the_check_is_kept_as_it_is(data: dict[str, Any]):
    spec = InputSpec.from_json(data)
    problems = InputSpec.check(data)
    assert spec is not None or problems
    if spec is None:
        return
    assert InputSpec.from_json(spec.to_json()) == spec
    if not problems and spec.kind.has_range:
        kept = spec.to_json()
        assert all(kept.get(name) == data[name] for name in ("min", "max", "step") if data.get(name) is not None)


@fuzzed
@given(relative(), NOWS)
def test_calendar_arithmetic_is_that_of_dateutil(text: str, now: datetime):
    meant = read_day(text)
    zoned = resolve(an_input("date"), f"0 days ago {meant.zone}".rstrip(), now)
    count, unit, direction = text.split(" ")[:3]
    shift = relativedelta(**{f"{unit.rstrip('s')}s": int(count)})
    assert meant.day(now) == (zoned - shift if direction == "ago" else zoned + shift)


def test_the_examples_are_spread_over_all_properties():
    here = [name for name, value in globals().items() if hasattr(value, "hypothesis")]
    assert len(here) == PROPERTIES
