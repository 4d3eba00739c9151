"""Draws the stack for Mermaid, which GitHub and GitLab render in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from provision.sanitizing.text import printable
from provision.views.formatting import by_area
from provision.views.signs import SIGNS
from provision.workflows.stack_graph import GraphNode, StackGraph, drawn_needs

_ENTITIES = str.maketrans(
    {char: f"#{ord(char)};" for char in "#\"'&<>[]{}()|`\\;%"}  # of a label and of Markdown in it
)


def as_mermaid(graph: StackGraph) -> str:
    """Return the graph as the text of a Mermaid flowchart."""
    return "\n".join(_lines(graph)) + "\n"


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
            yield f"  {numbers[need]} --> {numbers[name]}"


def _label(node: GraphNode) -> str:
    state = f"<br/>{SIGNS[node.state][0]} {node.state}" if node.state else ""
    return f"{_escaped(node.name)}<br/>{_escaped(node.kind)}{state}"


def _escaped(text: str) -> str:
    return printable(text).translate(_ENTITIES)
