"""Draws the stack as an SVG picture, 800 pixels wide, that no other program has to lay out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from provision.sanitizing.text import printable
from provision.stack import AREAS
from provision.views.graph.layout import (
    HEADING,
    NODE_HEIGHT,
    WIDTH,
    AreaLayout,
    Box,
    Layout,
    lay_out,
)
from provision.views.signs import SIGNS
from provision.workflows.stack_graph import GraphNode, StackGraph

_NAME_CHARACTER: Final = 6.7
"""The width of a character of the 11 pixel font, whose characters are all of one width."""
_KIND_CHARACTER: Final = 5.5
_PADDING: Final = 12
_LONGEST: Final = 34
"""The most characters of a label; the rest is in the node's title, which a pointer shows."""
_COLOURS: Final = dict(
    zip(
        AREAS.values(),
        ("#7c3aed", "#2563eb", "#b45309", "#0f766e", "#c2410c", "#0369a1", "#be185d", "#4d7c0f"),
        strict=True,
    )
)
_OTHER: Final = "#57606a"
_STYLE: Final = (
    "text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:11px;fill:#1f2328}"
    ".h{font:600 13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif}"
    ".k{font-size:9px;fill:#57606a}"
    ".e{fill:none;stroke:#6e7781;stroke-width:1.1}"
    ".far{stroke-dasharray:4 3;stroke-opacity:.7}"
)


def as_svg(graph: StackGraph) -> str:
    """Return the picture as the text of an SVG file. All text in it is escaped."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: StackGraph) -> Iterator[str]:
    layout = lay_out(graph, lambda name: _width(graph.nodes[name]))
    height = round(layout.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}" role="img">'
    )
    yield f"<title>{_escaped(graph.title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6e7781"/></marker></defs>'
    )
    yield f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>'
    for area in layout.areas:
        yield from _area(area)
    yield from _edges(layout)
    for area in layout.areas:
        for name, box in area.nodes.items():
            yield from _node(graph.nodes[name], box, _COLOURS.get(area.heading, _OTHER))
    yield "</svg>"


def _area(area: AreaLayout) -> Iterator[str]:
    colour = _COLOURS.get(area.heading, _OTHER)
    box = area.box
    yield (
        f'<rect {_place(box)} rx="8" fill="{colour}" fill-opacity="0.06" stroke="{colour}"'
        ' stroke-opacity="0.4"/>'
    )
    yield (
        f'<text class="h" x="{box.x + 10:.0f}" y="{box.y + HEADING - 9:.0f}"'
        f' style="fill:{colour}">{_escaped(area.heading)}</text>'
    )


def _node(node: GraphNode, box: Box, colour: str) -> Iterator[str]:
    state = f", {node.state}" if node.state else ""
    middle = box.x + box.width / 2
    yield f"<g><title>{_escaped(f'{node.name} ({node.kind}){state}')}</title>"
    yield f'<rect {_place(box)} rx="5" fill="#ffffff" stroke="{colour}"/>'
    yield (
        f'<text x="{middle:.1f}" y="{box.y + 15:.1f}" text-anchor="middle">'
        f"{_escaped(_label(node))}</text>"
    )
    yield (
        f'<text class="k" x="{middle:.1f}" y="{box.y + 28:.1f}" text-anchor="middle">'
        f"{_escaped(_below(node))}</text></g>"
    )


def _edges(layout: Layout) -> Iterator[str]:
    boxes = {name: box for area in layout.areas for name, box in area.nodes.items()}
    area_of = {name: area.heading for area in layout.areas for name in area.nodes}
    for need, name in layout.edges:
        style = "e" if area_of[need] == area_of[name] else "e far"
        curve = _curve(boxes[need], boxes[name])
        yield f'<path class="{style}" d="{curve}" marker-end="url(#tip)"/>'


def _curve(start: Box, end: Box) -> str:
    """Return a curve from the lower edge of a need to the upper edge of the node that needs it.

    If the node is not below, the curve joins the nearer edges of both.
    """
    x1, x2 = start.x + start.width / 2, end.x + end.width / 2
    if end.y > start.y:
        y1, y2, bend = start.y + NODE_HEIGHT, end.y, 1
    else:
        y1, y2, bend = start.y, end.y + NODE_HEIGHT, -1
    reach = bend * max(12.0, min(abs(y2 - y1) / 2, 60.0))
    first, second = f"{x1:.1f} {y1 + reach:.1f}", f"{x2:.1f} {y2 - reach:.1f}"
    return f"M{x1:.1f} {y1:.1f}C{first} {second} {x2:.1f} {y2:.1f}"


def _label(node: GraphNode) -> str:
    """Return the node's name below its area's heading, in the middle shortened if it is long."""
    sign = f"{SIGNS[node.state][0]} " if node.state else ""
    name = node.name.partition(".")[2] or node.name
    if len(name) > _LONGEST:
        half = (_LONGEST - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
    return sign + name


def _below(node: GraphNode) -> str:
    return f"{node.kind}: {node.state}" if node.state else node.kind


def _width(node: GraphNode) -> float:
    wide = max(len(_label(node)) * _NAME_CHARACTER, len(_below(node)) * _KIND_CHARACTER)
    return wide + _PADDING


def _place(box: Box) -> str:
    return f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'


def _escaped(text: str) -> str:
    return escape(printable(text))
