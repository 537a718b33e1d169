"""Responses for outputs. Whoever calls has decided that the person may have them (`apps_runtime/views/outputs.py`).

An output is hostile (specs/security T3, T6, M21): its bytes never run with the page's rights. Scripts run in a frame
with an opaque origin, from where nothing can be fetched; everything else is a picture, data, or a download.
"""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpResponse

from apps_runtime.models.outputs import Blob
from apps_runtime.outputs import store
from apps_runtime.outputs.content import is_json_type
from apps_runtime.outputs.frames import document
from apps_runtime.outputs.representations import frame_kind
from apps_runtime.outputs.table_data import TABLE_TYPE

THEMES = ("light", "dark")

# Types a browser only looks at. SVG is for `<img>`, where it runs nothing; opened by itself it is a download.
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_BYTES_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def blob_response(blob: Blob) -> HttpResponse:
    """The bytes. The address holds their digest, so they never change: the browser of that person keeps them for good.

    404 when the file is gone.
    """
    try:
        content = store.read(blob.sha256)
    except store.BlobMissing:
        return HttpResponse("This output's file is gone.", status=404, content_type="text/plain; charset=utf-8")
    content_type, is_inline = _content_type(blob.media_type)
    response = HttpResponse(content, content_type=content_type)
    if not is_inline:
        response["Content-Disposition"] = "attachment"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = _BYTES_POLICY
    return _guarded(response)


def frame_response(
    blob: Blob, theme: str = "", *, origins: Sequence[str] | None = None, ancestors: Sequence[str] = ()
) -> HttpResponse:
    """The document of a frame: a chart, or HTML with scripts. 404 for bytes that are never drawn in a frame.

    `theme`: light, dark, or "" for the system's. `origins`: where the app and its static files are (the settings'
    ORIGINS unless given); `ancestors`: other origins that embed the app's page.
    """
    kind = frame_kind(blob.media_type)
    if kind is None:
        return HttpResponse("Nothing to draw.", status=404, content_type="text/plain; charset=utf-8")
    try:
        text = store.read(blob.sha256).decode("utf-8", "replace")
    except store.BlobMissing:
        return HttpResponse("This output's file is gone.", status=404, content_type="text/plain; charset=utf-8")
    response = HttpResponse(document(kind, text, theme=theme if theme in THEMES else ""))
    response["Cache-Control"] = "private, max-age=3600"
    origins = settings.ORIGINS if origins is None else origins
    response["Content-Security-Policy"] = frame_policy(origins, ancestors)
    response["Connection-Allowlist"] = frame_connections(origins)
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # frame-ancestors says it more exactly
    return _guarded(response)


def frame_policy(origins: Sequence[str], ancestors: Sequence[str] = ()) -> str:
    """The row "Output frame CSP" of specs/faults. `sandbox` without `allow-same-origin` makes the origin opaque."""
    static = " ".join(_static_sources(origins))
    return "; ".join(
        (
            "sandbox allow-scripts",
            "default-src 'none'",
            f"script-src 'unsafe-inline' 'unsafe-eval' {static}",
            f"style-src 'unsafe-inline' {static}",
            "img-src data: blob:",
            f"font-src data: {static}",
            "connect-src 'none'",
            f"frame-ancestors {' '.join([*origins, *ancestors])}",
        )
    )


def frame_connections(origins: Sequence[str]) -> str:
    """What a frame may connect to, by whatever way: our static files. Unlike a content security policy it closes WebRTC
    and the navigation of the frame itself, in browsers that know it (wicg.github.io/connection-allowlists)."""
    patterns = (f'"{source}*"' for source in _static_sources(origins))
    return f"({' '.join(patterns)})"


def _static_sources(origins: Sequence[str]) -> list[str]:
    """Written out, because to an opaque origin nothing is 'self'."""
    if settings.STATIC_URL.startswith(("http://", "https://")):
        return [settings.STATIC_URL]
    return [f"{origin}{settings.STATIC_URL}" for origin in origins]


def _content_type(media_type: str) -> tuple[str, bool]:
    """What the bytes are called, and whether a browser may show them by themselves."""
    if media_type in _PICTURES:
        return media_type, True
    if media_type == "image/svg+xml":
        return media_type, False
    if media_type in ("text/plain", store.STDERR_TYPE):
        return "text/plain; charset=utf-8", True
    if media_type == TABLE_TYPE or is_json_type(media_type):
        return "application/json", media_type == TABLE_TYPE
    return "application/octet-stream", False


def _guarded(response: HttpResponse) -> HttpResponse:
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["X-DNS-Prefetch-Control"] = "off"  # A look-up of a name carries data, and no policy forbids it.
    return response
