"""Two people's texts of one cell in one text, for whoever wants to join them by hand."""

from collections.abc import Iterable
from itertools import groupby

from projects.notebook.difference import DifferenceLine, LineKind, TextDifference


def joined(difference: TextDifference, *, theirs_name: str, is_prose: bool) -> str:
    """All lines of both: what is the same once, what differs one below the other, marked with whose it is.

    `difference` is from their text to yours. The marks are comments, of markdown where `is_prose`, so that the text
    stays what it was.
    """
    lines: list[str] = []
    for differs, run in groupby(difference.lines, key=lambda line: line.kind is not LineKind.SAME):
        block = list(run)
        if not differs:
            lines += [line.text for line in block]
            continue
        for kind, whose in ((LineKind.WAS, f"{theirs_name}’s"), (LineKind.IS, "yours")):
            own = _of(block, kind)
            if own:
                lines += [_mark(f"{whose}:", is_prose), *own]
        lines.append(_mark("both again", is_prose))
    return "\n".join(lines)


def _of(block: Iterable[DifferenceLine], kind: LineKind) -> list[str]:
    return [line.text for line in block if line.kind is kind]


def _mark(words: str, is_prose: bool) -> str:
    return f"<!-- {words} -->" if is_prose else f"# ---- {words}"
