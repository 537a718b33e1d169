"""The hand checks of public notebooks hold, played with cells of our own that read and bind the same names.

`python -m tests.dataflow.hand_checks FOLDER` compares them with the notebooks themselves, which are not kept here;
docs/real-notebooks.md says when that was last done.
"""

from __future__ import annotations

from collections import Counter

import pytest

from projects.notebook.reactivity.description import describe
from projects.notebook.reactivity.graph import CellSource, build
from tests.dataflow.hand_checks import Record, Written, records

RECORDS = [*records("pandas_notebooks"), *records("deepnote_examples")]


def test_ten_pandas_notebooks_and_every_example_of_deepnotes_were_checked() -> None:
    assert len(records("pandas_notebooks")) >= 10
    assert len({record.repository for record in records("pandas_notebooks")}) >= 3
    assert len({record.path for record in records("deepnote_examples")}) == 16
    assert max(Counter(map(str, RECORDS)).values()) == 1
    assert sum(len(record.cells) for record in RECORDS) > 250


def acted(number: int, cell: Written, inputs: set[str]) -> CellSource:
    """A cell that does with its names what the record says, and nothing else."""
    if cell.opaque:
        return CellSource(f"c{number}", "!ls")
    if len(cell.binds) == 1 and cell.binds[0] in inputs:
        return CellSource(f"c{number}", f"{cell.binds[0]} = 1", "input", cell.binds[0])
    read = "".join(f"{{{name}}}" for name in cell.reads)
    lines = [f'print(f"{read}")']
    lines += [f"{name} += 'more'" for name in cell.changes]
    lines += [f"if len({name}) > 1: {name} = 'another'" for name in cell.sets]
    lines += [f"{name} = 'text'" for name in cell.binds]
    return CellSource(f"c{number}", "\n".join(lines))


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_the_graph_is_the_one_found_by_hand(record: Record) -> None:
    graph = build(acted(number, cell, set(record.plans)) for number, cell in enumerate(record.cells, 1))
    found = {(int(edge.source[1:]), int(edge.target[1:]), edge.names) for edge in graph.edges}
    assert found == record.edges
    for name, wanted in record.plans.items():
        assert " ".join(one[1:] for one in describe(graph, [name])["plan"]) == wanted
