"""Small drawings of charts (apps_runtime.outputs.drawings)."""

import base64
import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps_runtime.outputs import drawings
from apps_runtime.outputs.drawings import EDGE, HEIGHT, WIDTH


def typed(numbers, dtype="f8", code="d"):
    return {"dtype": dtype, "bdata": base64.b64encode(array(code, numbers).tobytes()).decode()}


def test_a_line_goes_from_the_foot_at_the_left_to_the_head_at_the_right():
    [series] = drawings.of_plotly({"data": [{"x": [1, 2, 3], "y": [10, 30, 20]}]})
    assert (series.kind, series.colour) == ("line", 1)
    assert series.path == "M4 92L120 4L236 48"


def test_each_trace_has_its_colour_even_when_one_can_not_be_drawn():
    figure = {"data": [{"x": [1, 2], "y": [1, 2]}, {"type": "pie"}, {"x": [], "y": []}, {"x": [1, 2], "y": [2, 1]}]}
    assert [series.colour for series in drawings.of_plotly(figure)] == [1, 3]


def test_columns_of_numbers_come_as_bytes():
    [series] = drawings.of_plotly({"data": [{"mode": "markers", "x": typed([1, 2]), "y": typed([5, 6], "i4", "i")}]})
    assert [(point.x, point.y) for point in series.points] == [(4, 92), (236, 4)]


def test_a_logarithmic_axis_is_one():
    figure = {"data": [{"x": [1, 10, 100], "y": [1, 2, 3]}], "layout": {"xaxis": {"type": "log"}}}
    assert drawings.of_plotly(figure)[0].points[1].x == WIDTH / 2


def test_larger_markers_are_larger():
    [series] = drawings.of_plotly(
        {"data": [{"mode": "markers", "x": [1, 2], "y": [1, 1], "marker": {"size": [1, 100]}}]}
    )
    assert series.points[0].radius < series.points[1].radius == 8.5


def test_bars_stand_on_nothing():
    [series] = drawings.of_plotly({"data": [{"type": "bar", "x": ["a", "b"], "y": [5, 10]}]})
    (_, top, _, height), (_, highest, _, _) = series.bars
    assert highest == EDGE
    assert top + height == HEIGHT
    assert top == HEIGHT / 2


def test_a_vega_lite_layer_is_found_with_its_named_data():
    spec = {
        "datasets": {"d": [{"a": 1, "b": 2, "s": "x"}, {"a": 3, "b": 4, "s": "y"}, {"a": None, "b": 1, "s": "y"}]},
        "data": {"name": "d"},
        "layer": [
            {"mark": {"type": "text"}, "encoding": {}},
            {
                "mark": {"type": "point"},
                "encoding": {"x": {"field": "a"}, "y": {"field": "b"}, "color": {"field": "s"}},
            },
        ],
    }
    found = drawings.of_vega_lite(spec)
    assert [(series.kind, series.colour, len(series.points)) for series in found] == [
        ("points", 1, 1),
        ("points", 2, 1),
    ]


@pytest.mark.parametrize(
    "figure",
    [
        None, [], "x", {}, {"data": {}}, {"data": [None, 3, {"x": 5}]},
        {"data": [{"x": {"dtype": "f8", "bdata": "%"}}]},
        {"data": [{"x": {"dtype": "f8", "bdata": "AAA="}, "y": [1]}]}, {"data": [{"x": [math.nan], "y": [math.inf]}]},
        {"data": [{"x": [1e400, 1e301], "y": [1, 2]}]}, {"layer": [{"mark": 4, "encoding": []}]},
    ],
)  # fmt: skip
def test_what_can_not_be_drawn_is_nothing(figure):
    assert drawings.of_plotly(figure) == []
    assert drawings.of_vega_lite(figure) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["data", "x", "y", "type", "mode", "marker", "size", "layout", "xaxis", "dtype", "bdata", "layer", "mark",
         "encoding", "field", "values", "color", "datasets", "name"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_whatever_a_kernel_sends_is_drawn_inside_the_frame_or_not_at_all(figure):
    for series in [*drawings.of_plotly(figure), *drawings.of_vega_lite(figure)]:
        for point in series.points:
            assert 0 <= point.x <= WIDTH
            assert 0 <= point.y <= HEIGHT
            assert math.isfinite(point.radius)
