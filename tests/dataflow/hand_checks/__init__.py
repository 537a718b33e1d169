"""Hand checks of notebooks that others wrote: what each cell reads, binds and changes, by somebody who read it.

The notebooks themselves are not kept here: a record names the repository, the commit and the file, and says of each
code cell, in its own notation, `number: names it leaves behind < names it reads from above`. `df!` is a change in place
of a `df` from above, `np?` a setting made in it, `*` a cell that may do anything. A function reads, where it is used,
what its body reads.

`python -m tests.dataflow.hand_checks FOLDER` compares the records with the notebooks; FOLDER has a clone of each
repository as `owner/name`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """One cell as the hand check has it."""

    binds: tuple[str, ...]
    changes: tuple[str, ...]
    sets: tuple[str, ...]
    reads: tuple[str, ...]
    opaque: bool

    @classmethod
    def parse(cls, line: str) -> Written:
        left, _, reads = line.partition(":")[2].partition("<")
        names = left.split()
        return cls(
            tuple(name for name in names if name.isidentifier()),
            tuple(name[:-1] for name in names if name.endswith("!")),
            tuple(name[:-1] for name in names if name.endswith("?")),
            tuple(reads.split()),
            "*" in names,
        )


@dataclass(frozen=True)
class Record:
    """One notebook: where it is, its cells, and for its inputs the cells that a change of one must run."""

    repository: str
    commit: str
    path: str
    cells: tuple[Written, ...]
    title: str = ""
    plans: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.repository} {self.path} {self.title}".strip()

    @property
    def edges(self) -> set[tuple[int, int, tuple[str, ...]]]:
        """(from, to, names), by the plain rule: a read sees the nearest write above it."""
        found: set[tuple[int, int, tuple[str, ...]]] = set()
        visible: dict[str, list[int]] = {}
        opaque = 0
        everywhere = {name for cell in self.cells for name in (*cell.binds, *cell.changes, *cell.sets)}
        for number, cell in enumerate(self.cells, 1):
            sources: dict[int, set[str]] = {opaque: set()} if opaque else {}
            for name in everywhere if cell.opaque else (*cell.reads, *cell.changes, *cell.sets):
                for source in visible.get(name, ()):
                    sources.setdefault(source, set()).add(name)
                if opaque and name not in everywhere:
                    sources[opaque].add(name)
            found |= {(source, number, tuple(sorted(names))) for source, names in sources.items()}
            visible |= {name: [number] for name in (*cell.binds, *cell.changes)}
            for name in cell.sets:
                visible.setdefault(name, []).append(number)
            opaque = number if cell.opaque else opaque
        return found


def records(collection: str) -> list[Record]:
    """Those of one file, "pandas_notebooks" or "deepnote_examples"."""
    return list(_read(FOLDER / f"{collection}.toml"))


def _read(file: Path) -> Iterator[Record]:
    for item in tomllib.loads(file.read_text())["notebook"]:
        lines = item.pop("cells").strip().splitlines()
        assert [line.partition(":")[0] for line in lines] == [str(number + 1) for number in range(len(lines))], item
        yield Record(**item, cells=tuple(Written.parse(line) for line in lines))
