"""Blocks of a Deepnote notebook as cells, in their order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.notebook.cells import Cell, CellKind, Show, derived_id, is_id
from projects.notebook.deepnote import inputs
from projects.notebook.deepnote.prose import escaped, fenced, is_list_item, is_text, markdown
from projects.notebook.files.repair import valid_output
from projects.notebook.files.unreadable import UnreadableNotebook, check_source_size

_PLACEHOLDERS = {
    "sql": "An SQL block",
    "visualization": "A chart",
    "agent": "An agent block",
    "notebook-function": "A block that runs another notebook",
}


@dataclass
class ConvertedBlock:
    """The cells so far, with what belongs to them. `rows` says which row of Deepnote's layout a cell is in, `widths`
    how many percent of it the cell takes."""

    cells: list[Cell] = field(default_factory=list)
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    execution_counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    widths: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    names: inputs.Names = field(default_factory=inputs.Names)


@dataclass(frozen=True)
class _Block:
    identity: object
    kind: str
    content: str
    metadata: Mapping[str, Any]
    group: str
    data: Mapping[str, Any]

    @property
    def is_list_item(self) -> bool:
        return is_list_item(self.kind)


def convert_blocks(blocks: Sequence[Any]) -> ConvertedBlock:
    """Cells for all blocks of one notebook. Raises UnreadableNotebook for blocks that are no blocks."""
    read = [_block(data, position) for position, data in enumerate(blocks)]
    read = _ordered(read)
    converted = ConvertedBlock()
    is_app = any(key.startswith("deepnote_app_") for block in read for key in block.metadata)
    for run in _runs(read):
        for cell in _cells(run, converted):
            _add(cell, run[0], converted, is_app)
    return converted


def _block(data: Any, position: int) -> _Block:
    place = f"Block {position + 1}"
    if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
        raise UnreadableNotebook(f"{place} is damaged: it is not a block.")
    content = data.get("content")
    text = content if isinstance(content, str) else ""
    check_source_size(text, place)
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    group = metadata.get("deepnote_app_block_group_id") or data.get("blockGroup")
    return _Block(data.get("id"), data["type"].lower(), text, metadata, str(group or ""), data)


def _ordered(blocks: list[_Block]) -> list[_Block]:
    """In the order of their sorting keys, which files are almost always in already."""
    keys = [block.data.get("sortingKey") for block in blocks]
    if not all(isinstance(key, str) and key for key in keys):
        return blocks
    if all(re.fullmatch(r"\d{1,9}", key, re.ASCII) for key in keys if isinstance(key, str)):
        return sorted(blocks, key=lambda block: int(block.data["sortingKey"]))
    return sorted(blocks, key=lambda block: str(block.data["sortingKey"]))


def _runs(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    """Each block alone, but list items that follow each other together: they are one list in markdown."""
    run: list[_Block] = []
    for block in blocks:
        if run and not _continues_list(block, run[-1]):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _continues_list(block: _Block, last: _Block) -> bool:
    side_by_side = bool(block.group) and block.group == last.group
    return block.is_list_item and last.is_list_item and not side_by_side and _visible(block) == _visible(last)


def _cells(run: Sequence[_Block], converted: ConvertedBlock) -> Iterator[Cell]:
    block = run[0]
    if is_text(block.kind):
        text = "\n".join(markdown(item.kind, item.content, item.metadata) for item in run)
        yield Cell(_identity(block, converted), CellKind.MARKDOWN, text)
        if block.kind == "image":
            converted.notes.append("Pictures that Deepnote keeps may not show; upload them to the project's files.")
    elif inputs.is_input(block.kind):
        yield from _inputs(block, converted)
    elif block.kind in ("markdown", "code"):
        kind = CellKind.MARKDOWN if block.kind == "markdown" else CellKind.CODE
        yield Cell(_identity(block, converted), kind, block.content)
    elif block.kind == "big-number":
        yield _big_number(block, converted)
    else:
        yield _placeholder(block, converted)


def _inputs(block: _Block, converted: ConvertedBlock) -> Iterator[Cell]:
    found = inputs.convert(block.kind, block.metadata, converted.names)
    converted.notes += found.notes
    for place, spec in enumerate(found.specs):
        identity = _identity(block, converted, spec.name if place else "")
        yield Cell(identity, CellKind.CODE).with_input(spec)
    if found.code:
        yield Cell(_identity(block, converted, found.code), CellKind.CODE, found.code)


def _big_number(block: _Block, converted: ConvertedBlock) -> Cell:
    """Code that shows the number under its title; its format and its comparison stay behind."""
    title = str(block.metadata.get("deepnote_big_number_title") or "")
    variable = str(block.metadata.get("deepnote_big_number_value") or "")
    if not variable.isidentifier():
        return _placeholder(block, converted)
    converted.notes.append(f'The big number "{title or variable}" is a cell of code now, without its format.')
    code = f'from IPython.display import Markdown\n\nMarkdown({escaped(title)!r} + f"\\n\\n# {{{variable}}}")'
    return Cell(_identity(block, converted), CellKind.CODE, code)


def _placeholder(block: _Block, converted: ConvertedBlock) -> Cell:
    """A visible note in the place of a block that has no counterpart, with all that was written in it."""
    what = _PLACEHOLDERS.get(block.kind, f"A block of the kind {block.kind[:40]}")
    variable = block.metadata.get("deepnote_variable_name")
    lines = [f"**{what} of Deepnote was here.** It does not run in this notebook; write what it did as code."]
    if isinstance(variable, str) and variable:
        verb = "drew" if block.kind == "visualization" else "stored its result in"
        lines.append(f"It {verb} {_inline_code(variable)}.")
    if block.content.strip():
        lines.append(fenced(block.content.rstrip("\n"), "sql" if block.kind == "sql" else ""))
    converted.notes.append(f"{what} has no counterpart; a note stands in its place.")
    return Cell(_identity(block, converted), CellKind.MARKDOWN, "\n\n".join(lines))


def _inline_code(text: str) -> str:
    return f"`{text.replace('`', ' ')}`"


def _add(cell: Cell, block: _Block, converted: ConvertedBlock, is_app: bool) -> None:
    converted.cells.append(_shown(cell, block, is_app))
    if block.group:
        converted.rows[cell.id] = block.group
    width = block.metadata.get("deepnote_app_block_width")
    if isinstance(width, int | float) and 0 < width <= 100:
        converted.widths[cell.id] = float(width)
    if block.kind != "code":
        return
    if outputs := _outputs(block, converted):
        converted.outputs[cell.id] = outputs
    count = block.data.get("executionCount")
    if isinstance(count, int) and count > 0:
        converted.execution_counts[cell.id] = count


def _shown(cell: Cell, block: _Block, is_app: bool) -> Cell:
    """As Deepnote's app shows it: everything but what was hidden. Without an app our own default stays."""
    if not is_app:
        return cell
    show = Show(
        cell=_visible(block),
        code=block.metadata.get("deepnote_app_is_code_hidden") is not True and block.kind == "code",
        output=block.metadata.get("deepnote_app_is_output_hidden") is not True,
    )
    return cell if show == cell.show else cell.with_show(show)


def _visible(block: _Block) -> bool:
    return block.metadata.get("deepnote_app_block_visible") is not False


def _outputs(block: _Block, converted: ConvertedBlock) -> list[dict[str, Any]]:
    found = block.data.get("outputs")
    outputs = []
    for output in found if isinstance(found, list) else ():
        try:
            outputs.append(valid_output(output, "a block"))
        except UnreadableNotebook:
            converted.notes.append("An output that is damaged was left out.")
    return outputs


def _identity(block: _Block, converted: ConvertedBlock, part: str = "") -> str:
    """The block's own id where it can be a cell's, otherwise one made from its content; the same every time."""
    taken = {cell.id for cell in converted.cells}
    if not part and is_id(block.identity) and block.identity not in taken:
        return block.identity
    return derived_id(len(converted.cells), block.kind, f"{block.identity}\n{part}\n{block.content}")
