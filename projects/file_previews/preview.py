"""Which look a file gets."""

import base64
import io
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from projects.file_previews.tables import NotATable, TablePreview, encoding_of, read_table
from projects.notebook.cells import Cell
from projects.notebook.files import ipynb

TEXT_BYTES = 64 * 1024
JSON_BYTES = 512 * 1024
DRAWING_BYTES = 1024 * 1024
NOTEBOOK_BYTES = 10 * 2**20
SHOWN_CELLS = 40

TABLES = frozenset({".csv", ".tsv", ".tab", ".psv"})
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


class LookKind(StrEnum):
    TABLE = "table"
    TEXT = "text"
    PICTURE = "picture"  # The browser fetches it.
    DRAWING = "drawing"  # SVG: sent along as data, so that it is never a document of this origin.
    NOTEBOOK = "notebook"
    TOO_LARGE = "too large"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Look:
    """What a person sees of a file; the field that belongs to `kind` is set. `cut` says that there is more."""

    kind: LookKind
    table: TablePreview | None = None
    text: str = ""
    drawing: str = ""
    cells: tuple[Cell, ...] = ()
    cut: bool = False


def bytes_needed(path: PurePosixPath, size: int, *, largest: int) -> int:
    """How much of a file `look` wants to see."""
    kind = path.suffix.lower()
    if kind in TABLES:
        return size if size <= largest else 0
    if kind == ".ipynb" and size <= NOTEBOOK_BYTES:
        return NOTEBOOK_BYTES
    return max(TEXT_BYTES, {".svg": DRAWING_BYTES, ".json": JSON_BYTES, ".geojson": JSON_BYTES}.get(kind, 0))


def look(path: PurePosixPath, content: bytes, size: int, largest: int) -> Look:
    """A look at a file of `size` bytes, of which `content` is all that is needed. Never fails on what is inside: a file
    that is not what its name says is shown as text, or not at all. Tables above `largest` bytes are not summed up."""
    kind = path.suffix.lower()
    if kind in TABLES and size > largest:
        return Look(LookKind.TOO_LARGE)
    if kind in TABLES and (table := _table(content)):
        return Look(LookKind.TABLE, table=table)
    if kind in PICTURES:
        return Look(LookKind.PICTURE)
    if kind == ".svg" and size <= DRAWING_BYTES:
        data = base64.b64encode(content[:DRAWING_BYTES]).decode()
        return Look(LookKind.DRAWING, drawing=f"data:image/svg+xml;base64,{data}")
    if kind == ".ipynb" and size <= NOTEBOOK_BYTES and (cells := _cells(content)):
        return Look(LookKind.NOTEBOOK, cells=cells[:SHOWN_CELLS], cut=len(cells) > SHOWN_CELLS)
    if kind in {".json", ".geojson"} and size <= JSON_BYTES and (text := _json(content)):
        return Look(LookKind.TEXT, text=text[:TEXT_BYTES], cut=len(text) > TEXT_BYTES)
    return _text(content[:TEXT_BYTES], size)


def _table(content: bytes) -> TablePreview | None:
    try:
        return read_table(io.BytesIO(content))
    except NotATable:
        return None


def _cells(content: bytes) -> tuple[Cell, ...]:
    try:
        return ipynb.read(content).notebook.cells
    except ipynb.UnreadableNotebook:
        return ()


def _json(content: bytes) -> str:
    """Indented, from its beginning: indentation alone can make it a thousand times as long."""
    pieces, length = [], 0
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(content)):
            pieces.append(piece)
            length += len(piece)
            if length > TEXT_BYTES:
                break
    except (ValueError, RecursionError):
        return ""
    return "".join(pieces)


def _text(start: bytes, size: int) -> Look:
    encoding = encoding_of(start)
    text = start.decode(encoding, errors="replace")
    odd = sum(1 for character in text[:4096] if not character.isprintable() and character not in "\n\r\t\f")
    if "\0" in text or odd > 8 or (encoding == "latin-1" and odd):
        return Look(LookKind.NOTHING)
    return Look(LookKind.TEXT, text=text, cut=size > len(start))
