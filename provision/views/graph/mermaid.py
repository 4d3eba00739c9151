"""Draws the stack for Mermaid, which GitHub and GitLab render in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.sanitizing.text import printable
from provision.views.formatting import by_area
from provision.views.signs import SIGNS
from provision.workflows.stack_graph import GraphNode, StackGraph, drawn_needs

_ENTITIES = str.maketrans(
    {char: f"#{ord(char)};" for char in "#\"'&<>[]{}()|`\\;%"}  # of a label and of Markdown in it
)

_ARROW: Final = " --> "
_MOST_EDGES: Final = 500
_MOST_CHARACTERS: Final = 50_000
"""Mermaid's `maxEdges` and `maxTextSize`. Only the page that draws can raise them, no graph."""


def as_mermaid(graph: StackGraph) -> str:
    """Return the graph as the text of a Mermaid flowchart."""
    return "\n".join(_lines(graph)) + "\n"


def excess_of(text: str) -> str:
    """Return how much larger than Mermaid draws by default a graph's text is; "" if it is not."""
    edges, characters = text.count(_ARROW), len(text)
    parts = []
    if edges > _MOST_EDGES:
        parts.append(f"{edges:,} edges (at most {_MOST_EDGES})")
    if characters > _MOST_CHARACTERS:
        parts.append(f"{characters:,} characters (at most {_MOST_CHARACTERS:,})")
    return " and ".join(parts)


def _lines(graph: StackGraph) -> Iterator[str]:
    numbers = {name: f"n{number}" for number, name in enumerate(graph.nodes, start=1)}
    yield "flowchart TD"
    for number, (heading, names) in enumerate(by_area(graph.nodes).items(), start=1):
        yield f'  subgraph a{number}["{_escaped(heading)}"]'
        for name in names:
            yield f'    {numbers[name]}["{_label(graph.nodes[name])}"]'
        yield "  end"
    for name, needs in drawn_needs(graph).items():
        for need in needs:
            yield f"  {numbers[need]}{_ARROW}{numbers[name]}"


def _label(node: GraphNode) -> str:
    state = f"<br/>{SIGNS[node.state][0]} {node.state}" if node.state else ""
    return f"{_escaped(node.name)}<br/>{_escaped(node.kind)}{state}"


def _escaped(text: str) -> str:
    return printable(text).translate(_ENTITIES)
