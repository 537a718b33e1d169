"""Hypothesis strategies for inputs and values that those inputs take."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from projects.notebook.inputs import InputKind, InputSpec
from projects.notebook.inputs.moments import zone_names

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).map(lambda name: f"v{name}")
# Text that a notebook can hold: no NUL, no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
# Without -0.0, which JSON and Python call equal to 0.0 and which can be no limit beside it.
NUMBERS = st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: x + 0.0))
OPTIONS = st.lists(st.one_of(TEXTS, NUMBERS, st.booleans()), min_size=1, max_size=6)
ZONES = st.sampled_from(sorted(zone_names()))
DAYS = st.dates(date(2, 1, 1), date(9998, 1, 1))
NOWS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda now: now.replace(tzinfo=UTC))


@st.composite
def relative(draw: st.DrawFn) -> str:
    count, unit = draw(st.integers(0, 300)), draw(st.sampled_from(["day", "month", "year"]))
    zone = draw(st.one_of(st.just(""), ZONES.map(" {}".format)))
    return f"{count} {unit}{'' if count == 1 else 's'} {draw(st.sampled_from(['ago', 'from now']))}{zone}"


@st.composite
def moments(draw: st.DrawFn) -> str:
    local = draw(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1))).replace(microsecond=0)
    return f"{local.isoformat(sep=' ')} {draw(ZONES)}"


@st.composite
def specs(draw: st.DrawFn, name: str = "x") -> InputSpec:
    """An input of any kind, with the name given."""
    kind = draw(st.sampled_from(list(InputKind)))
    settings: dict[str, object] = {"kind": str(kind), "name": name, "label": draw(TEXTS)}
    if kind.has_options:
        settings["options"] = draw(OPTIONS)
    if kind is InputKind.SLIDER:
        settings |= dict(zip(("min", "max"), sorted(draw(st.tuples(NUMBERS, NUMBERS))), strict=True))
        settings["step"] = draw(st.sampled_from([None, 1, 0.5]))
    spec = InputSpec.from_json(settings)
    assert spec is not None
    return spec


@st.composite
def values(draw: st.DrawFn, spec: InputSpec) -> object:
    """A canonical value of that input."""
    match spec.kind:
        case InputKind.CHECKBOX | InputKind.BUTTON:
            return draw(st.booleans())
        case InputKind.DROPDOWN:
            return draw(st.sampled_from([None, *spec.options]))
        case InputKind.MULTISELECT:
            return [option for option in spec.options if draw(st.booleans())]
        case InputKind.SLIDER:
            if spec.takes_integers:
                return draw(st.integers(spec.minimum, spec.maximum))
            return draw(st.floats(float(spec.minimum), float(spec.maximum)))
        case InputKind.NUMBER:
            return draw(st.one_of(st.none(), NUMBERS))
        case InputKind.TEXT:
            return draw(TEXTS)
        case InputKind.DATE:
            return draw(st.one_of(st.none(), DAYS.map(date.isoformat), relative()))
        case InputKind.DATETIME:
            return draw(st.one_of(st.none(), moments(), relative()))
        case InputKind.FILE:
            return draw(st.one_of(st.none(), st.just("uploads/a.csv")))
