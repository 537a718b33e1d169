"""Deepnote's text blocks as markdown."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_INLINE = re.compile(r"([\\`*_\[\]<>|])")
_LINE_START = re.compile(r"^(\s*)([#+-]|\d+[.)])(?=\s|$)", re.MULTILINE)
_LIST_KINDS = ("text-cell-bullet", "text-cell-todo")
_HEADING = re.compile(r"text-cell-h([1-6])")
# How an address can end the parentheses of a link.
_UNSAFE_IN_ADDRESS = re.compile(r"[\s()<>]")
_MARKS = (("code", "`"), ("bold", "**"), ("italic", "*"), ("strike", "~~"))


def is_text(kind: str) -> bool:
    return kind in (*_LIST_KINDS, "text-cell-p", "text-cell-callout", "separator", "image") or bool(
        _HEADING.fullmatch(kind)
    )


def is_list_item(kind: str) -> bool:
    """Whether blocks of this kind that follow each other are one list."""
    return kind in _LIST_KINDS


def markdown(kind: str, content: str, metadata: Mapping[str, Any]) -> str:
    """The block as markdown; `kind` is one that `is_text` knows."""
    if kind == "separator":
        return "---"
    if kind == "image":
        return _picture(metadata)
    text = _formatted(content, metadata.get("formattedRanges"))
    if heading := _HEADING.fullmatch(kind):
        return f"{'#' * int(heading[1])} {' '.join(text.split())}".rstrip()
    match kind:
        case "text-cell-bullet":
            return f"{_indent(metadata)}- {_continued(text, metadata)}"
        case "text-cell-todo":
            box = "x" if metadata.get("checked") is True else " "
            return f"{_indent(metadata)}- [{box}] {_continued(text, metadata)}"
        case "text-cell-callout":
            return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        case _:
            return text


def fenced(text: str, language: str = "") -> str:
    """A block of code in markdown, whatever the text holds."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def escaped(text: str) -> str:
    """Text that markdown shows as it is."""
    return _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}", _INLINE.sub(r"\\\1", text))


def _picture(metadata: Mapping[str, Any]) -> str:
    address = metadata.get("deepnote_img_src")
    return f"![]({_address(address)})" if isinstance(address, str) and address else ""


def _address(address: str) -> str:
    return _UNSAFE_IN_ADDRESS.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), address)


def _indent(metadata: Mapping[str, Any]) -> str:
    level = metadata.get("indent_level")
    return "  " * min(level, 10) if isinstance(level, int) and level > 0 else ""


def _continued(text: str, metadata: Mapping[str, Any]) -> str:
    """Further lines of an item are indented like its text."""
    return text.replace("\n", f"\n{_indent(metadata)}  ")


def _formatted(content: str, ranges: object) -> str:
    """The text with its bold, italic, code and linked ranges, which count code points."""
    if not isinstance(ranges, Sequence) or isinstance(ranges, str):
        return escaped(content)
    pieces: list[str] = []
    at = 0
    for start, end, piece in sorted(_bounds(ranges, len(content)), key=lambda bounds: bounds[:2]):
        if start < at:
            continue
        pieces += [escaped(content[at:start]), _marked(content[start:end], piece)]
        at = end
    pieces.append(escaped(content[at:]))
    return "".join(pieces)


def _bounds(ranges: Sequence[Any], length: int) -> list[tuple[int, int, Mapping[str, Any]]]:
    found = []
    for piece in ranges:
        if not isinstance(piece, Mapping):
            continue
        start, end = piece.get("fromCodePoint"), piece.get("toCodePoint")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length:
            found.append((start, end, piece))
    return found


def _marked(text: str, piece: Mapping[str, Any]) -> str:
    if piece.get("type") == "link":
        inner, address = _formatted(text, piece.get("ranges")), piece.get("url")
        return f"[{inner}]({_address(address)})" if isinstance(address, str) else inner
    marks = piece.get("marks")
    marks = marks if isinstance(marks, Mapping) else {}
    # Marks stick to words: space at the ends stays outside of them.
    words = text.strip()
    if not words:
        return text
    before, after = text[: text.index(words)], text[text.index(words) + len(words) :]
    marked = words if marks.get("code") is True else escaped(words)
    for name, sign in _MARKS:
        if marks.get(name) is True:
            marked = f"{sign}{marked}{sign}"
    return f"{before}{marked}{after}"
