"""Draws the stack in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from provision.sanitizing.text import printable
from provision.views.formatting import by_area
from provision.views.signs import SIGNS
from provision.workflows.stack_graph import GraphNode, StackGraph, drawn_needs


def as_dot(graph: StackGraph) -> str:
    """Return the graph as the text of a DOT file."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: StackGraph) -> Iterator[str]:
    yield f"digraph {_quoted(graph.title)} {{"
    yield '  node [shape=box, fontname="monospace", fontsize=10];'
    for number, (heading, names) in enumerate(by_area(graph.nodes).items(), start=1):
        yield f"  subgraph cluster_{number} {{"
        yield f"    label={_quoted(heading)};"
        for name in names:
            yield f"    {_quoted(name)} [label={_label(graph.nodes[name])}];"
        yield "  }"
    for name, needs in drawn_needs(graph).items():
        for need in needs:
            yield f"  {_quoted(need)} -> {_quoted(name)};"
    yield "}"


def _label(node: GraphNode) -> str:
    state = [f"{SIGNS[node.state][0]} {node.state}"] if node.state else []
    return '"' + r"\n".join(_escaped(line) for line in (node.name, node.kind, *state)) + '"'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    r"""Return the inside of a DOT string, where a backslash begins an escape such as `\N`."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
