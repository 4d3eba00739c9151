"""The stack as a picture shows it: nodes with their kind, area, needs and, if looked up, state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from provision.config import Config
from provision.model.stack import reversed_graph
from provision.plan.change import ResourceChange
from provision.preflight.requests import rehearse
from provision.stack import area_of
from provision.workflows.troubles import State


@dataclass(frozen=True)
class GraphNode:
    """A node, the nodes it is created after, and its state if AWS was asked."""

    name: str
    kind: str
    area: str
    needs: tuple[str, ...]
    state: State | None = None


@dataclass(frozen=True)
class StackGraph:
    """All nodes of a picture by name, in the reading order of the architecture."""

    title: str
    nodes: Mapping[str, GraphNode]


def graph_of(config: Config) -> StackGraph:
    """Return the graph that config.yaml describes. Nothing is read from AWS."""
    foreseen = rehearse(config)
    nodes = {
        name: GraphNode(name, foreseen.steps[name].KIND, area_of(name), needs)
        for name, needs in foreseen.graph.items()
    }
    return StackGraph(config.prefix, nodes)


def with_states(
    graph: StackGraph, changes: Mapping[str, ResourceChange], states: Mapping[str, State]
) -> StackGraph:
    """Return the graph with the state of every node; removed nodes that AWS still has are added."""
    nodes = {
        name: GraphNode(name, change.kind, area_of(name), (), states[name])
        for name, change in changes.items()
        if name not in graph.nodes
    }
    known = {name: replace(node, state=states.get(name)) for name, node in graph.nodes.items()}
    return replace(graph, nodes=known | nodes)


def part_around(graph: StackGraph, name: str) -> StackGraph:
    """Return the node with all that it needs and all that needs it, directly or not.

    Raises KeyError for an unknown node.
    """
    needs = {each.name: each.needs for each in graph.nodes.values()}
    around = reachable(needs, name) | reachable(reversed_graph(needs), name)
    around.add(graph.nodes[name].name)
    kept = {
        each.name: replace(each, needs=tuple(need for need in each.needs if need in around))
        for each in graph.nodes.values()
        if each.name in around
    }
    return replace(graph, nodes=kept)


def drawn_needs(graph: StackGraph) -> dict[str, tuple[str, ...]]:
    """Return by node the needs that are drawn: those that no other need already implies."""
    needs = {node.name: node.needs for node in graph.nodes.values()}
    implied = {
        name: {far for near in each for far in reachable(needs, near)}
        for name, each in needs.items()
    }
    return {
        name: tuple(need for need in each if need not in implied[name] and need in needs)
        for name, each in needs.items()
    }


def reachable(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """Return what can be reached from `start` along the edges, `start` excluded."""
    found: set[str] = set()
    waiting = list(edges.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges.get(name, ())
    return found
