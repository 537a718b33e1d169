"""How much of a text is followed: a text of a few kilobytes can ask for the square of itself.

What is beyond counts as one that may read and change everything, with `REASON`. The limits are 10 to 100 times what 186
notebooks of others need at most (docs/real-notebooks.md); within all of them a notebook takes some seconds and 100 MB.
"""

from __future__ import annotations

MOST_NODES = 50_000  # of one cell's syntax tree; found at most: 2,377
MOST_NODES_OF_ALL = 200_000  # 11,260
MOST_SHARES = 5_000  # pairs of names of one cell that may share an object; 50
MOST_STEPS = 2_000_000  # from name to name, to find who shares objects, in all cells; 87,721
MOST_PAIRS = 200_000  # that are kept of these; 11,571
MOST_READS = 150_000  # names that cells read, bind and change, in all cells; 4,000
MOST_NAMES_OF_EDGES = 50_000  # 2,000

REASON = "a text too long to be followed"  # after "uses"


class AnalysisTooLarge(Exception):
    """A text asks for more than its budget."""


class AnalysisBudget:
    """So many of something are left."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, count: int) -> None:
        """Raises TooMuch."""
        self._left -= count
        if self._left < 0:
            raise AnalysisTooLarge
