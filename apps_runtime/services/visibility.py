"""Which outputs a person may fetch.

A digest names the content: nobody learns it but by being sent a page that shows the output, and pages leave out what is
hidden. So whoever may open the app may fetch an output of the project by its digest, and nothing of other projects.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps_runtime.models import BlobUse
from apps_runtime.outputs import store


def note_outputs(project_id: UUID, stored: Iterable[Sequence[Mapping[str, Any]]]) -> None:
    """Remember that results of this project hold these outputs."""
    digests = {reference["sha256"] for outputs in stored for reference in store.references(outputs)}
    if digests:
        BlobUse.objects.bulk_create(
            (BlobUse(project_id=project_id, blob_id=digest) for digest in digests), ignore_conflicts=True
        )


def is_output_of(project_id: UUID, digest: str) -> bool:
    return BlobUse.objects.filter(project_id=project_id, blob_id=digest).exists()
