"""Why a cell runs, as a value and as a sentence for people."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from projects.notebook.reactivity.graph import listed

# What a viewer of an app is told where the reason itself names variables or cells of the notebook.
SOMETHING_CHANGED = "what it depends on changed"
_NAMES_AT_ITS_HEART = re.compile(r"(?:reads (?P<read>.+), which changed|(?P<moved>.+) changed)")


class ReasonKind(StrEnum):
    """Why a cell runs."""

    NEVER_RAN = "never ran"
    EDITED = "edited"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    ALWAYS = "always"
    INPUT = "input"  # the value of this input cell changed
    READS = "reads"  # it reads names whose values change
    MAKES_AGAIN = "makes again"  # a cell below overwrote or changed what it made, and a cell that runs needs it
    RESTORES = "restores"  # a cell above runs and binds a name that this cell binds last
    SHARES = "shares"  # what it made holds an object that is made again


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a cell runs: which names, and the cell on account of which (its id)."""

    kind: ReasonKind
    names: tuple[str, ...] = ()
    cell_id: str | None = None
    number: int | None = None  # of that cell, for the sentence

    def sentence(self) -> str:
        """For people: "reads n, which changed"."""
        names, other = listed(self.names), f"cell {self.number}" if self.number else "a cell below"
        match self.kind:
            case ReasonKind.NEVER_RAN:
                return "never ran"
            case ReasonKind.EDITED:
                return "was edited since it ran"
            case ReasonKind.FAILED:
                return "its last run failed"
            case ReasonKind.INTERRUPTED:
                return "its last run was interrupted"
            case ReasonKind.ALWAYS:
                return "is set to run always"
            case ReasonKind.INPUT:
                return f"{names} changed"
            case ReasonKind.READS if self.names:
                return (
                    f"reads {names}, which changed"
                    if self.cell_id is None
                    else f"reads {names}, which {other} makes new"
                )
            case ReasonKind.READS:
                return f"comes after {other}, which cannot be analysed and runs again"
            case ReasonKind.MAKES_AGAIN:
                return (
                    f"makes {names} again, because {other} changed it afterwards"
                    if self.number
                    else f"makes {names} again"
                )
            case ReasonKind.RESTORES:
                return (
                    f"puts {names} back, because {other} runs again above it" if self.number else f"puts {names} back"
                )
            case ReasonKind.SHARES:
                return f"takes {names} again, because {other} makes the object behind it new"


# Reasons that name nothing.
_NAMELESS = {
    Reason(kind).sentence()
    for kind in (
        ReasonKind.NEVER_RAN,
        ReasonKind.EDITED,
        ReasonKind.FAILED,
        ReasonKind.INTERRUPTED,
        ReasonKind.ALWAYS,
    )
}


def for_viewers(sentence: str, known: Collection[str], besides: Collection[str] = ()) -> str:
    """The sentence for who does not read the notebook: as it is where it names only `known` inputs, or is one of those
    `besides` that name nothing."""
    if not sentence or sentence in _NAMELESS or sentence in besides:
        return sentence
    named = _NAMES_AT_ITS_HEART.fullmatch(sentence)
    if named and all(name in known for name in re.split(r", | and ", named["read"] or named["moved"])):
        return sentence
    return SOMETHING_CHANGED
