"""The dependency graph as a picture: places from a layered layout (grandalf), drawn as SVG by a template."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps_runtime.pages import graph_places
from apps_runtime.pages.graph_places import HEIGHT, WIDTH
from projects import confined
from projects.notebook.document import Notebook
from projects.notebook.layout.layout import words_of
from projects.notebook.reactivity.graph import Graph

RAN = ("ran", "failed", "changed")  # states of cells that a run played


@dataclass(frozen=True)
class DrawnNode:
    """A cell. `opaque`: why it cannot be analysed. `x`, `y`: its top left corner; `state`: changed, ran, kept,
    failed or opaque; `value`: of an input; `ran` and `why`: what the run did with it, and the reason, for what
    did not run as well.
    """

    id: str
    number: int
    words: str
    value: str
    is_input: bool
    opaque: str | None
    state: str
    x: int
    y: int
    ran: str
    why: str
    seconds: float | None
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True)
class DrawnEdge:
    """`path`: an SVG path from the right side of one cell to the left side of another; `names` stand at its middle."""

    path: str
    names: str
    x: int
    y: int
    reason: str
    live: bool
    opaque: bool


@dataclass(frozen=True)
class GraphPicture:
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    width: int
    height: int

    @property
    def ran(self) -> list[DrawnNode]:
        return [node for node in self.nodes if node.state in RAN]

    @property
    def told(self) -> list[DrawnNode]:
        """What ran, and then what did not, each in the order of the notebook."""
        return sorted(self.nodes, key=lambda node: node.state not in RAN)

    @property
    def seconds(self) -> float:
        return sum(node.seconds or 0 for node in self.ran)


@dataclass(frozen=True)
class Story:
    """What a run did with one cell: `state` as in DrawnNode."""

    state: str
    ran: str
    why: str
    seconds: float | None = None


def picture(
    notebook: Notebook, graph: Graph, *, stories: Mapping[str, Story] | None = None, values: Mapping[str, Any]
) -> GraphPicture:
    """The graph, with what a run did with each cell where `stories` are given, and these values of the inputs."""
    places = _places(graph)
    nodes = tuple(_node(notebook, graph, index, places, stories or {}, values) for index in range(len(graph.nodes)))
    ran = {node.id for node in nodes if node.state in RAN}
    opaque = {node.id for node in nodes if node.opaque is not None}
    edges = []
    for edge in graph.edges:
        (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
        start, end = (x1 + WIDTH, y1 + HEIGHT // 2), (x2, y2 + HEIGHT // 2)
        middle = (start[0] + end[0]) // 2
        edges.append(
            DrawnEdge(
                path=f"M{start[0]} {start[1]}C{middle} {start[1]} {middle} {end[1]} {end[0]} {end[1]}",
                names=", ".join(edge.names[:2]) + ("…" if len(edge.names) > 2 else ""),
                x=middle,
                y=(start[1] + end[1]) // 2 - 4,
                reason=edge.reason,
                live=edge.source in ran and edge.target in ran,
                opaque=edge.target in opaque or not edge.names,
            )
        )
    width = max((x for x, _ in places.values()), default=0) + WIDTH
    height = max((y for _, y in places.values()), default=0) + HEIGHT
    return GraphPicture(nodes, tuple(edges), width + 4, height + 20)


def _node(
    notebook: Notebook,
    graph: Graph,
    index: int,
    places: Mapping[str, tuple[int, int]],
    stories: Mapping[str, Story],
    values: Mapping[str, Any],
) -> DrawnNode:
    node, flow = graph.nodes[index], graph.flows[index]
    cell = notebook.cell(node.id)
    opaque = flow.opaque is not None
    story = stories.get(node.id) or Story("kept", "Did not run", "")
    value = f"{cell.input.name} = {values[cell.input.name]!r}" if cell.input and cell.input.name in values else ""
    return DrawnNode(
        id=node.id,
        number=node.number,
        words=_cut(words_of(cell), 20 if cell.input else 18),
        value=_cut(value, 22),
        is_input=cell.input is not None,
        opaque=flow.opaque,
        state="opaque" if opaque and story.state == "kept" else story.state,
        x=places[node.id][0],
        y=places[node.id][1],
        ran=story.ran,
        why=story.why,
        seconds=story.seconds,
        reads=tuple(sorted(flow.reads & graph.bound)),
        writes=tuple(sorted(flow.writes)),
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    ids = [node.id for node in graph.nodes]
    edges = [(edge.source, edge.target) for edge in graph.edges]
    try:
        return confined.call(graph_places.in_layers, ids, edges, seconds=5)
    except confined.NotDone:
        return graph_places.in_a_column(ids)
