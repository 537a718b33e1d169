"""Texts and code of cells as their readers see them, drawn in confined processes."""

from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from apps_runtime.outputs import code, making
from apps_runtime.outputs.drawn import MOST_PLAIN, drawn, why
from apps_runtime.outputs.making import key_of
from apps_runtime.outputs.markdown import ANCHOR, Attachments, Heading
from apps_runtime.outputs.safe import safe
from projects.confined import NotDone

__all__ = ["Heading", "headings", "highlight_python", "render_markdown"]


def render_markdown(source: str, attachments: Attachments | None = None, *, prefix: str = ANCHOR) -> SafeString:
    """As `markdown.render_markdown`; a text that can't be drawn is shown as it was written."""
    attached: Any = attachments if attachments and "attachment:" in source else None
    key = (key_of(source), prefix, key_of(repr(attached)) if attached else "")
    weight = 4 * len(source) + 500
    try:
        return drawn(making.text, lambda: (source, attached, prefix), key=key, weight=weight)
    except NotDone as error:
        said = why(error).replace("output", "text")
        # Safe: a constant, and escaped text.
        return safe(f'<p class="quiet">{escape(said)}</p><pre>{escape(source[:MOST_PLAIN])}</pre>')


def headings(source: str, *, prefix: str = ANCHOR) -> list[Heading]:
    """As `markdown.headings`; none of a text that can't be read."""
    if not any(mark in source for mark in "#=-"):
        return []
    try:
        found = drawn(making.headings_of, lambda: (source, prefix), key=(key_of(source), prefix), weight=2_000)
    except NotDone:
        return []
    return list(found)


def highlight_python(source: str) -> SafeString:
    """As `code.highlight_python`; without colours where they can't be made out."""
    try:
        return drawn(code.highlight_python, lambda: (source,), key=key_of(source), weight=6 * len(source) + 500)
    except NotDone:
        return SafeString(escape(source))
