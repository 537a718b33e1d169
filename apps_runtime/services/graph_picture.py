"""The dependency graph as a picture: places from a layered layout (grandalf), drawn as SVG by a template."""

from collections.abc import Mapping
from dataclasses import dataclass

from grandalf.graphs import Edge as LayoutEdge
from grandalf.graphs import Graph as LayoutGraph
from grandalf.graphs import Vertex
from grandalf.layouts import SugiyamaLayout

from apps_runtime.models import SessionCell
from apps_runtime.session.state import State
from projects.notebook.dataflow import Graph
from projects.notebook.document import Notebook

WIDTH, HEIGHT = 176, 48
ACROSS, DOWN = 92, 28


@dataclass(frozen=True)
class DrawnNode:
    """A cell. `x`, `y`: its top left corner; `state`: changed, ran, kept, failed or opaque."""

    id: str
    number: int
    words: str
    is_input: bool
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


@dataclass(frozen=True)
class Picture:
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    width: int
    height: int


def picture(
    notebook: Notebook, graph: Graph, *, state: State | None = None, results: Mapping[str, SessionCell] | None = None
) -> Picture:
    """The graph, with what the last run of a session did where `state` is given."""
    places = _places(graph)
    results = results or {}
    nodes = tuple(_node(notebook, graph, index, places, state, results) for index in range(len(graph.nodes)))
    ran = {node.id for node in nodes if node.state in ("ran", "failed", "changed")}
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
            )
        )
    width = max((x for x, _ in places.values()), default=0) + WIDTH
    height = max((y for _, y in places.values()), default=0) + HEIGHT
    return Picture(nodes, tuple(edges), width + 4, height + 20)


def _node(
    notebook: Notebook,
    graph: Graph,
    index: int,
    places: Mapping[str, tuple[int, int]],
    state: State | None,
    results: Mapping[str, SessionCell],
) -> DrawnNode:
    node, flow = graph.nodes[index], graph.flows[index]
    cell = notebook.cell(node.id)
    status = state.cell(node.id) if state else None
    ran_last = state is not None and node.id in state.last
    shown, said = _state(status, ran_last, is_input=cell.input is not None, opaque=flow.opaque is not None)
    words = cell.input.title if cell.input else next(iter(cell.source.strip().splitlines()), "Empty cell")
    result = results.get(node.id)
    return DrawnNode(
        id=node.id,
        number=node.number,
        words=words if len(words) <= 20 else f"{words[:19]}…",
        is_input=cell.input is not None,
        state=shown,
        x=places[node.id][0],
        y=places[node.id][1],
        ran=said,
        why=status.why if status else "",
        seconds=result.seconds if result and ran_last else None,
        reads=tuple(sorted(flow.reads & graph.bound)),
        writes=tuple(sorted(flow.writes)),
    )


def _state(status, ran: bool, *, is_input: bool, opaque: bool) -> tuple[str, str]:
    if status is not None and status.state == "failed":
        return "failed", "Failed"
    if ran:
        return ("changed", "Changed") if is_input else ("ran", "Ran")
    if opaque:
        return "opaque", "Did not run"
    return "kept", "Did not run"


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    """Left to right by layers; parts that hang together stand below each other."""
    vertices = {node.id: Vertex(node.id) for node in graph.nodes}
    for vertex in vertices.values():
        vertex.view = _View(HEIGHT, WIDTH)  # Laid out from top to bottom, and then turned.
    edges = [LayoutEdge(vertices[edge.source], vertices[edge.target]) for edge in graph.edges]
    places: dict[str, tuple[int, int]] = {}
    below = 10
    for part in LayoutGraph(list(vertices.values()), edges).C:
        layout = SugiyamaLayout(part)
        layout.xspace, layout.yspace = DOWN, ACROSS
        layout.init_all(roots=[vertex for vertex in part.sV if not vertex.e_in()])
        layout.draw()
        drawn = {vertex.data: vertex.view.xy for vertex in part.sV}
        left = min(y for _, y in drawn.values())
        top = min(x for x, _ in drawn.values())
        for identity, (x, y) in drawn.items():
            places[identity] = (round(y - left), round(x - top) + below)
        below = max(y for _, y in (places[identity] for identity in drawn)) + HEIGHT + DOWN
    return places


class _View:
    """What grandalf wants of a vertex: its size, and a place to put its middle."""

    def __init__(self, width: int, height: int) -> None:
        self.w, self.h = width, height
        self.xy = (0.0, 0.0)
