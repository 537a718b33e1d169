"""The picture of an app, for link previews and galleries: its first shown image, or a card with its title.

Made once for each publication and its results, and kept in the default storage.
"""

import hashlib
from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

from apps_runtime.models import PublishedResults, RunCell
from apps_runtime.outputs import page_pictures, store
from apps_runtime.outputs.page_pictures import GROUND, LARGEST, MARGIN, SIZE
from apps_runtime.readers import shows_output
from projects import confined
from projects.confined import NotDone
from projects.models import Project, Publication
from projects.notebook.document import Notebook

SECONDS = 4.0
MEGABYTES = 512.0
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}

INK, QUIET, LIVE = "#14171c", "#5d646d", "#1d45d8"


def of_app(project: Project) -> bytes:
    """The PNG of an app that is published."""
    publication = project.publication
    results = PublishedResults.objects.filter(publication=publication).select_related("run").first()
    path = _path(publication, results)
    if default_storage.exists(path):
        with default_storage.open(path) as file:
            return file.read()
    image = _first_image(results, publication.version.notebook) if results else None
    content = image or page_pictures.png(_card(publication))
    _replace(project, path, content)
    return content


def _path(publication: Publication, results: PublishedResults | None) -> str:
    about = f"{publication.version_id} {publication.version.title} {results.run_id if results else ''}"
    return f"{_folder(publication.project_id)}/{hashlib.sha256(about.encode()).hexdigest()[:20]}.png"


def _folder(project_id: object) -> str:
    return f"pictures/{project_id}"


def _replace(project: Project, path: str, content: bytes) -> None:
    """Keep the newest picture only."""
    folder = _folder(project.pk)
    before = default_storage.listdir(folder)[1] if default_storage.exists(folder) else []
    default_storage.save(path, ContentFile(content))
    for name in before:
        default_storage.delete(f"{folder}/{name}")


def _first_image(results: PublishedResults, notebook: Notebook) -> bytes | None:
    """The first PNG or JPEG of a cell whose output the app shows; None when there is none that can be read."""
    shown = {cell.id for cell in notebook.cells if shows_output(notebook, cell.id)}
    cells = list(RunCell.objects.filter(run=results.run_id, cell_id__in=shown).order_by("position"))
    for cell in chosen_first(cells, notebook):
        for reference in store.references(cell.outputs):
            image = _read(reference)
            if image is not None:
                return image
    return None


def chosen_first(cells: Iterable[RunCell], notebook: Notebook) -> list[RunCell]:
    """The cells with the one that the author chose as the app's picture before the others."""
    return sorted(cells, key=lambda cell: cell.cell_id != notebook.settings.picture)


def _read(reference) -> bytes | None:
    """The PNG of the image behind a reference. Its bytes come from a kernel: they may be anything."""
    kind = FORMATS.get(reference["media_type"])
    if kind is None or reference["size"] > LARGEST:
        return None
    try:
        content = store.read(reference["sha256"])
        return confined.call(page_pictures.of_image, kind, content, seconds=SECONDS, megabytes=MEGABYTES)
    except (store.BlobMissing, NotDone):
        return None


def _card(publication: Publication) -> Image.Image:
    """The mark, the title in at most three lines, and whose it is."""
    page = Image.new("RGB", SIZE, GROUND)
    draw = ImageDraw.Draw(page)
    _mark(draw, MARGIN + 24, MARGIN + 8, 56)
    title_font, small_font = ImageFont.load_default(72), ImageFont.load_default(32)
    settings = publication.version.notebook.settings
    lines = _lines(draw, settings.title or publication.version.title, title_font, SIZE[0] - 2 * MARGIN - 48, 3)
    top = 220
    for line in lines:
        draw.text((MARGIN + 24, top), line, font=title_font, fill=INK)
        top += 88
    draw.text(
        (MARGIN + 24, SIZE[1] - MARGIN - 56), publication.project.workspace.name[:60], font=small_font, fill=QUIET
    )
    return page


def _mark(draw: ImageDraw.ImageDraw, left: int, top: int, size: int) -> None:
    """A hexagon whose last edge is lit (design/README, section 5)."""
    points = [(17, 5.9), (17, 14.1), (10, 18.2), (3, 14.1), (3, 5.9), (10, 1.8)]
    scaled = [(left + x * size / 20, top + y * size / 20) for x, y in points]
    draw.line(scaled, fill=INK, width=6, joint="curve")
    draw.line([scaled[-1], scaled[0]], fill=LIVE, width=6)


def _lines(draw: ImageDraw.ImageDraw, text: str, font, width: int, most: int) -> list[str]:
    """`text` broken at words to lines of `width` pixels; what does not fit ends in dots."""
    lines: list[str] = []
    line = ""
    for word in text[:300].split():
        longer = f"{line} {word}".strip()
        if line and draw.textlength(longer, font=font) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]}…"]
    return [_cut(draw, one, font, width) for one in lines]


def _cut(draw: ImageDraw.ImageDraw, line: str, font, width: int) -> str:
    while len(line) > 1 and draw.textlength(line, font=font) > width:
        line = f"{line[:-2]}…"
    return line
