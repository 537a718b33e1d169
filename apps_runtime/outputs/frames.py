"""Documents for frames: charts that are drawn in the reader's browser, and HTML with scripts of its own.

They stand in a frame with an opaque origin and may load nothing but our static files (`serving.frame_policy`). They are
drawn in the page's theme and say how high they are; that is all a frame can say (`static/js/frames/height.js`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import re2
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import escape

from apps_runtime.outputs.drawn import MEGABYTES, SECONDS, why
from apps_runtime.outputs.representations import FrameKind
from apps_runtime.outputs.safe import safe
from projects import confined
from projects.confined import NotDone

# Addresses of libraries that outputs load from elsewhere, and our copies of them.
_NPM = r"https?://(?:cdn\.jsdelivr\.net/npm|unpkg\.com)"
_COPIES = tuple(
    (re.compile(address), own)
    for address, own in (
        (r"https?://cdn\.plot\.ly/plotly-[\w.-]+\.js", "vendor/plotly/plotly.min.js"),
        (rf"{_NPM}/plotly\.js-dist(?:-min)?@[^\"'`\s>]+", "vendor/plotly/plotly.min.js"),
        (rf"{_NPM}/vega@[^\"'`\s>]+", "vendor/vega/vega.min.js"),
        (rf"{_NPM}/vega-lite@[^\"'`\s>]+", "vendor/vega-lite/vega-lite.min.js"),
        (rf"{_NPM}/vega-embed@[^\"'`\s>]+", "vendor/vega-embed/vega-embed.min.js"),
    )
)
# A digest is of the author's build of the library, not of ours. With re2, because no part of it ends the search in
# a tag that is never closed.
_INTEGRITY = re2.compile(r"(?i)(<script\b[^>]*?)\s+integrity\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_LIBRARIES = {
    FrameKind.PLOTLY: ("vendor/plotly/plotly.min.js", "js/frames/theme.js", "js/frames/plotly.js"),
    FrameKind.VEGA: (
        "vendor/vega/vega.min.js",
        "vendor/vega-lite/vega-lite.min.js",
        "vendor/vega-embed/vega-embed.min.js",
        "js/frames/theme.js",
        "js/frames/vega.js",
    ),
}
_ALTAIR = re.compile(r"\}\)\(\s*(?=\{)")


@dataclass(frozen=True)
class Parts:
    """What a frame's document is made of: `figure` is a chart as JSON, `body` markup."""

    kind: FrameKind
    figure: str = ""
    body: str = ""


def document(kind: FrameKind, text: str, *, theme: str) -> str:
    """The HTML of a frame. `text`: the output as it was stored; of a chart that is JSON."""
    if kind not in (FrameKind.HTML, FrameKind.SCRIPT):
        return _page(kind, theme, figure=text)  # Nobody reads it but the browser.
    copies = {own: static(own) for _, own in _COPIES}
    try:
        found = confined.call(parts, kind, text, copies, seconds=SECONDS, megabytes=MEGABYTES)
    except NotDone as error:
        found = Parts(FrameKind.HTML, body=f"<p>{escape(why(error))}</p>")
    return _page(found.kind, theme, body=found.body, figure=found.figure)


def parts(kind: FrameKind, text: str, copies: Mapping[str, str]) -> Parts:
    """Of HTML or a script. Pure: it is carried out in a confined process. `copies`: the addresses of our libraries by
    their names."""
    if kind is FrameKind.SCRIPT:
        code = re.sub(r"<(?=[/!]|script)", r"\\x3C", text, flags=re.IGNORECASE)
        return Parts(kind, body=f'<script>var element = document.getElementById("output");\n{code}</script>')
    spec = altair_spec(text)
    if spec is not None:
        return Parts(FrameKind.VEGA, figure=json.dumps(spec))
    # As it came, on purpose: the policy of the response is what makes it harmless, not a look at the text.
    return Parts(kind, body=with_own_copies(text, copies))


def altair_spec(html: str) -> dict[str, Any] | None:
    """The chart in the HTML that Altair shows by default, so that it is drawn like one that came as data."""
    if "altair-viz-" not in html[:2000] or "vegaEmbed" not in html:
        return None
    opening = _ALTAIR.search(html)
    if opening is None:
        return None
    try:
        spec, _ = json.JSONDecoder().raw_decode(html, opening.end())
    except (json.JSONDecodeError, RecursionError):
        return None
    return spec if isinstance(spec, dict) and "$schema" in spec else None


def with_own_copies(html: str, copies: Mapping[str, str]) -> str:
    """The same markup, with libraries that it would load from elsewhere loaded from here: frames reach nothing else."""
    for address, own in _COPIES:
        html = address.sub(copies[own], html)
    return _INTEGRITY.sub(r"\1", html) if "integrity" in html.lower() else html


def _page(kind: FrameKind, theme: str, *, body: str = "", figure: str = "") -> str:
    return render_to_string(
        "outputs/frame_page.html",
        {
            "theme": theme,
            "libraries": _LIBRARIES.get(kind, ()),
            # "<" stands in strings only in JSON; written so, no text of a chart can end the element.
            "figure": safe(figure.replace("<", "\\u003C")) if figure else "",
            "body": safe(body),
            "title": escape({FrameKind.HTML: "Output", FrameKind.SCRIPT: "Output"}.get(kind, "Chart")),
        },
    )
