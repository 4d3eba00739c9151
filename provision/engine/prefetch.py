"""Where a node's resource is looked for, and what can be looked for before its turn: all of that at
once, for reads need not wait for each other where what they ask is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from provision.aws.client import Aws
from provision.model.stack import Node
from provision.model.step import Step, same_identity
from provision.plan.change import ResourceChange
from provision.state.record import Record
from provision.unknown import UnknownUsed

VISIBILITY_DELAYS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between looks before it is believed that what was being made is not there (V16, X1, D3).
"""


Inputs = Mapping[str, Step]
"""What a node needs, as found: where it is looked for beside where it is wanted."""


def candidate_inputs(
    node: Node[Step], seen: Mapping[str, ResourceChange], wanted: Mapping[str, Step]
) -> list[Inputs]:
    """All that a node may stand on: what it needs as it is, then with each predecessor of that."""
    now = {need: seen[need].have or wanted[need] for need in node.needs}
    return [now, *({**now, need: old} for need in now for old in seen[need].deposed)]


@dataclass(frozen=True)
class Prefetched:
    """What the record of a node led to; or, where there is no record, what was searched for and
    what was found."""

    recorded: Step | None = None
    query: Step | None = None
    found: tuple[Step, ...] = ()

    def answers(self, seed: Step) -> bool:
        """Whether searching for `seed` would come to the same. What `observe` does not read, it
        copies from what it was asked for, so what is there has to be asked for alike."""
        if self.query is None:
            return False
        return self.query == seed if self.found else same_identity(self.query, seed)


def observe_recorded(aws: Aws, record: Record | None) -> Step | None:
    """Observe what the journal remembers. What was being made may not be visible yet: `up` would
    make a second one, and `down` leave it behind."""
    if record is None:
        return None
    return (
        observe_eventually(aws, record.step)
        if record.pending == "create"
        else record.step.observe(aws)
    )


def observe_eventually(aws: Aws, step: Step) -> Step | None:
    """Observe what may be there without being visible."""
    for pause in VISIBILITY_DELAYS:
        if have := step.observe(aws):
            return have
        aws.clock.sleep(pause)
    return step.observe(aws)


def prefetch(aws: Aws, record: Record | None, sought: Step) -> Prefetched:
    """Look for one node's resource. Reads only."""
    if record:
        return Prefetched(recorded=observe_recorded(aws, record))
    try:
        return Prefetched(query=sought, found=tuple(sought.find_candidates(aws)))
    except UnknownUsed:
        return Prefetched()  # it reads beside what is wanted: its turn has to come first


def prefetch_batch(
    aws: Aws, records: Mapping[str, Record], sought: Mapping[str, Step]
) -> dict[str, Prefetched]:
    """The same for nodes of one kind, by node. What was being made is looked for by itself."""
    if len(sought) == 1:
        return {name: prefetch(aws, records.get(name), step) for name, step in sought.items()}
    alone = {n: s for n, s in sought.items() if n in records and records[n].pending == "create"}
    others = {
        name: records[name].step if name in records else step
        for name, step in sought.items()
        if name not in alone
    }
    seen = {name: prefetch(aws, records[name], step) for name, step in alone.items()}
    if not others:
        return seen
    kind = type(next(iter(others.values())))
    for name, have in zip(others, kind.observe_many(aws, list(others.values())), strict=True):
        if name in records:
            seen[name] = Prefetched(recorded=have)
        else:
            seen[name] = Prefetched(query=sought[name], found=(have,) if have else ())
    return seen


def batches(sought: Mapping[str, Step]) -> Iterator[dict[str, Step]]:
    """As many nodes of a kind as are looked for at once."""
    kinds: defaultdict[type[Step], dict[str, Step]] = defaultdict(dict)
    for name, step in sought.items():
        kinds[type(step)][name] = step
    for kind, nodes in kinds.items():
        names = list(nodes)
        for begin in range(0, len(names), kind.AT_ONCE):
            yield {name: nodes[name] for name in names[begin : begin + kind.AT_ONCE]}
