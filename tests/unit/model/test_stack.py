"""The walk over a stack: order, concurrency, failures, and nodes that no other waits for."""

from __future__ import annotations

import threading

import pytest

from provision.model.stack import Stack, path_lengths, reversed_graph, walk
from provision.steps.dynamodb.table import Table
from tests.support.harness import constant

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
    stack.add("a", lambda _: Table(name="a", key="k", tags={}))
    with pytest.raises(ValueError, match="named twice"):
        stack.add("a", lambda _: Table(name="a", key="k", tags={}))


def table(name: str) -> Table:
    return Table(name=name, key="k", tags={})


def test_a_node_is_built_from_the_steps_it_reads() -> None:
    stack = Stack("tap-dev")
    first = stack.add("first", lambda _: table("1"))
    second = stack.add("second", lambda _: table("2"))
    third = stack.add(
        "third",
        lambda get: table(get(first).name + get(second).name),
        needs=[first, second],
    )
    assert third.needs == ("first", "second")
    assert third.build({"first": table("1"), "second": table("2")}).name == "12"


@pytest.mark.parametrize("after", [False, True], ids=["not declared", "only for the order"])
def test_what_is_not_declared_cannot_be_read(*, after: bool) -> None:
    stack = Stack("tap-dev")
    first = stack.add("first", lambda _: table("1"))
    second = stack.add("second", lambda get: table(get(first).name), after=[first] if after else [])
    with pytest.raises(LookupError, match="second reads first, which is not in its needs"):
        second.build({"first": table("1")})


def test_what_is_read_is_recorded_before_what_is_only_waited_for() -> None:
    stack = Stack("tap-dev")
    role, queue, key = (stack.add(name, constant(table(name))) for name in ("role", "queue", "key"))
    node = stack.add("node", constant(table("node")), needs=[role, key], after=[queue])
    assert node.needs == ("role", "key", "queue")
    last = stack.add("last", constant(table("last")), needs=[role, key], after=[queue, key])
    assert last.needs == ("role", "queue", "key"), "what is in both is where `after` has it"
    assert last.reads == {"role", "key"}


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
