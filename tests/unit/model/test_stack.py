"""The walk: order, concurrency, failures, what nobody waits for."""

from __future__ import annotations

import threading

import pytest

from provision.model.stack import Stack, path_lengths, reversed_graph, walk
from provision.steps.dynamodb.table import Table

DIAMOND = {"top": (), "left": ("top",), "right": ("top",), "bottom": ("left", "right")}


def test_each_after_all_it_needs() -> None:
    seen: list[str] = []
    assert walk(DIAMOND, seen.append, workers=4) == {}
    assert seen[0] == "top"
    assert seen[-1] == "bottom"
    assert sorted(seen) == sorted(DIAMOND)


def test_independent_nodes_are_visited_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=5)

    def visit(name: str) -> None:
        if name in {"left", "right"}:
            both.wait()  # passes only when both are in it

    assert walk(DIAMOND, visit, workers=2) == {}


def test_a_failure_stops_only_what_depends_on_it() -> None:
    graph = {"bad": (), "child": ("bad",), "grandchild": ("child",), "good": (), "other": ("good",)}
    seen: list[str] = []

    def visit(name: str) -> None:
        if name == "bad":
            raise ValueError(name)
        seen.append(name)

    failed = walk(graph, visit, workers=2)
    assert list(failed) == ["bad"]
    assert sorted(seen) == ["good", "other"]


def test_nobody_waits_for_what_a_visit_returns() -> None:
    child_visited = threading.Event()

    def visit(name: str):
        if name == "child":
            child_visited.set()
            return None
        return lambda: child_visited.wait(5) or pytest.fail("the child waited")

    assert walk({"parent": (), "child": ("parent",)}, visit, workers=2) == {}


def test_a_failure_afterwards_is_the_nodes_own() -> None:
    def afterwards() -> None:
        raise ValueError("late")

    seen: list[str] = []

    def visit(name: str):
        seen.append(name)
        return afterwards if name == "parent" else None

    failed = walk({"parent": (), "child": ("parent",)}, visit, workers=1)
    assert list(failed) == ["parent"]
    assert seen == ["parent", "child"]


def test_once_stopped_nothing_more_is_started() -> None:
    seen: list[str] = []
    walk(DIAMOND, seen.append, workers=1, stopped=lambda: bool(seen))
    assert seen == ["top"]


def test_reversed_each_before_all_it_needs() -> None:
    seen: list[str] = []
    walk(reversed_graph(DIAMOND), seen.append, workers=1)
    assert seen[0] == "bottom"
    assert seen[-1] == "top"


def test_a_name_is_given_once() -> None:
    stack = Stack("tap-dev")
    stack.add("a", lambda: Table(name="a", key="k", tags={}))
    with pytest.raises(ValueError, match="named twice"):
        stack.add("a", lambda: Table(name="a", key="k", tags={}))


def test_needs_are_given_in_their_order() -> None:
    stack = Stack("tap-dev")
    first = stack.add("first", lambda: Table(name="1", key="k", tags={}))
    second = stack.add("second", lambda: Table(name="2", key="k", tags={}))
    third = stack.add(
        "third", lambda a, b: Table(name=a.name + b.name, key="k", tags={}), first, second
    )
    assert third.needs == ("first", "second")
    assert third.build(first.build(), second.build()).name == "12"


def test_once_stopped_what_waits_for_a_thread_is_not_started() -> None:
    seen: list[str] = []
    after: list[str] = []

    def visit(name: str):
        seen.append(name)
        return lambda: after.append(name)

    graph = {"first": (), "second": (), "third": ()}
    assert walk(graph, visit, workers=1, stopped=lambda: bool(seen)) == {}
    assert seen == ["first"]
    assert after == []


def test_what_most_waits_for_goes_first() -> None:
    graph = {"short": (), "long": (), "next": ("long",), "last": ("next",)}
    assert path_lengths(graph) == {"short": 0, "last": 0, "next": 1, "long": 2}
    begun: list[str] = []
    walk(graph, begun.append, workers=1)
    assert begun[0] == "long"
