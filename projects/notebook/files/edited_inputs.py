"""Input cells whose code was edited elsewhere, in Jupyter for example: what was written must not be lost."""

import ast
import io
import tokenize
from dataclasses import dataclass, replace
from typing import Any

from projects.notebook.inputs import InputSpec, NotAllowed, source
from projects.notebook.inputs.values import checked_default


@dataclass(frozen=True)
class Adopted:
    """The input with the default that the code sets, and the code that no setting can hold ("" for none)."""

    spec: InputSpec
    left_over: str = ""


def adopt(spec: InputSpec, code: str) -> Adopted:
    """`n = 30` in the cell of an input with the default 20 makes 30 the default. Never raises."""
    if code.strip() in ("", source(spec)):
        return Adopted(spec)
    value = _assigned(spec.name, code)
    if value is None or _has_comments(code):
        return Adopted(spec, code)
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        # A date is written as a call; which day it is, the settings say.
        return Adopted(spec, "" if spec.kind.is_computed else code)
    return _with_default(spec, default, code)


def _with_default(spec: InputSpec, default: Any, code: str) -> Adopted:
    if isinstance(default, tuple):
        default = list(default)
    try:
        return Adopted(replace(spec, default=checked_default(spec, default)))
    except NotAllowed:
        return Adopted(spec, code)


def _assigned(name: str, code: str) -> ast.expr | None:
    """What the code assigns to the variable, if imports aside it does nothing else."""
    try:
        statements = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    match [statement for statement in statements if not isinstance(statement, ast.Import | ast.ImportFrom)]:
        case [ast.Assign(targets=[ast.Name(id=target)], value=value)] if target == name:
            return value
        case [ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)] if target == name:
            return value
        case _:
            return None


def _has_comments(code: str) -> bool:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return any(token.type == tokenize.COMMENT for token in tokens)
