"""The stack as a graph: nodes built from the nodes they need, and the walk that visits them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from graphlib import TopologicalSorter
from typing import Any, Generic, Protocol, TypeVar, cast

from provision.model.step import Step

S = TypeVar("S", bound=Step)
T = TypeVar("T")

Needs = Mapping[str, Collection[str]]


class Get(Protocol):
    """The reader that a build function gets: it returns the step of a node."""

    def __call__(self, node: Node[S], /) -> S:
        """Return the node's step. Raise `LookupError` if the node is not declared in `needs`."""
        ...


@dataclass(frozen=True)
class Node(Generic[S]):
    """A named place in the stack, and the function that builds its step.

    `needs` are all the nodes it is created after, `reads` those whose steps the function may read.
    `key` is the entry of the configuration that its name contains, such as `table.items`.
    """

    name: str
    function: Callable[[Get], S]
    needs: tuple[str, ...]
    reads: frozenset[str]
    key: str = ""

    def build(self, steps: Mapping[str, Step]) -> S:
        """Return the wanted step, from the steps of other nodes by name."""
        return self.function(_Reader(self.name, self.reads, steps))


@dataclass(frozen=True)
class _Reader:
    """The `Get` of one node, for one set of steps."""

    reader: str
    allowed: frozenset[str]
    steps: Mapping[str, Step]

    def __call__(self, node: Node[S], /) -> S:
        if node.name not in self.allowed:
            raise LookupError(f"{self.reader} reads {node.name}, which is not in its needs")
        return cast(S, self.steps[node.name])


@dataclass
class Stack:
    """All nodes by name, in the reading order of the architecture."""

    name: str
    nodes: dict[str, Node[Any]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Old name → new name of renamed nodes. Their resources keep their names in AWS."""
    owner_prefix: str = ""
    """The beginning of owner tags (`Identity.owner_prefix`). The default is the stack's name."""

    def __post_init__(self) -> None:
        self.owner_prefix = self.owner_prefix or self.name

    def add(
        self,
        name: str,
        build: Callable[[Get], S],
        *,
        needs: Sequence[Node[Any]] = (),
        after: Sequence[Node[Any]] = (),
        key: str = "",
    ) -> Node[S]:
        """Add a node, which is created after all of `needs` and `after`.

        `build` may read the steps of `needs`; `after` is only for the order. Both are recorded as
        the node's needs, those of `needs` first; a node in both has its place in `after`. The first
        of all owns a resource that cannot have an owner tag. `key` is `Node.key`.
        """
        if name in self.nodes:
            raise ValueError(f"node {name} is named twice")
        reads = tuple(need.name for need in needs)
        later = tuple(need.name for need in after)
        order = (*(need for need in reads if need not in later), *later)
        node = Node(name, build, order, frozenset(reads), key)
        self.nodes[name] = node
        return node

    @property
    def graph(self) -> dict[str, tuple[str, ...]]:
        return {node.name: node.needs for node in self.nodes.values()}


def deposed_name(node: str, taken: Collection[str]) -> str:
    """Return a free name for a deposed resource of the node: `network.vpc~1`."""
    number = 1
    while f"{node}~{number}" in taken:
        number += 1
    return f"{node}~{number}"


def current_name(name: str) -> str:
    """Return the node that a deposed name belongs to; any other name unchanged."""
    return name.partition("~")[0]


def reversed_graph(graph: Needs) -> dict[str, set[str]]:
    """Return the order of deletion: every node after all that need it."""
    backwards: dict[str, set[str]] = {name: set() for name in graph}
    for name, needs in graph.items():
        for need in needs:
            if need in backwards:
                backwards[need].add(name)
    return backwards


def path_lengths(graph: Needs) -> dict[str, int]:
    """Return for each node how many nodes follow it on the longest path to an end.

    With too few threads, the nodes with the longest path are visited first.
    """
    users = reversed_graph(graph)
    longest: dict[str, int] = {}
    for name in TopologicalSorter(users).static_order():
        longest[name] = max((1 + longest[user] for user in users[name]), default=0)
    return longest


Visit = Callable[[str], Callable[[], None] | None]


class _NotBegunError(Exception):
    """The error of a visit that did not start because the walk was stopped."""


def walk(
    graph: Needs,
    visit: Visit,
    *,
    workers: int,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Exception]:
    """Visit every node after all it needs, as many at a time as the graph allows.

    A visit may return a follow-up that no other node waits for; it runs concurrently with the walk.
    A failure only keeps the nodes that depend on it from being visited. Once `stopped` returns
    True, nothing more is started, not even follow-ups. Return the failures by node."""
    order, follow = TopologicalSorter(graph), path_lengths(graph)
    order.prepare()
    failed: dict[str, Exception] = {}
    blocked: set[str] = set()
    visits: dict[Future[Callable[[], None] | None], str] = {}
    afterwards: dict[Future[None], str] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="node") as pool:
        while order.is_active() or visits or afterwards:
            for name in _ready_by_priority(order, follow):
                if any(need in failed or need in blocked for need in graph[name]):
                    blocked.add(name)
                    order.done(name)
                else:
                    visits[pool.submit(_run_unless_stopped, stopped, partial(visit, name))] = name
            if not visits and not afterwards:
                continue
            pending: list[Future[Any]] = [*visits, *afterwards]
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                visited = visits.pop(future, None)
                name = visited or afterwards.pop(future)
                rest: Callable[[], None] | None = None
                try:
                    rest = future.result()
                except _NotBegunError:
                    blocked.add(name)
                except Exception as error:  # noqa: BLE001  (each node's own; reported by the caller)
                    failed[name] = error
                if visited:
                    order.done(visited)
                    if rest:
                        afterwards[pool.submit(_run_unless_stopped, stopped, rest)] = visited
    return failed


def _ready_by_priority(order: TopologicalSorter[str], follow: Mapping[str, int]) -> list[str]:
    """Return the nodes that can be visited now, the one with the longest path first."""
    ready = order.get_ready() if order.is_active() else ()
    return sorted(ready, key=lambda name: -follow[name])


def _run_unless_stopped(stopped: Callable[[], bool], work: Callable[[], T]) -> T:
    if stopped():
        raise _NotBegunError
    return work()
