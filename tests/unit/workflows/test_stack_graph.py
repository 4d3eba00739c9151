"""The stack as a graph: parts around a node, drawn edges, states, and nodes that were removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.config import load
from provision.config.checks import check_values
from provision.workflows.stack_graph import (
    GraphNode,
    StackGraph,
    drawn_needs,
    graph_of,
    part_around,
    reachable,
)
from tests.support.sample_stack import ROOT


def shipped() -> StackGraph:
    return graph_of(load(ROOT / "config.yaml", environment="prod", check=check_values))


def made(**needs: tuple[str, ...]) -> StackGraph:
    return StackGraph("x", {name: GraphNode(name, "k", "a", each) for name, each in needs.items()})


def test_the_shipped_stack_is_a_graph_without_an_account() -> None:
    graph = shipped()
    table, function = graph.nodes["table.items"], graph.nodes["function.items"]
    assert (table.kind, table.area, table.needs) == ("dynamodb.table", "DynamoDB", ())
    assert (function.kind, function.area) == ("lambda.function", "Lambda")
    assert {"layer.dependencies", "network.endpoint"} <= set(function.needs)
    assert {node.state for node in graph.nodes.values()} == {None}


def test_only_needs_that_no_other_implies_are_drawn() -> None:
    graph = made(a=(), b=("a",), c=("a", "b"), d=("a", "c"))
    assert drawn_needs(graph) == {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}


def test_what_is_drawn_reaches_all_that_is_needed() -> None:
    graph = shipped()
    drawn = drawn_needs(graph)
    needs = {name: node.needs for name, node in graph.nodes.items()}
    assert sum(map(len, drawn.values())) < sum(map(len, needs.values()))
    for name in graph.nodes:
        assert reachable(drawn, name) == reachable(needs, name)


def test_the_part_around_a_node_has_both_directions_and_no_neighbours() -> None:
    graph = made(a=(), b=("a",), c=("b",), other=("a",), d=("c", "other"))
    part = part_around(graph, "c")
    assert {name: node.needs for name, node in part.nodes.items()} == {
        "a": (),
        "b": ("a",),
        "c": ("b",),
        "d": ("c",),  # without `other`, which is not shown
    }
    with pytest.raises(KeyError):
        part_around(graph, "e")


def test_a_file_that_cannot_be_read_is_no_empty_graph(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"config\.yaml"):
        graph_of(load(tmp_path / "config.yaml", environment=None))
