"""Places the nodes of a graph: areas as boxes, their nodes in rows by the longest path of needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from provision.views.formatting import by_area
from provision.workflows.stack_graph import StackGraph, drawn_needs, reachable

WIDTH: Final = 800
"""The width of a picture, in pixels."""
MARGIN: Final = 10
HEADING: Final = 26
"""The height of an area's heading."""
GAP: Final = 10
"""The space between two nodes of a row."""
ROW_GAP: Final = 24
"""The space between two rows, where edges run."""
NODE_HEIGHT: Final = 36


@dataclass(frozen=True)
class Box:
    """A rectangle, in pixels from the top left corner of the picture."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Box:
        """Return the rectangle at another place."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True)
class AreaLayout:
    """An area: its rectangle, and those of its nodes by name."""

    heading: str
    box: Box
    nodes: Mapping[str, Box]

    def moved(self, x: float, y: float) -> AreaLayout:
        """Return the area at another place."""
        nodes = {name: box.moved(x, y) for name, box in self.nodes.items()}
        return AreaLayout(self.heading, self.box.moved(x, y), nodes)


@dataclass(frozen=True)
class Layout:
    """The places of all areas, the edges as pairs of need and node, and the height of it all."""

    areas: Sequence[AreaLayout]
    edges: Sequence[tuple[str, str]]
    height: float


def lay_out(graph: StackGraph, width_of: Callable[[str], float]) -> Layout:
    """Return where everything is. `width_of` returns the width of a node's box by its name.

    Areas are on shelves, each after the areas that it needs. An area that needs another which is
    listed later gets an edge upwards.
    """
    needs = {node.name: node.needs for node in graph.nodes.values()}
    areas = by_area(graph.nodes)
    boxes = {
        heading: _area(heading, names, needs, {name: width_of(name) for name in names})
        for heading, names in areas.items()
    }
    placed: list[AreaLayout] = []
    y: float = MARGIN
    for shelf in _shelves(boxes, _ranks(areas, needs)):
        x: float = MARGIN
        spare = WIDTH - MARGIN - sum(boxes[each].box.width + MARGIN for each in shelf)
        for heading in shelf:
            wider = _widened(boxes[heading], spare / len(shelf))
            placed.append(wider.moved(x, y))
            x += wider.box.width + MARGIN
        y += max(boxes[each].box.height for each in shelf) + MARGIN
    drawn = drawn_needs(graph)
    edges = [(need, name) for name, each in drawn.items() for need in each]
    return Layout(placed, edges, y)


def _widened(area: AreaLayout, spare: float) -> AreaLayout:
    """Return the area with more width; its nodes stay in the middle."""
    inside = area.moved(spare / 2, 0)
    return replace(inside, box=replace(area.box, width=area.box.width + spare))


def _ranks(
    areas: Mapping[str, Sequence[str]], needs: Mapping[str, Collection[str]]
) -> dict[str, int]:
    """Return for each area with edges to others how many come before it on the longest path.

    Only needs on areas that are listed before count, so there is no circle.
    """
    area_of = {name: heading for heading, names in areas.items() for name in names}
    before: dict[str, set[str]] = {}
    for heading, names in areas.items():
        needed = {area_of[need] for name in names for need in needs[name] if need in area_of}
        before[heading] = {each for each in needed if each in before}
    joined = {each for heading, some in before.items() for each in (heading, *some) if some}
    ranks: dict[str, int] = {}
    for heading in areas:
        if heading in joined:
            ranks[heading] = max((1 + ranks[each] for each in before[heading]), default=0)
    return ranks


def _shelves(areas: Mapping[str, AreaLayout], ranks: Mapping[str, int]) -> list[list[str]]:
    """Return the headings side by side on shelves, as many as fit, none before what it needs.

    An area without edges to others is put where there is room.
    """
    shelves: list[list[str]] = []
    for rank in sorted(set(ranks.values())):
        level = len(shelves)
        for heading in areas:
            if ranks.get(heading) == rank:
                _put(heading, areas, shelves, shelves[level:])
    for heading in areas:
        if heading not in ranks:
            _put(heading, areas, shelves, shelves)
    return shelves


def _put(
    heading: str,
    areas: Mapping[str, AreaLayout],
    shelves: list[list[str]],
    allowed: Sequence[list[str]],
) -> None:
    """Put the area on the first allowed shelf that has room for it, or on a new one."""
    for shelf in allowed:
        taken = sum(areas[each].box.width + MARGIN for each in (*shelf, heading))
        if taken <= WIDTH - MARGIN:
            shelf.append(heading)
            return
    shelves.append([heading])


def _area(
    heading: str,
    names: Sequence[str],
    needs: Mapping[str, Collection[str]],
    widths: Mapping[str, float],
) -> AreaLayout:
    """Return an area at the origin, its rows in the middle of it."""
    rows = _rows(names, needs, widths)
    inner = max(_row_width(row, widths) for row in rows)
    nodes: dict[str, Box] = {}
    y: float = HEADING
    for row in rows:
        x = MARGIN + (inner - _row_width(row, widths)) / 2
        for name in row:
            nodes[name] = Box(x, y, widths[name], NODE_HEIGHT)
            x += widths[name] + GAP
        y += NODE_HEIGHT + ROW_GAP
    box = Box(0, 0, inner + 2 * MARGIN, y - ROW_GAP + MARGIN)
    return AreaLayout(heading, box, nodes)


def _rows(
    names: Sequence[str], needs: Mapping[str, Collection[str]], widths: Mapping[str, float]
) -> list[list[str]]:
    """Return the nodes in rows, each below all that it needs within the area.

    A row that is wider than the picture is wrapped. A node is near the middle of its needs.
    """
    inside = {name: reachable(needs, name) & set(names) for name in names}
    depth: dict[str, int] = {}
    for name in sorted(names, key=lambda name: len(inside[name])):
        depth[name] = max((1 + depth[need] for need in inside[name]), default=0)
    rows: list[list[str]] = []
    place: dict[str, float] = {}
    for level in range(1 + max(depth.values())):
        members = [name for name in names if depth[name] == level]
        members.sort(key=lambda name: _middle([place[need] for need in inside[name]]))
        for row in _wrapped(members, widths):
            width = _row_width(row, widths)
            x = -width / 2
            for name in row:
                place[name] = x + widths[name] / 2
                x += widths[name] + GAP
            rows.append(row)
    return rows


def _middle(places: Sequence[float]) -> float:
    return sum(places) / len(places) if places else 0


def _wrapped(names: Sequence[str], widths: Mapping[str, float]) -> list[list[str]]:
    room = WIDTH - 4 * MARGIN
    rows: list[list[str]] = [[]]
    for name in names:
        if rows[-1] and _row_width([*rows[-1], name], widths) > room:
            rows.append([])
        rows[-1].append(name)
    return rows


def _row_width(names: Sequence[str], widths: Mapping[str, float]) -> float:
    return sum(widths[name] for name in names) + GAP * (len(names) - 1)
