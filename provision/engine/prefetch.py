"""Observes resources before their turn, all at once, and says where each is looked for.

Reads need not wait for each other if their queries are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from provision.aws.client import Aws
from provision.model.capabilities import BatchObserved
from provision.model.stack import Node
from provision.model.step import Step, same_identity
from provision.plan.change import ResourceChange
from provision.state.record import Record
from provision.unknown import UnknownUsed

VISIBILITY_DELAYS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between reads before a pending creation counts as missing (V16, X1, D3)."""


Inputs = Mapping[str, Step]
"""The observed steps that a node needs: where it is looked for, apart from the wanted place."""


def candidate_inputs(
    node: Node[Step], seen: Mapping[str, ResourceChange], wanted: Mapping[str, Step]
) -> list[Inputs]:
    """Return what a node may depend on: its needs as they are, then with each deposed one."""
    now = {need: seen[need].have or wanted[need] for need in node.needs}
    return [now, *({**now, need: old} for need in now for old in seen[need].deposed)]


@dataclass(frozen=True)
class Prefetched:
    """The recorded resource of a node or, without a record, a query and what it found."""

    recorded: Step | None = None
    query: Step | None = None
    found: tuple[Step, ...] = ()

    def answers(self, query: Step) -> bool:
        """Return whether a search for `query` would give the prefetched result.

        `observe` copies fields it does not read from its argument, so a result that found something
        is valid only for an equal query.
        """
        if self.query is None:
            return False
        return self.query == query if self.found else same_identity(self.query, query)


def observe_recorded(aws: Aws, record: Record | None) -> Step | None:
    """Observe the recorded resource. A pending creation may not be visible yet.

    Without waiting for that, `up` would create a second one, and `down` would leave it behind.
    """
    if record is None:
        return None
    return (
        observe_eventually(aws, record.step)
        if record.pending == "create"
        else record.step.observe(aws)
    )


def observe_eventually(aws: Aws, step: Step) -> Step | None:
    """Observe a resource that may exist but not be visible yet (eventual consistency)."""
    for pause in VISIBILITY_DELAYS:
        if have := step.observe(aws):
            return have
        aws.clock.sleep(pause)
    return step.observe(aws)


def prefetch(aws: Aws, record: Record | None, query: Step) -> Prefetched:
    """Observe one node's resource, or search for it. Must not write."""
    if record:
        return Prefetched(recorded=observe_recorded(aws, record))
    try:
        return Prefetched(query=query, found=tuple(query.find_candidates(aws)))
    except UnknownUsed:
        return Prefetched()  # it reads a value that is unknown until its turn


def prefetch_batch(
    aws: Aws, records: Mapping[str, Record], queries: Mapping[str, Step]
) -> dict[str, Prefetched]:
    """Prefetch one of the `batches`, by node. Must not write."""
    if len(queries) == 1:
        return {name: prefetch(aws, records.get(name), step) for name, step in queries.items()}
    asked = {n: records[n].step if n in records else step for n, step in queries.items()}
    steps = [step for step in asked.values() if isinstance(step, BatchObserved)]
    seen = {}
    for name, have in zip(asked, type(steps[0]).observe_many(aws, steps), strict=True):
        if name in records:
            seen[name] = Prefetched(recorded=have)
        else:
            seen[name] = Prefetched(query=queries[name], found=(have,) if have else ())
    return seen


def batches(
    records: Mapping[str, Record], queries: Mapping[str, Step]
) -> Iterator[dict[str, Step]]:
    """Yield as many nodes of a kind as are observed at once.

    By itself is observed what is waited for, a pending creation, so that many are waited for at
    the same time; and what was recorded as another kind.
    """
    kinds: defaultdict[type[Step], dict[str, Step]] = defaultdict(dict)
    for name, step in queries.items():
        kinds[type(step)][name] = step
    for kind, nodes in kinds.items():
        size = kind.BATCH_SIZE if issubclass(kind, BatchObserved) else 1
        alone = [name for name in nodes if name in records and _by_itself(kind, records[name])]
        names = [name for name in nodes if name not in alone]
        yield from ({name: nodes[name]} for name in alone)
        for begin in range(0, len(names), size):
            yield {name: nodes[name] for name in names[begin : begin + size]}


def _by_itself(kind: type[Step], record: Record) -> bool:
    return record.pending == "create" or type(record.step) is not kind
