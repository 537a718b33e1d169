"""Where the cells of a dependency graph stand in its picture: a layered layout (grandalf)."""

from collections.abc import Sequence

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import SugiyamaLayout

WIDTH, HEIGHT = 176, 48
ACROSS, DOWN = 92, 28


def in_a_column(ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """One below the other, for a graph whose layers take too long to find."""
    return {identity: (0, 10 + number * (HEIGHT + DOWN)) for number, identity in enumerate(ids)}


def in_layers(ids: Sequence[str], feeds: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Left to right by layers; parts that hang together stand below each other."""
    vertices = {identity: Vertex(identity) for identity in ids}
    for vertex in vertices.values():
        vertex.view = _PlacedView(HEIGHT, WIDTH)  # Laid out from top to bottom, and then turned.
    edges = [Edge(vertices[source], vertices[target]) for source, target in feeds]
    places: dict[str, tuple[int, int]] = {}
    below = 10
    for part in Graph(list(vertices.values()), edges).C:
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


class _PlacedView:
    """What grandalf wants of a vertex: its size, and a place to put its middle."""

    def __init__(self, width: int, height: int) -> None:
        self.w, self.h = width, height
        self.xy = (0.0, 0.0)
