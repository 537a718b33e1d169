"""Stored outputs as HTML. Each kind of block has its template in `templates/outputs/`.

Safe strings are made in this package only, from escaped or sanitised text; no template here says `safe`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import get_template
from django.utils.safestring import SafeString

from apps_runtime.outputs.blocks import MISSHAPEN, Kind, OutputBlock, blocks, blocks_with_outputs, undrawn
from apps_runtime.outputs.cache import BoundedCache
from apps_runtime.outputs.safe import safe
from apps_runtime.outputs.store import Output

__all__ = ["Kind", "OutputBlock", "OutputContext", "blocks", "render_outputs"]

logger = logging.getLogger(__name__)

_drawn: BoundedCache[SafeString] = BoundedCache(24_000_000)


@dataclass(frozen=True)
class OutputContext:
    """For whom, and where: `outputs_url` is the folder of the project's outputs (a digest follows), `density` is
    "calm" on app pages and "compact" on authors', `label` names what is shown ("Wettest days")."""

    outputs_url: str
    show_errors: bool = False
    error_id: str = ""
    density: str = "calm"
    label: str = ""

    @property
    def is_compact(self) -> bool:
        return self.density == "compact"

    def blob_url(self, sha256: str) -> str:
        return f"{self.outputs_url}{sha256}" if sha256 else ""

    def frame_url(self, sha256: str) -> str:
        return f"{self.outputs_url}{sha256}/frame" if sha256 else ""


def render_outputs(stored: Sequence[Output], *, context: OutputContext) -> SafeString:
    """The outputs of one cell as their reader sees them; "" for none."""
    shown = blocks_with_outputs(stored, show_errors=context.show_errors)
    # Safe: each piece is a rendered template.
    return safe("".join(_drawn_or_said(output, block, context) for output, block in shown))


def _drawn_or_said(output: Output, block: OutputBlock, context: OutputContext) -> SafeString:
    """One odd output is one sentence, not a page that fails."""
    try:
        return _render(block, context)
    except MISSHAPEN as error:
        logger.exception("A block could not be drawn: %s %s", block.kind, block.key)
        return _render(undrawn(output, error, context.show_errors), context)


def _render(block: OutputBlock, context: OutputContext) -> SafeString:
    key = (block.kind, block.key, context)
    found = _drawn.find(key)
    if found is not None:
        return found
    poster = getattr(block.data, "poster", "")
    html = get_template(f"outputs/{block.kind}.html").render(
        {
            "key": block.key[:16],
            "block": block,
            "view": block.data,
            "context": context,
            "blob_url": context.blob_url(block.blob),
            "frame_url": context.frame_url(block.blob),
            "poster_url": context.blob_url(poster),
        }
    )
    _drawn.keep(key, html, weight=len(html) + 500)
    return html
