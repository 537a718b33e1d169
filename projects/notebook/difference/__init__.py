"""Two notebooks compared (publishing, "The difference"): `compare` gives a value that templates draw."""

from projects.notebook.difference.comparison import CellChange, ChangeKind, Difference, compare
from projects.notebook.difference.fields import FieldChange
from projects.notebook.difference.links import Breaking, BrokenLink
from projects.notebook.difference.outputs import (
    NumberChange,
    OutputChange,
    OutputKind,
    SideState,
    compare_outputs,
)
from projects.notebook.difference.tables import TableChange, ValueChange
from projects.notebook.difference.texts import DifferenceLine, DifferencePart, LineKind, TextDifference, compare_texts

__all__ = [
    "Breaking",
    "BrokenLink",
    "CellChange",
    "ChangeKind",
    "Difference",
    "DifferenceLine",
    "DifferencePart",
    "FieldChange",
    "LineKind",
    "NumberChange",
    "OutputChange",
    "OutputKind",
    "SideState",
    "TableChange",
    "TextDifference",
    "ValueChange",
    "compare",
    "compare_outputs",
    "compare_texts",
]
