"""Outputs in a file that stands for itself: pictures inside it, nothing fetched, nothing executed."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString

from apps_runtime.models.outputs import Blob
from apps_runtime.outputs import store
from apps_runtime.outputs.images import IMAGE_TYPES
from apps_runtime.outputs.render import OutputContext
from apps_runtime.outputs.safe import safe

# What a saved page may do, whatever an output holds.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; form-action 'none'; base-uri 'none'"
)


@dataclass(frozen=True)
class InFile(OutputContext):
    """Where a page fetches bytes, a file has pictures inside, and of other things what the row says of them."""

    def blob_url(self, sha256: str) -> str:
        blob = Blob.objects.filter(pk=sha256).first() if sha256 else None
        if blob is None or blob.media_type not in IMAGE_TYPES:
            return ""
        return f"data:{blob.media_type};base64,{base64.b64encode(store.read(sha256)).decode()}"

    def frame_url(self, sha256: str) -> str:
        return ""


def styles(names: Iterable[str]) -> SafeString:
    """The text of style sheets, for a `<style>` element. Safe: they are files of this product."""
    found = [finders.find(name) for name in names]
    return safe("\n".join(Path(path).read_text() for path in found if isinstance(path, str)))
