"""What an app looks like in a list: its first chart, as a viewer sees it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps_runtime.models import RunCell
from apps_runtime.outputs import drawings, store
from apps_runtime.outputs.cache import BoundedCache
from apps_runtime.outputs.drawings import Series
from apps_runtime.outputs.images import IMAGE_TYPES
from apps_runtime.outputs.representations import FrameKind, frame_kind
from apps_runtime.pages import pictures
from apps_runtime.readers import shows_output
from projects import confined
from projects.confined import NotDone
from projects.models import Version
from projects.notebook.document import Notebook

# A run's results never change, so neither does its thumbnail.
_made: BoundedCache["Thumbnail"] = BoundedCache(4_000_000)


@dataclass(frozen=True)
class Thumbnail:
    """A picture of the app (`picture`: its digest), else a drawing, else nothing of either: an app of words."""

    picture: str = ""
    drawing: tuple[Series, ...] = ()


def thumbnails(runs: Mapping[UUID, UUID]) -> dict[UUID, Thumbnail]:
    """By run id, for a mapping of runs to their versions. Two queries when some of them were not made before."""
    known = {run: found for run in runs if (found := _made.find(run)) is not None}
    missing = {run: version for run, version in runs.items() if run not in known}
    if not missing:
        return known
    notebooks = {version.pk: version.notebook for version in Version.objects.filter(pk__in=set(missing.values()))}
    cells: dict[UUID, list[RunCell]] = {}
    for cell in RunCell.objects.filter(run__in=missing).order_by("position"):
        cells.setdefault(cell.run_id, []).append(cell)
    for run, version in missing.items():
        known[run] = _thumbnail(notebooks[version], cells.get(run, ()))
        _made.keep(run, known[run], weight=200 + 80 * sum(len(series.points) for series in known[run].drawing))
    return known


def _thumbnail(notebook: Notebook, cells: Iterable[RunCell]) -> Thumbnail:
    """Of the first chart that viewers are shown: what is hidden from them must not come back as a picture."""
    for cell in pictures.chosen_first(cells, notebook):
        if shows_output(notebook, cell.cell_id) and (found := _of_outputs(cell.outputs)):
            return found
    return Thumbnail()


def _of_outputs(stored: Sequence[store.Output]) -> Thumbnail | None:
    for output in stored:
        for media_type, value in output.get("data", {}).items():
            try:
                found = _of_value(media_type, value)
            except store.BlobMissing:
                continue
            if found:
                return found
    return None


def _of_value(media_type: str, value: object) -> Thumbnail | None:
    if media_type in IMAGE_TYPES:
        reference = store.reference_of(value)
        return Thumbnail(picture=reference["sha256"]) if reference else None
    kind, reference = frame_kind(media_type), store.reference_of(value)
    if kind not in (FrameKind.PLOTLY, FrameKind.VEGA) or reference is None:
        return None
    try:
        drawing = confined.call(drawings.of_stored, kind, store.read(reference["sha256"]))
    except NotDone:
        return None
    return Thumbnail(drawing=drawing) if drawing else None
