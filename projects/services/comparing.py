"""Notebooks and texts compared in a confined process: whoever wrote them chose how alike they are."""

from projects import confined
from projects.confined import NotDone
from projects.notebook import difference
from projects.notebook.difference import Difference, DifferenceLine, DifferencePart, LineKind, TextDifference
from projects.notebook.difference.comparison import Outputs
from projects.notebook.document import Notebook

SECONDS = 5.0
MEGABYTES = 512.0


def compare(
    before: Notebook, after: Notebook, outputs_before: Outputs | None = None, outputs_after: Outputs | None = None
) -> Difference:
    """As `difference.compare`. What takes too long is compared without its outputs, or is said to be unknown."""
    tries = [(outputs_before, outputs_after), (None, None)] if outputs_before and outputs_after else [(None, None)]
    for outputs in tries:
        try:
            return confined.call(difference.compare, before, after, *outputs, seconds=SECONDS, megabytes=MEGABYTES)
        except NotDone:
            continue
    return Difference((), unknown="What differs between these two could not be worked out.")


def compare_texts(before: str, after: str) -> TextDifference:
    """As `difference.compare_texts`; what takes too long is one text gone and another one come."""
    try:
        return confined.call(difference.compare_texts, before, after, seconds=SECONDS, megabytes=MEGABYTES)
    except NotDone:
        return TextDifference((*_lines(LineKind.WAS, before), *_lines(LineKind.IS, after)))


def _lines(kind: LineKind, text: str) -> list[DifferenceLine]:
    return [DifferenceLine(kind, (DifferencePart(line),), number) for number, line in enumerate(text.split("\n"), 1)]
