"""Files that are no notebook we take, each with a sentence for the person who brought it."""

MAXIMUM_FILE_BYTES = 10 * 1024 * 1024
MAXIMUM_SOURCE_BYTES = 256 * 1024
MAXIMUM_CELLS = 500
# Plots and tables nest to about 30; a reader that follows more runs out of stack.
MAXIMUM_DEPTH = 100


class UnreadableNotebook(ValueError):
    """The file can't be read as a notebook. The text says why, and what to do, in words for its owner."""


def size_in_words(size: int) -> str:
    """`312 KB`, `1.1 MB`, `12 MB`: bytes as people say them, rounded up."""
    if size < 1024 * 1024:
        return f"{-(-size // 1024)} KB"
    tenths = -(-size * 10 // (1024 * 1024))
    return f"{tenths / 10:g} MB" if tenths < 100 else f"{-(-tenths // 10)} MB"


def check_file_size(content: bytes, called: str) -> None:
    """Raises UnreadableNotebook for an empty file and for one above 10 MB."""
    if not content:
        raise UnreadableNotebook(f"{called} is empty.")
    if len(content) > MAXIMUM_FILE_BYTES:
        raise UnreadableNotebook(
            f"{called} has {size_in_words(len(content))}; a notebook can have {size_in_words(MAXIMUM_FILE_BYTES)}. "
            "Clear its outputs, save it and bring it again."
        )


def check_number_of_cells(number: int, called: str) -> None:
    """Raises UnreadableNotebook above 500."""
    if number > MAXIMUM_CELLS:
        raise UnreadableNotebook(f"{called} has {number:,} cells; a notebook can have {MAXIMUM_CELLS}.")


def check_source_size(source: str, place: str) -> None:
    """Raises UnreadableNotebook above 256 KB. `place` names the cell: `Cell 3`."""
    size = len(source.encode("utf-8", "replace"))
    if size > MAXIMUM_SOURCE_BYTES:
        raise UnreadableNotebook(
            f"{place} has {size_in_words(size)} of text; a cell can have {size_in_words(MAXIMUM_SOURCE_BYTES)}. "
            "Put its data into a file of the project."
        )


def quoted(name: str) -> str:
    """How a file is called in a sentence."""
    clean = "".join(character for character in name if character.isprintable())[:100]
    return f'"{clean}"' if clean else "This file"
