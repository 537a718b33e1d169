"""Outputs are kept once, by digest, and come back exactly as they were."""

import base64
import struct
import zlib
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps_runtime.models import Blob
from apps_runtime.outputs import store

pytestmark = pytest.mark.django_db


def png(width=3, height=2, *, dpi=None, alpha=False) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    channels = 4 if alpha else 3
    rows = b"".join(b"\0" + b"\x80" * width * channels for _ in range(height))
    physical = chunk(b"pHYs", struct.pack(">IIB", *[round(dpi / 0.0254)] * 2, 1)) if dpi else b""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + physical + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def display(**data) -> dict:
    named = {name.replace("__", "/").replace("_json", "+json"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": named, "metadata": {}}


PNG = base64.b64encode(png(dpi=144)).decode()


def test_a_picture_becomes_a_file_named_by_its_digest():
    output = display(image__png=PNG, text__plain="<Figure>")
    (stored,) = store.put([output])
    reference = stored["data"]["image/png"]["$blob"]
    sha256 = reference["sha256"]
    assert reference["media_type"] == "image/png"
    assert reference["picture"] == {"width": 2, "height": 1, "opaque": True}
    assert stored["data"]["text/plain"] == "<Figure>"
    path = Path(default_storage.path(f"blobs/{sha256[:2]}/{sha256[2:]}"))
    assert path.read_bytes() == base64.b64decode(PNG)
    blob = Blob.objects.get(pk=sha256)
    assert (blob.size, blob.media_type) == (reference["size"], "image/png")
    assert store.load([stored]) == [output]


def test_the_same_picture_is_kept_once(django_assert_num_queries):
    store.put([display(image__png=PNG)])
    with django_assert_num_queries(1):
        store.put([display(image__png=PNG), display(image__png=PNG)])
    assert Blob.objects.count() == 1


def test_small_values_stay_in_the_row_without_a_query(django_assert_num_queries):
    output = display(text__plain="x" * 2048)
    with django_assert_num_queries(0):
        assert store.put([output]) == [output]


def test_the_same_bytes_of_another_type_are_another_blob():
    text = "x" * 3000
    store.put([display(text__plain=text, text__html=text)])
    assert set(Blob.objects.values_list("media_type", flat=True)) == {"text/plain", "text/html"}


def test_a_value_that_looks_like_a_reference_is_no_reference():
    forged = {"$blob": {"sha256": "0" * 64, "encoding": "text"}}
    output = display(application__json=forged)
    (stored,) = store.put([output])
    assert stored["data"]["application/json"]["$blob"]["sha256"] != "0" * 64
    assert store.load([stored]) == [output]


@pytest.mark.parametrize(
    "value", [PNG + "\n", base64.encodebytes(png(40, 40)).decode(), "no base64!", "QQ=", "", "QUJD\n\nREVG"]
)
def test_base64_comes_back_as_it_was_written(value):
    output = display(image__png=value)
    assert store.load(store.put([output])) == [output]


def test_facts_are_there_before_the_bytes():
    table = {
        "columns": [{"name": "a", "type": "number", "align": "end"}],
        "index": [],
        "rows": [[n] for n in range(50)],
        "total_rows": 50,
        "total_columns": 1,
    }
    figure = {"data": [], "layout": {"title": {"text": "Rain <b>now</b>"}, "height": 320}}
    (stored,) = store.put(
        [
            display(
                **{"application__vnd.hexlite.table_json": table, "application__vnd.plotly.v1_json": figure},
                text__html="<script>1</script>",
            )
        ]
    )
    table_reference, figure_reference, html_reference = (value["$blob"] for value in stored["data"].values())
    assert len(table_reference["head"]["rows"]) == 10
    assert table_reference["head"]["given_rows"] == 50
    assert figure_reference["frame"] == {"title": "Rain  now", "height": 320}
    assert html_reference["shape"] == "frame"


def test_every_reference_is_found():
    traceback = ["x" * 3000]
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "y" * 3000},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": traceback},
        display(image__png=PNG),
    ]
    assert {reference["sha256"] for reference in store.references(store.put(outputs))} == set(
        Blob.objects.values_list("pk", flat=True)
    )


def test_no_room_leaves_nothing_behind(monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put([display(image__png=PNG)])
    assert not [path for path in Path(default_storage.location).rglob("*") if path.is_file()]
    assert Blob.objects.count() == 0


def test_a_file_cut_short_by_a_crash_is_written_again():
    (stored,) = store.put([display(image__png=PNG)])
    path = Path(default_storage.path(Blob.objects.get().path))
    path.write_bytes(b"")
    store.put([display(image__png=PNG)])
    assert store.load([stored]) == [display(image__png=PNG)]


def test_a_file_that_is_gone_is_said_so():
    (stored,) = store.put([display(image__png=PNG)])
    Path(default_storage.path(Blob.objects.get().path)).unlink()
    with pytest.raises(store.BlobMissing):
        store.load([stored])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("$blob"), inner, max_size=3)
    ),
    max_leaves=6,
)
bundles = st.dictionaries(
    st.sampled_from(
        [
            "text/plain",
            "text/html",
            "image/png",
            "image/svg+xml",
            "application/json",
            "application/vnd.plotly.v1+json",
            "application/vnd.other.table+json",  # What says that it is ours and is not, is not kept.
        ]
    ),
    values
    | st.text(min_size=2040, max_size=2060)
    | st.binary(max_size=60).map(lambda content: base64.b64encode(content).decode()),
    max_size=3,
)
outputs = st.lists(
    st.one_of(
        st.builds(lambda data: {"output_type": "display_data", "data": data, "metadata": {}}, bundles),
        st.builds(
            lambda text: {"output_type": "stream", "name": "stdout", "text": text},
            st.text(max_size=30) | st.text(min_size=2040, max_size=2060),
        ),
        st.builds(
            lambda lines: {"output_type": "error", "ename": "E", "evalue": "e", "traceback": lines},
            st.lists(st.text(max_size=900), max_size=4),
        ),
    ),
    max_size=4,
)


@given(outputs)
@examples(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_load_is_the_inverse_of_put(sequence):
    assert store.load(store.put(sequence)) == sequence
