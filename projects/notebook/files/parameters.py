"""Papermill's cell tagged `parameters`: which of its assignments can become inputs, and making them so."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from projects.notebook.cells import Cell, CellKind, new_id
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec, NotAllowed
from projects.notebook.inputs.limits import MAXIMUM_HELP
from projects.notebook.inputs.naming import name_problem
from projects.notebook.inputs.values import checked_default

PARAMETERS_TAG = "parameters"


@dataclass(frozen=True)
class Offer:
    """A variable of the parameters cell: the input it can become, or (`spec` None) the reason why it can't."""

    cell_id: str
    name: str
    spec: InputSpec | None
    reason: str = ""


@dataclass(frozen=True)
class _Assignment:
    """`name = value` on lines of its own, counted from 1; `comment` stands behind it."""

    name: str
    value: ast.expr
    first_line: int
    last_line: int
    comment: str = ""


def offered_inputs(notebook: Notebook) -> list[Offer]:
    """One offer for each variable that a `parameters` cell sets, in order. Cells that do not parse offer nothing."""
    taken = {name for spec in notebook.inputs for name in spec.names}
    offers: list[Offer] = []
    for cell in notebook.cells:
        if cell.kind is CellKind.CODE and PARAMETERS_TAG in cell.tags:
            offers += _offers(cell, taken)
            taken |= {offer.name for offer in offers}
    return offers


def offered_input(cell: Cell) -> InputSpec | None:
    """The input that a cell could be as a whole: one that only sets a variable to a literal."""
    found = list(_assignments(cell.source))
    if cell.kind is not CellKind.CODE or len(found) != 1:
        return None
    rest = _without(cell.source, found)
    return None if any(piece.strip() for piece in rest) else _spec(found[0])[0]


def offers_of(notebook: Notebook, cell_id: str) -> list[Offer]:
    """What a cell can be parted into: the variables that a `parameters` cell sets, and those of another cell where it
    does nothing but set variables to values."""
    cell = notebook.cell(cell_id)
    if PARAMETERS_TAG in cell.tags:
        return [offer for offer in offered_inputs(notebook) if offer.cell_id == cell_id]
    if cell.kind is not CellKind.CODE:
        return []
    found = list(_offers(cell, {name for spec in notebook.inputs for name in spec.names}))
    rest = _without(cell.source, list(_assignments(cell.source)))
    return found if all(offer.spec for offer in found) and not any(piece.strip() for piece in rest) else []


def accept(notebook: Notebook, offers: Iterable[Offer]) -> Notebook:
    """With the offered variables as inputs: the cell is parted at each, in its order, and nothing else of it is lost.

    Offers that cannot be taken, or no longer fit the notebook, change nothing.
    """
    wanted: dict[str, set[str]] = {}
    for offer in offers:
        if offer.spec is not None:
            wanted.setdefault(offer.cell_id, set()).add(offer.name)
    known = [cell_id for cell_id in wanted if cell_id in notebook]
    now = {(cell_id, offer.name): offer.spec for cell_id in known for offer in offers_of(notebook, cell_id)}
    cells: list[Cell] = []
    for cell in notebook.cells:
        specs = {name: now.get((cell.id, name)) for name in wanted.get(cell.id, ())}
        cells += _parted(cell, {name: spec for name, spec in specs.items() if spec is not None})
    return replace(notebook, cells=tuple(cells))


def _offers(cell: Cell, taken: set[str]) -> Iterator[Offer]:
    found = list(_assignments(cell.source))
    times = Counter(assignment.name for assignment in found)
    for assignment in found:
        spec, reason = _spec(assignment)
        if times[assignment.name] > 1:
            spec, reason = None, f'"{assignment.name}" is set more than once.'
        elif assignment.name in taken:
            spec, reason = None, f'There is an input called "{assignment.name}" already.'
        yield Offer(cell.id, assignment.name, spec, reason)


def _assignments(code: str) -> Iterator[_Assignment]:
    try:
        statements = ast.parse(code).body
        comments = _comments(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return
    lines = Counter(
        line for statement in statements for line in range(statement.lineno, (statement.end_lineno or 0) + 1)
    )
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        last = statement.end_lineno or statement.lineno
        if all(lines[line] == 1 for line in range(statement.lineno, last + 1)):
            yield _Assignment(name, value, statement.lineno, last, comments.get(last, ""))


def _comments(code: str) -> Mapping[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return {token.start[0]: token.string.lstrip("# ").rstrip() for token in tokens if token.type == tokenize.COMMENT}


def _spec(assignment: _Assignment) -> tuple[InputSpec | None, str]:
    name = assignment.name
    if problem := name_problem(name):
        return None, problem
    try:
        value = ast.literal_eval(assignment.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None, f'"{name}" is worked out by code, not written as a value.'
    kind = _kind(value)
    if not kind:
        return None, f'"{name}" is {_described(value)}; inputs are made of text, numbers, true and false.'
    label = name.replace("_", " ")
    spec = InputSpec.from_json(
        {
            "kind": kind,
            "name": name,
            "label": label[:1].upper() + label[1:],
            "default": value,
            "help": assignment.comment[:MAXIMUM_HELP],
            "multiline": isinstance(value, str) and "\n" in value,
        }
    )
    assert spec is not None  # Its kind and its name were looked at.
    try:
        checked_default(spec, value)
    except NotAllowed as refusal:
        return None, f'"{name}" {refusal}.'
    return spec, ""


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "checkbox"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return ""


def _described(value: Any) -> str:
    match value:
        case None:
            return "None, which says nothing about its kind"
        case list() | tuple() | set():
            return "a list"
        case dict():
            return "a dictionary"
        case _:
            return f"of the type {type(value).__name__}"


def _parted(cell: Cell, specs: Mapping[str, InputSpec]) -> Iterator[Cell]:
    """The cell's pieces in order; the first keeps its id and metadata."""
    if not specs:
        yield cell
        return
    taken = [assignment for assignment in _assignments(cell.source) if assignment.name in specs]
    rest = iter(_without(cell.source, taken))
    pieces: list[str | InputSpec] = [next(rest)]
    for assignment, after in zip(taken, rest, strict=True):
        pieces += [specs[assignment.name], after]
    identity, metadata = cell.id, cell.metadata
    for piece in pieces:
        if isinstance(piece, str) and not piece.strip():
            continue
        if isinstance(piece, InputSpec):
            yield Cell(identity, CellKind.CODE, metadata=metadata).with_input(piece)
        else:
            yield Cell(identity, CellKind.CODE, piece.strip("\n"), metadata)
        identity, metadata = new_id(), {}


def _without(code: str, taken: list[_Assignment]) -> list[str]:
    """The text before, between and after the assignments: one more than there are of them."""
    # Lines as Python counts them, which is fewer than str.splitlines.
    lines = re.split(r"\r\n|\r|\n", code)
    starts = [0, *(assignment.last_line for assignment in taken)]
    ends = [*(assignment.first_line - 1 for assignment in taken), len(lines)]
    return ["\n".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
