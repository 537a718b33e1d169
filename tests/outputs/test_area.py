"""An output area folds whatever a kernel sends into valid nbformat outputs of bounded size."""

import json

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps_runtime.outputs.area import OutputArea, OutputLimits


def stream(text, name="stdout"):
    return {"msg_type": "stream", "content": {"name": name, "text": text}}


def display(data, *, display_id=None, metadata=None, kind="display_data", **more):
    transient = {"display_id": display_id} if display_id else {}
    return {
        "header": {"msg_type": kind},
        "content": {"data": data, "metadata": metadata or {}, "transient": transient, **more},
    }


def clear(wait=False):
    return {"msg_type": "clear_output", "content": {"wait": wait}}


def area_of(*messages, limits=None):
    area = OutputArea(limits or OutputLimits())
    for message in messages:
        area.feed(message)
    return area


def texts(area):
    return [output.get("text") or output["data"]["text/plain"] for output in area.outputs]


PICTURE = {"text/plain": "picture"}


@pytest.mark.parametrize(
    ("messages", "seen"),
    [
        ([stream("a"), stream("b\n")], ["ab\n"]),
        ([stream("a"), stream("!", "stderr"), stream("b")], ["ab", "!"]),
        ([stream("a"), display(PICTURE), stream("b")], ["a", "picture", "b"]),
        ([stream(" 1%"), stream("\r 2%")], [" 2%"]),
        ([stream("a"), clear(), stream("b")], ["b"]),
        ([stream("a"), clear(wait=True)], ["a"]),
        ([stream("a"), clear(wait=True), stream("b")], ["b"]),
        ([stream("a"), clear(wait=True), clear(), stream("b")], ["b"]),
        ([stream("a"), clear(wait=True), display(PICTURE)], ["picture"]),
        ([display(PICTURE, kind="execute_result", execution_count=3)], ["picture"]),
        (
            [
                display(PICTURE, display_id="d"),
                display({"text/plain": "new"}, display_id="d", kind="update_display_data"),
            ],
            ["new"],
        ),
        ([display({"text/plain": ["two ", "lines"]})], ["two lines"]),
    ],
)
def test_messages_become_outputs(messages, seen):
    assert texts(area_of(*messages)) == seen


def test_feed_says_whether_something_changed():
    area = OutputArea()
    assert area.feed(stream("a"))
    assert not area.feed(clear(wait=True))
    assert not area.feed({"msg_type": "status", "content": {"execution_state": "idle"}})
    assert not area.feed({"msg_type": "comm_open", "content": {}})
    assert area.feed(stream("b"))
    assert area.feed(clear())
    assert not area.feed(clear())


def test_an_update_reaches_every_display_and_is_told_to_other_cells():
    first = area_of(
        display(PICTURE, display_id="d"), display({"text/plain": "other"}), display(PICTURE, display_id="d")
    )
    assert first.displays == {"d": [0, 2]}
    second = area_of(display({"text/plain": "new"}, display_id="d", kind="update_display_data"))
    (update,) = second.updates_for_others
    assert update.display_id == "d"
    assert first.apply_update(update)
    assert texts(first) == ["new", "other", "new"]
    assert not second.apply_update(update)


def test_an_error_is_kept_even_when_the_cell_is_full():
    area = area_of(*[display(PICTURE)] * 5, limits=OutputLimits(outputs=2))
    area.feed({"msg_type": "error", "content": {"ename": "ValueError", "evalue": "no", "traceback": ["one", "two"]}})
    assert [output["output_type"] for output in area.outputs] == ["display_data", "display_data", "error", "stream"]
    assert "3 more outputs are left out" in area.outputs[-1]["text"]


def test_a_monstrous_error_is_shortened():
    content = {"ename": "E" * 10_000, "evalue": "v" * 1_000_000, "traceback": ["frame " * 1000] * 1000}
    area = area_of({"msg_type": "error", "content": content})
    assert len(json.dumps(area.outputs)) < 300_000


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([stream("x" * 100 + "\n")] * 15, None),
        ([stream("x" * 100 + "\n")] * 30, "printed more than"),
        ([display(PICTURE)] * 5, None),
        ([display(PICTURE)] * 21, "made more than 20 outputs"),
        ([display({"text/plain": "x" * 9000})], None),
        ([display({"text/plain": "x" * 900})] * 5, "of outputs"),
        ([stream(f"\r{n} of 100") for n in range(500)], None),
    ],
)
def test_a_cell_that_goes_far_beyond_is_to_be_stopped(messages, sentence):
    area = area_of(*messages, limits=OutputLimits(stream_bytes=1000, rich_bytes=1000, outputs=10))
    assert (area.over_limit is None) if sentence is None else (sentence in area.over_limit)


def test_outputs_beyond_the_limit_are_said_to_be_left_out():
    area = area_of(
        display({"text/plain": "x" * 600}), display({"text/plain": "y" * 600}), limits=OutputLimits(rich_bytes=1000)
    )
    assert texts(area)[0] == "x" * 600
    assert texts(area)[1].startswith("[… One more output is left out")


def test_an_animation_can_clear_and_draw_for_ever():
    area = OutputArea(OutputLimits(outputs=3, rich_bytes=1000))
    for frame in range(100):
        area.feed(clear(wait=True))
        area.feed(display({"text/plain": f"{frame}" * 100}))
        assert area.over_limit is None
    assert texts(area) == ["99" * 100]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"msg_type": "stream"},
        {"msg_type": "stream", "content": None},
        {"msg_type": "stream", "content": {"name": "stdin", "text": "x"}},
        {"msg_type": "stream", "content": {"name": "stdout", "text": 7}},
        {"msg_type": "display_data", "content": {"data": "x"}},
        {"msg_type": "display_data", "content": {"data": {"text/html": {"a": 1}}}},
        {"msg_type": "display_data", "content": {"data": {7: "x", "nonsense": "y"}}},
        {"msg_type": "update_display_data", "content": {"data": PICTURE, "transient": 7}},
        {"msg_type": ["stream"], "content": {}},
        {"header": "x", "content": {"name": "stdout", "text": "x"}},
    ],
)
def test_malformed_messages_change_nothing(message):
    area = OutputArea()
    assert not area.feed(message)
    assert area.outputs == []


def test_what_no_database_can_hold_is_replaced():
    nan = {"a": float("nan"), "b": [float("inf"), "\x00", "\ud800"], "c": 1}
    area = area_of(stream("nul \x00 lone \ud800"), display({"application/json": nan, "text/plain": "\x00"}))
    text = json.dumps(area.outputs, allow_nan=False)
    assert "\\u0000" not in text
    assert "\\ud800" not in text
    assert area.outputs[1]["data"]["application/json"] == {"a": None, "b": [None, "\ufffd", "\ufffd"], "c": 1}


def test_what_is_nested_too_deeply_is_not_shown():
    deep = []
    for _ in range(200):
        deep = [deep]
    assert not OutputArea().feed(display({"application/json": deep}))


messages = st.one_of(
    st.builds(stream, st.text(max_size=20), st.sampled_from(["stdout", "stderr"])),
    st.builds(
        display,
        st.dictionaries(
            st.sampled_from(["text/plain", "text/html", "application/json", "image/png", "application/x+json", "?"]),
            st.text(max_size=10)
            | st.none()
            | st.lists(st.text(max_size=3), max_size=3)
            | st.dictionaries(st.text(max_size=3), st.floats(), max_size=2),
            max_size=3,
        ),
        display_id=st.none() | st.sampled_from("ab"),
        kind=st.sampled_from(["display_data", "execute_result", "update_display_data"]),
        execution_count=st.integers(-5, 10) | st.none(),
    ),
    st.builds(clear, st.booleans()),
    st.builds(
        lambda ename, traceback: {
            "msg_type": "error",
            "content": {"ename": ename, "evalue": "e", "traceback": traceback},
        },
        st.text(max_size=5) | st.none(),
        st.lists(st.text(max_size=5) | st.integers(), max_size=3) | st.none(),
    ),
    st.dictionaries(
        st.sampled_from(["msg_type", "content", "header"]), st.sampled_from(["stream", {}, None, 3]), max_size=3
    ),
)


@given(st.lists(messages, max_size=30))
@settings(max_examples=150)
def test_whatever_comes_the_outputs_are_valid_nbformat_and_bounded(sequence):
    area = area_of(*sequence, limits=OutputLimits(stream_bytes=300, rich_bytes=200, outputs=4))
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.from_dict(output) for output in area.outputs])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    json.dumps(area.outputs, allow_nan=False).encode()
    errors = sum(output["output_type"] == "error" for output in area.outputs)
    assert len(area.outputs) <= 4 + errors + 1
