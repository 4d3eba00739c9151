"""Decides what a removal keeps, and in which order the rest is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from provision.model.capabilities import HoldsData, KeepsMessages, WritesData
from provision.model.stack import current_name, reversed_graph
from provision.plan.change import Action, ResourceChange


def keep_needed_by_data(changes: Mapping[str, ResourceChange]) -> dict[str, ResourceChange]:
    """Return the changes with every node kept that kept data needs."""
    decided = dict(changes)
    kept = [
        change
        for change in decided.values()
        if change.action is Action.KEEP and isinstance(change.have, HoldsData | KeepsMessages)
    ]
    while kept:  # a kept node keeps the nodes that it needs
        keeping = kept.pop()
        for need in keeping.needs:
            if (needed := decided.get(need)) and needed.action is Action.DELETE:
                decided[need] = replace(
                    needed, action=Action.KEEP, reason=f"{keeping.node}, which is kept, needs it"
                )
                kept.append(decided[need])
    return decided


def apply_parent_ownership(changes: Mapping[str, ResourceChange]) -> dict[str, ResourceChange]:
    """Leave a resource without a mark alone if its parent is foreign."""
    decided = dict(changes)
    order = TopologicalSorter({name: change.needs for name, change in changes.items()})
    for name in order.static_order():
        change = decided.get(name)
        if change is None or change.action is not Action.DELETE or not change.needs:
            continue
        parent = decided.get(change.needs[0])
        assert change.have is not None
        if parent and parent.action is Action.FOREIGN and not change.have.OWNER_MARK.names_owner:
            reason = (
                f"it is part of {parent.node}, which does not belong to this stack: not touched"
            )
            decided[name] = replace(change, action=Action.FOREIGN, reason=reason)
    return decided


def deletion_order(changes: Mapping[str, ResourceChange]) -> dict[str, set[str]]:
    """Return the order of deletion: every node after all that need it.

    Possible writers are deleted before resources that hold data, so that the final backup contains
    every write.
    """
    graph = {name: _dependencies(change.needs, changes) for name, change in changes.items()}
    order = reversed_graph(graph)
    going = {n: f.have for n, f in changes.items() if f.have and f.action is Action.DELETE}
    users = {name for name, have in going.items() if isinstance(have, WritesData)}
    for name, have in going.items():
        if isinstance(have, HoldsData):
            order[name] |= users
    return order


def _dependencies(needs: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return the needs and their deposed resources (`vpc~1`): users of the old go first."""
    wanted = set(needs)
    return tuple(name for name in names if current_name(name) in wanted)
