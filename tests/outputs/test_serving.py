"""Responses for outputs: nothing runs with the page's rights, everything is kept by the right browser."""

import pytest

from apps_runtime.models import Blob
from apps_runtime.outputs import store
from apps_runtime.outputs.serving import blob_response, frame_response
from tests.outputs.test_store import PNG, display

pytestmark = pytest.mark.django_db

FRAMED = {
    "text/html": "<script>1</script>",
    "application/javascript": "1",
    "application/vnd.plotly.v1+json": {"data": []},
    "application/vnd.vega.v5+json": {},
    "application/vnd.vegalite.v5.20.1+json": {},
}
KEPT = {
    **FRAMED,
    "image/png": PNG,
    "image/svg+xml": "<svg/>",
    "text/plain": "x" * 3000,
    "text/markdown": "x" * 3000,
    "application/json": ["x" * 3000],
    "application/pdf": "x" * 3000,
    "application/xhtml+xml": "x" * 3000,
    "application/vnd.hexlite.table+json": {"columns": [{"name": "a"}], "index": [], "rows": []},
}


def keep(media_type: str, value) -> Blob:
    output = {**display(), "data": {media_type: value}}
    return Blob.objects.get(pk=next(store.references(store.put([output])))["sha256"])


@pytest.mark.parametrize("media_type", KEPT)
def test_bytes_are_sandboxed_and_kept_for_good_by_one_person(media_type):
    response = blob_response(keep(media_type, KEPT[media_type]))
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "allow-" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("media_type", "content_type", "is_inline"),
    [
        ("image/png", "image/png", True),
        ("image/svg+xml", "image/svg+xml", False),
        ("text/plain", "text/plain; charset=utf-8", True),
        ("application/vnd.hexlite.table+json", "application/json", True),
        ("application/json", "application/json", False),
        ("application/vnd.plotly.v1+json", "application/json", False),
        ("text/html", "application/octet-stream", False),
        ("text/markdown", "application/octet-stream", False),
        ("application/javascript", "application/octet-stream", False),
        ("application/xhtml+xml", "application/octet-stream", False),
        ("application/pdf", "application/octet-stream", False),
    ],
)
def test_what_could_run_is_a_download(media_type, content_type, is_inline):
    response = blob_response(keep(media_type, KEPT[media_type]))
    assert response["Content-Type"] == content_type
    assert ("Content-Disposition" not in response) is is_inline


@pytest.mark.parametrize("media_type", FRAMED)
def test_a_frame_has_exactly_the_policy_of_the_specs(media_type, settings):
    settings.ORIGINS = ["https://app.example"]
    response = frame_response(keep(media_type, FRAMED[media_type]), theme="dark")
    assert response.status_code == 200
    assert response["Content-Security-Policy"] == (
        "sandbox allow-scripts; default-src 'none'; "
        "script-src 'unsafe-inline' 'unsafe-eval' https://app.example/static/; "
        "style-src 'unsafe-inline' https://app.example/static/; img-src data: blob:; "
        "font-src data: https://app.example/static/; connect-src 'none'; frame-ancestors https://app.example"
    )
    assert response["Connection-Allowlist"] == '("https://app.example/static/*")'
    assert response["Cache-Control"].startswith("private")
    assert response["X-DNS-Prefetch-Control"] == "off"
    assert response["Referrer-Policy"] == "no-referrer"
    assert 'data-theme="dark"' in response.content.decode()


def test_where_the_app_is_embedded_its_frames_are_too(settings):
    response = frame_response(keep("text/html", FRAMED["text/html"]), origins=["http://a:1"], ancestors=["https://b"])
    assert response["Content-Security-Policy"].endswith("frame-ancestors http://a:1 https://b")


@pytest.mark.parametrize("theme", ["", "blue", '"><script>'])
def test_only_themes_are_themes(theme):
    assert '<html lang="en">' in frame_response(keep("text/html", FRAMED["text/html"]), theme).content.decode()


@pytest.mark.parametrize("media_type", sorted(KEPT.keys() - FRAMED.keys()))
def test_nothing_else_is_drawn_in_a_frame(media_type):
    response = frame_response(keep(media_type, KEPT[media_type]))
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/plain")


def test_a_lost_file_is_not_found():
    blob = keep("text/html", FRAMED["text/html"])
    store.default_storage.delete(blob.path)
    assert blob_response(blob).status_code == 404
    assert frame_response(blob).status_code == 404
