"""Small drawings of charts, for lists of apps: Plotly and Vega-Lite figures as a few lines, points and bars.

Pure. A figure comes from an author's kernel and is not trusted: only finite numbers are taken from it, and not many.
"""

import base64
import binascii
import json
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from apps_runtime.outputs.representations import FrameKind

WIDTH, HEIGHT, EDGE = 240.0, 96.0, 4.0
MOST_SERIES = 12
MOST_POINTS = 400  # of one series
COLOURS = 6

# Plotly sends columns of numbers as base64: the type's name there, and in Python's arrays.
_TYPED = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    radius: float = 2.2


@dataclass(frozen=True)
class Series:
    """Points of one colour, 1 to 6. `kind`: line, points or bars."""

    kind: str
    points: tuple[Point, ...]
    colour: int = 1

    @property
    def path(self) -> str:
        """The line through the points, as SVG has it."""
        return "M" + "L".join(f"{point.x:g} {point.y:g}" for point in self.points)

    @property
    def bars(self) -> list[tuple[float, float, float, float]]:
        """x, y, width and height of a bar for each point."""
        wide = max(1.0, 0.72 * (WIDTH - 2 * EDGE) / len(self.points))
        return [
            (round(point.x - wide / 2, 1), point.y, round(wide, 1), round(HEIGHT - point.y, 1)) for point in self.points
        ]


def of_stored(kind: FrameKind, content: bytes) -> tuple[Series, ...]:
    """The series of a chart as it is stored; () for none."""
    try:
        figure = json.loads(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return ()
    return tuple(of_plotly(figure) if kind is FrameKind.PLOTLY else of_vega_lite(figure))


def of_plotly(figure: object) -> list[Series]:
    """The series of a Plotly figure that can be drawn small; [] for none."""
    if not isinstance(figure, Mapping) or not isinstance(figure.get("data"), list):
        return []
    layout = figure.get("layout") if isinstance(figure.get("layout"), Mapping) else {}
    found = []
    for trace in figure["data"][:MOST_SERIES]:
        if not isinstance(trace, Mapping) or trace.get("type", "scatter") not in ("scatter", "scattergl", "bar"):
            continue
        kind = (
            "bars" if trace.get("type") == "bar" else "line" if "lines" in str(trace.get("mode", "lines")) else "points"
        )
        marker = trace.get("marker") if isinstance(trace.get("marker"), Mapping) else {}
        sizes = _column(marker.get("size")) if isinstance(marker.get("size"), list | Mapping) else []
        found.append((kind, _scaled(trace, "x", layout), _scaled(trace, "y", layout), sizes))
    return _drawn(found)


def of_vega_lite(spec: object) -> list[Series]:
    """The first layer of a Vega-Lite chart that plots one quantity over another; [] for none."""
    if not isinstance(spec, Mapping):
        return []
    for layer in _layers(spec):
        mark = layer.get("mark")
        mark = mark.get("type") if isinstance(mark, Mapping) else mark
        kind = {"point": "points", "circle": "points", "square": "points", "line": "line"}.get(str(mark))
        encoding = layer.get("encoding") if isinstance(layer.get("encoding"), Mapping) else {}
        x, y, colour = (_field(encoding, channel) for channel in ("x", "y", "color"))
        values = _values(spec, layer)
        if not kind or not x or not y or not values:
            continue
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for row in values:
            if isinstance(row, Mapping):
                groups.setdefault(str(row.get(colour)) if colour else "", []).append(row)
        series = [
            (kind, [_number(row.get(x)) for row in rows], [_number(row.get(y)) for row in rows], [])
            for _, rows in sorted(groups.items())[:MOST_SERIES]
        ]
        return _drawn(series)
    return []


def _drawn(series: Sequence[tuple[str, list[float], list[float], list[float]]]) -> list[Series]:
    """Numbers put into the frame: the least at the left and at the foot."""
    known = [
        (kind, points, number % COLOURS + 1)
        for number, (kind, xs, ys, sizes) in enumerate(series)
        if len(points := _points(xs, ys, sizes)) > (1 if kind == "line" else 0)
    ]
    if not known:
        return []
    everything = [point for _, points, _ in known for point in points]
    left, right = min(x for x, _, _ in everything), max(x for x, _, _ in everything)
    foot, head = min(y for _, y, _ in everything), max(y for _, y, _ in everything)
    if any(kind == "bars" for kind, *_ in known):
        foot = min(foot, 0.0)
    largest = max(size for _, _, size in everything)

    def place(point: tuple[float, float, float]) -> Point:
        x, y, size = point
        across = (x - left) / (right - left) if right > left else 0.5
        up = (y - foot) / (head - foot) if head > foot else 0.5
        return Point(
            x=round(EDGE + across * (WIDTH - 2 * EDGE), 1),
            y=round(HEIGHT - EDGE - up * (HEIGHT - 2 * EDGE), 1),
            radius=round(1.5 + 7 * math.sqrt(size / largest), 1) if size > 0 else 2.2,
        )

    return [Series(kind, tuple(map(place, points)), colour) for kind, points, colour in known]


def _points(xs: list[float], ys: list[float], sizes: list[float]) -> list[tuple[float, float, float]]:
    """x, y and size (0: none given) of what can be drawn, thinned evenly."""
    points = [
        (x, y, size if math.isfinite(size) and size > 0 else 0.0)
        for x, y, size in zip(xs, ys, [*sizes, *[0.0] * len(xs)], strict=False)
        if math.isfinite(x) and math.isfinite(y)
    ]
    return points[:: math.ceil(len(points) / MOST_POINTS) or 1]


def _scaled(trace: Mapping[str, Any], axis: str, layout: Mapping[str, Any]) -> list[float]:
    column = _column(trace.get(axis))
    described = layout.get(f"{axis}axis")
    if isinstance(described, Mapping) and described.get("type") == "log":
        return [math.log10(value) if value > 0 else math.nan for value in column]
    return column


def _column(data: object) -> list[float]:
    if isinstance(data, Mapping):
        return _typed(data)
    if not isinstance(data, list):
        return []
    numbers = [_number(value) for value in data]
    # Names are drawn in their order, as categories.
    names = all(isinstance(value, str) for value in data) and not any(map(math.isfinite, numbers))
    return [float(at) for at in range(len(data))] if names else numbers


def _typed(data: Mapping[str, Any]) -> list[float]:
    code, text = _TYPED.get(str(data.get("dtype"))), data.get("bdata")
    if not code or not isinstance(text, str):
        return []
    numbers = array(code)
    try:
        numbers.frombytes(base64.b64decode(text))
    except (binascii.Error, ValueError):
        return []
    return [float(number) for number in numbers]


def _number(value: object) -> float:
    """The number of a number or of a date; NaN for anything else."""
    match value:
        case bool() | None:
            return math.nan
        case int() | float():
            return float(value) if abs(value) < 1e300 else math.nan
        case str() if len(value) <= 40:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                return math.nan
            return float((moment.date() - date(1970, 1, 1)).days * 86_400 + moment.hour * 3600 + moment.minute * 60)
    return math.nan


def _layers(spec: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    yield spec
    for name in ("layer", "hconcat", "vconcat", "concat"):
        inner = spec.get(name)
        if isinstance(inner, list) and depth < 4:
            for layer in inner[:20]:
                if isinstance(layer, Mapping):
                    yield from _layers(layer, depth + 1)


def _field(encoding: Mapping[str, Any], channel: str) -> str:
    described = encoding.get(channel)
    field = described.get("field") if isinstance(described, Mapping) else None
    return field if isinstance(field, str) else ""


def _values(spec: Mapping[str, Any], layer: Mapping[str, Any]) -> list[Any]:
    for source in (layer.get("data"), spec.get("data")):
        if not isinstance(source, Mapping):
            continue
        values = source.get("values")
        datasets = spec.get("datasets")
        if values is None and isinstance(datasets, Mapping):
            values = datasets.get(source.get("name"))
        if isinstance(values, list):
            return values[:5000]
    return []
