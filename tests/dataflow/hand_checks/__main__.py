"""Compare the hand checks with the notebooks: `python -m tests.dataflow.hand_checks FOLDER`."""

import subprocess
import sys
from pathlib import Path

from projects.notebook import deepnote
from projects.notebook.document import Notebook
from projects.notebook.files import ipynb
from projects.notebook.reactivity.description import describe
from projects.notebook.reactivity.graph import Graph
from projects.notebook.reactivity.sources import graph_of
from tests.dataflow.hand_checks import Record, records


def notebook_of(record: Record, folder: Path) -> Notebook:
    content = subprocess.run(
        ["git", "-C", str(folder / record.repository), "show", f"{record.commit}:{record.path}"],
        check=True,
        capture_output=True,
    ).stdout
    if not record.path.endswith(".deepnote"):
        return ipynb.read(content).notebook
    return next(one.notebook for one in deepnote.read(content).notebooks if one.title == record.title)


def differences(record: Record, graph: Graph) -> list[str]:
    """What the hand check and the graph say differently, a line each."""
    number = {node.id: node.number for node in graph.nodes}
    if len(graph.nodes) != len(record.cells):
        return [f"{len(graph.nodes)} cells, not {len(record.cells)}"]
    found = {(number[edge.source], number[edge.target], edge.names) for edge in graph.edges}
    lines = [f"  not in the graph: {edge}" for edge in sorted(record.edges - found)]
    lines += [f"  only in the graph: {edge}" for edge in sorted(found - record.edges)]
    if set(graph.inputs) != set(record.plans):
        lines.append(f"  inputs {sorted(graph.inputs)}, not {sorted(record.plans)}")
    for name, wanted in record.plans.items():
        planned = " ".join(str(number[one]) for one in describe(graph, [name])["plan"]) if name in graph.inputs else "?"
        lines += [f"  {name} runs {planned or 'nothing'}, not {wanted or 'nothing'}"] if planned != wanted else []
    return lines


def main(folder: Path) -> int:
    wrong = 0
    for record in [*records("pandas_notebooks"), *records("deepnote_examples")]:
        lines = differences(record, graph_of(notebook_of(record, folder)))
        print("\n".join([f"{'as by hand' if not lines else 'DIFFERS'}  {record}", *lines]))
        wrong += bool(lines)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
