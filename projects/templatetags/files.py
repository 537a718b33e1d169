"""Sizes and icons of files."""

from pathlib import PurePosixPath

from django import template

from projects.file_previews.preview import PICTURES, TABLES
from projects.services.file_staging import in_words
from projects.services.files import EntryKind, FileEntry

register = template.Library()

_CODE = frozenset({".py", ".ipynb", ".r", ".sql", ".sh", ".jl", ".js", ".json"})


@register.filter
def size(number: int) -> str:
    """Bytes as people say them: 48 KB."""
    return in_words(number)


@register.filter
def file_icon(entry: FileEntry) -> str:
    """The name of the icon that says what this is."""
    suffix = PurePosixPath(entry.name).suffix.lower()
    if entry.kind is EntryKind.FOLDER:
        return "folder"
    if entry.kind is EntryKind.OTHER or entry.name.startswith("."):
        return "lock"
    if suffix in _CODE:
        return "code"
    if suffix in PICTURES | {".svg"}:
        return "image"
    return "table" if suffix in TABLES | {".parquet", ".xlsx", ".xls", ".feather"} else "file"


@register.filter
def grouped(number: int) -> str:
    """1461 → 1,461."""
    return f"{number:,}"
