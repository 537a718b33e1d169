"""Which cell of one notebook is which of the other, and which of them moved."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from projects.notebook.document import Cell, Notebook

_WORDS = re.compile(r"\w+|[^\w\s]")
# Cells with less in common are one removed and one added.
_ALIKE = 0.6
# A cell that lost its id is looked for this near to where it was.
_WINDOW = 25
# Words that are looked at in a long cell.
_MOST_WORDS = 500


def matched(before: Notebook, after: Notebook) -> dict[str, str]:
    """Ids of `before` to ids of `after`, for the cells that are the same one: by id, then by lineage, then as inputs of
    the same variable, then with the same content, then by likeness."""
    pairs = {cell.id: cell.id for cell in before.cells if cell.id in after}
    _pair_by(lambda cell: cell.lineage, before, after, pairs)
    _pair_by(lambda cell: cell.input.name if cell.input else None, before, after, pairs)
    _pair_by(lambda cell: (cell.kind, cell.source) if cell.source.strip() else None, before, after, pairs)
    _pair_by_likeness(before, after, pairs)
    return pairs


def moved(before: Notebook, after: Notebook, pairs: Mapping[str, str]) -> dict[str, int]:
    """Ids of `after` that changed their place among the cells that both have, with how many of those they passed:
    negative upwards. The fewest cells that explain the new order."""
    common = [cell.id for cell in before.cells if cell.id in pairs]
    now = {pairs[identity]: place for place, identity in enumerate(common)}
    order = [cell.id for cell in after.cells if cell.id in now]
    kept = _longest_rising([now[identity] for identity in order])
    return {
        identity: place - now[identity]
        for place, identity in enumerate(order)
        if now[identity] not in kept and place != now[identity]
    }


def _pair_by(key: Callable[[Cell], Hashable | None], before: Notebook, after: Notebook, pairs: dict[str, str]) -> None:
    """Pair cells with the same key, in order, among those without a partner."""
    free: dict[Hashable, list[str]] = {}
    taken = set(pairs.values())
    for cell in after.cells:
        if cell.id not in taken and key(cell) is not None:
            free.setdefault(key(cell), []).append(cell.id)
    for cell in before.cells:
        partners = free.get(key(cell)) if cell.id not in pairs and free else None
        if partners:
            pairs[cell.id] = partners.pop(0)


def _pair_by_likeness(before: Notebook, after: Notebook, pairs: dict[str, str]) -> None:
    taken = set(pairs.values())
    old = [(cell, _words(cell)) for cell in before.cells if cell.id not in pairs]
    new = [(cell, _words(cell)) for cell in after.cells if cell.id not in taken]
    if not old or not new:
        return
    likely = [
        (likeness, -abs(place - other_place), cell.id, other.id)
        for place, (cell, words) in enumerate(old)
        for other_place, (other, other_words) in _near(new, place)
        if cell.kind is other.kind and (likeness := _likeness(words, other_words)) >= _ALIKE
    ]
    for _, _, identity, other_identity in sorted(likely, reverse=True):
        if identity not in pairs and other_identity not in taken:
            pairs[identity] = other_identity
            taken.add(other_identity)


def _near(new: Sequence[tuple[Cell, Counter[str]]], place: int) -> Iterable[tuple[int, tuple[Cell, Counter[str]]]]:
    start = max(0, place - _WINDOW)
    return enumerate(new[start : place + _WINDOW + 1], start)


def _words(cell: Cell) -> Counter[str]:
    return Counter(_WORDS.findall(cell.source)[:_MOST_WORDS])


def _likeness(words: Counter[str], others: Counter[str]) -> float:
    """Dice's coefficient over words: 0 for nothing in common, 1 for the same words."""
    total = words.total() + others.total()
    if not total or 2 * min(words.total(), others.total()) < _ALIKE * total:
        return 0.0
    return 2 * (words & others).total() / total


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The members of a longest rising subsequence."""
    ends: list[int] = []
    end_places: list[int] = []
    previous: list[int | None] = []
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        previous.append(end_places[length - 1] if length else None)
        ends[length : length + 1] = [number]
        end_places[length : length + 1] = [place]
    kept: set[int] = set()
    at = end_places[-1] if end_places else None
    while at is not None:
        kept.add(numbers[at])
        at = previous[at]
    return kept
