"""The procedures over the whole stack: plan, apply, plan a removal, and remove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

from provision.engine.executor import Engine
from provision.engine.marked_twice import refuse_marked_twice
from provision.engine.planner import NodeEvent
from provision.engine.prefetch import Prefetched, batches, candidate_inputs, prefetch_batch
from provision.engine.revocations import GOES_LAST, block_revocations, revoke, without_revocations
from provision.engine.timing import WalkTiming
from provision.engine.walks import raise_first, run_walk, start_walk
from provision.errors import DataProtected, NotOwned, ProvisionError
from provision.model.stack import current_name, reversed_graph
from provision.model.step import Replacement, Step, replacement
from provision.model.stored_data import Backup
from provision.plan.blocking import block_on_failed, block_on_refused
from provision.plan.change import WRITES, Action, Cause, ResourceChange

WORKERS = 16
REAPPEAR_DELAY = 30.0
"""Seconds for which log lines may still arrive after their writer was deleted (G4, A35)."""


@dataclass
class Plan:
    """The changes of all nodes, and of orphans, which only the journal has."""

    changes: dict[str, ResourceChange]
    orphans: dict[str, ResourceChange] = field(default_factory=dict)
    walks: tuple[WalkTiming, ...] = ()

    @property
    def all(self) -> dict[str, ResourceChange]:
        return self.changes | self.orphans

    @property
    def has_changes(self) -> bool:
        """Return whether `up` would write anything if nothing were refused."""
        return any(change.action in WRITES for change in self.all.values())

    @property
    def writes(self) -> int:
        """The number of nodes that will be written."""
        return sum(change.action in WRITES for change in self.all.values())

    @property
    def observed(self) -> dict[str, Step]:
        """The observed resources, by node."""
        return {name: one.have for name, one in self.changes.items() if one.have is not None}

    @property
    def doable(self) -> bool:
        """Return whether there is a change that `up` may make."""
        return any(f.action in WRITES and not f.blocked_by for f in self.all.values())


@dataclass
class Result:
    """The result of a run: changes as made, resources as they are now, failures by node."""

    changes: dict[str, ResourceChange]
    resources: dict[str, Step]
    failed: dict[str, ProvisionError]
    interrupted: bool = False
    backups: dict[str, Backup] = field(default_factory=dict)
    """Backups made before data was destroyed, by node."""
    walks: tuple[WalkTiming, ...] = ()

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Nodes that were not begun, because of a failure or an interruption."""
        return tuple(n for n, f in self.changes.items() if f.action is Action.BLOCKED)

    @property
    def done(self) -> tuple[str, ...]:
        """Nodes that were created, changed or deleted."""
        written = (n for n, f in self.changes.items() if f.action in WRITES)
        return tuple(node for node in written if node not in self.failed)

    @property
    def refused_whole(self) -> bool:
        """Return whether nothing was done, only because the user must decide first."""
        refused = all(isinstance(error, NotOwned | DataProtected) for error in self.failed.values())
        return bool(self.failed) and refused and not self.done


def make_plan(engine: Engine, *, workers: int = WORKERS) -> Plan:
    """Observe every node after those it needs, and return the plan.

    Raises the first failure: an incomplete plan is worse than none."""
    changes: dict[str, ResourceChange] = {}
    wanted: dict[str, Step] = {}
    nodes = engine.stack.nodes
    early: dict[str, Prefetched] = {}
    glimpsed = _prefetch_all(engine, early, workers)

    def visit(name: str) -> None:
        node = nodes[name]
        places = candidate_inputs(node, changes, wanted)
        seen = engine.observe(node, wanted, places, early.get(name))
        change = _follow_replaced_parent(refuse_marked_twice(engine, seen), changes)
        wanted[name] = engine.planned_value(change)
        changes[name] = change
        engine.report(name, NodeEvent.FOUND, change.action)

    looked = start_walk(engine, "look", engine.stack.graph)
    raise_first(engine, run_walk(engine, looked, visit, workers))
    ordered = block_on_refused({name: changes[name] for name in nodes})
    decided = [change for change in changes.values() if change.action is not Action.FOREIGN]
    behind = {one.node: one for change in decided for one in engine.plan_deposed(change)}
    return Plan(ordered, _plan_orphans(engine, ordered, workers) | behind, (glimpsed, looked))


def _deletes_dependents(change: ResourceChange) -> bool:
    """Return whether dependents may be deleted with it. Entries of a history stay."""
    have = change.have if change.action is Action.REPLACE else None
    return have is not None and have.REPLACEMENT is not Replacement.SUCCEED


def _follow_replaced_parent(
    change: ResourceChange, changes: Mapping[str, ResourceChange]
) -> ResourceChange:
    """Plan to create an unmarked resource that is deleted with its replaced parent."""
    parent = changes[change.needs[0]] if change.needs else None
    if parent is None or parent.action is not Action.REPLACE or parent.have is None:
        return change
    assert parent.want is not None
    stands = replacement(parent.want, parent.have) is not Replacement.DELETE_FIRST
    if stands or change.have is None or change.have.MARKED or change.action is Action.FOREIGN:
        return change
    drifted = Cause.DRIFT in parent.causes
    cause = Cause.DRIFT if drifted else Cause.CONFIG
    return replace(change, have=None, diffs=(), action=Action.CREATE, cause=cause)


def _prefetch_all(engine: Engine, seen: dict[str, Prefetched], workers: int) -> WalkTiming:
    """Prefetch all that can be observed at once into `seen`. Raise the first failure."""
    records = engine.journal.records
    needs: dict[str, tuple[str, ...]] = {}
    first: dict[str, dict[str, Step]] = {}
    for batch in batches(engine.prefetchable()):
        leader, *others = batch
        first[leader] = batch
        needs |= {leader: ()} | dict.fromkeys(others, (leader,))

    def visit(name: str) -> None:
        if name in first:
            seen.update(prefetch_batch(engine.aws, records, first[name]))

    walked = start_walk(engine, "look", needs)
    raise_first(engine, run_walk(engine, walked, visit, workers))
    return walked


def apply(engine: Engine, seen: Plan, *, workers: int = WORKERS) -> Result:
    """Carry out the change of every node, then delete the orphans."""
    steps: dict[str, Step] = {}
    acted, late = dict(seen.changes), dict[str, ResourceChange]()
    nodes = engine.stack.nodes
    for forgotten in seen.orphans.values():
        engine.record_found(forgotten)

    def visit(name: str) -> Callable[[], None] | None:
        change = acted[name]
        if any(_deletes_dependents(acted[need]) for need in change.needs):
            change = engine.replan_after_replacement(change, nodes[name], steps)
        elif change.action is not Action.SKIP:
            change = engine.replan(change, nodes[name], steps)
        acted[name] = change
        if change.action is Action.SKIP:
            steps[name] = engine.planned_value(change)
            return None
        kept = without_revocations(change)
        if kept is not None:
            late[name] = change
        made = engine.give(kept, GOES_LAST) if kept else engine.apply(change)
        steps[name] = made
        if change.action is Action.KEEP:
            return None
        return lambda: engine.verify(kept or change, made)

    walks = [start_walk(engine, "make", engine.stack.graph)]
    failed = run_walk(engine, walks[0], visit, workers)
    acted = block_on_failed(acted, failed, steps, engine.stack.graph)
    if failed or engine.aws.clock.stopped:
        acted = block_revocations(engine, acted, late, steps)
    elif late:
        acted, failed, last = revoke(engine, acted, late, steps, workers)
        walks.append(last)
    removed: dict[str, ResourceChange] = {}
    if not failed and not engine.aws.clock.stopped:
        removed = _plan_orphans(engine, acted, workers)
        removed, failed, more = _remove(engine, removed, workers, patience=0)
        walks += more
    stopped = engine.aws.clock.stopped
    return Result(acted | removed, steps, failed, stopped, engine.backups, tuple(walks))


def plan_removal(engine: Engine, seen: Plan) -> Plan:
    """Return the changes that `down` would make."""
    changes = {
        name: engine.plan_deletion(change, change.want)
        for name, change in seen.changes.items()
        if change.want is not None
    }
    undecided = [change for change in seen.changes.values() if change.action is Action.FOREIGN]
    behind = {one.node: one for change in undecided for one in engine.plan_deposed(change)}
    gone = seen.orphans | behind
    changes = _apply_parent_ownership(changes | gone)
    kept = [f for f in changes.values() if f.action is Action.KEEP and f.have and f.have.HOLDS_DATA]
    while kept:  # a kept node keeps the nodes that it needs
        keeper = kept.pop()
        for need in keeper.needs:
            if (needed := changes.get(need)) and needed.action is Action.DELETE:
                changes[need] = replace(
                    needed, action=Action.KEEP, reason=f"{keeper.node}, which stays, needs it"
                )
                kept.append(changes[need])
    return Plan(
        {name: changes[name] for name in changes if name not in gone},
        {name: changes[name] for name in gone},
    )


def remove(
    engine: Engine, removal: Plan, *, workers: int = WORKERS, patience: float = REAPPEAR_DELAY
) -> Result:
    """Carry out the plan of `plan_removal`, dependents first.

    `patience`: seconds after its deletion at which a resource that may reappear is observed again.
    """
    for forgotten in removal.orphans.values():
        engine.record_found(forgotten)
    acted, failed, walks = _remove(engine, removal.all, workers, patience)
    return Result(acted, {}, failed, engine.aws.clock.stopped, engine.backups, walks)


def _remove(
    engine: Engine, changes: Mapping[str, ResourceChange], workers: int, patience: float
) -> tuple[dict[str, ResourceChange], dict[str, ProvisionError], tuple[WalkTiming, ...]]:
    """Return the changes as made, the failures, and the walks."""
    graph = {name: _dependencies(change.needs, changes) for name, change in changes.items()}
    visited: dict[str, ResourceChange] = {}

    def visit(name: str) -> None:
        visited[name] = engine.delete(changes[name])

    def look_last(name: str) -> None:
        visited[name] = engine.confirm_deleted(changes[name], patience)

    order = _delete_writers_first(reversed_graph(graph), changes)
    walked = start_walk(engine, "remove", order)
    failed = run_walk(engine, walked, visit, workers)
    last = start_walk(engine, "last look", dict.fromkeys(engine.late, ()))
    failed |= run_walk(engine, last, look_last, workers)
    acted = {
        name: visited.get(name, change)
        if name in visited or name in failed or change.action is not Action.DELETE
        else replace(change, action=Action.BLOCKED, reason="not begun: what uses it is still there")
        for name, change in changes.items()
    }
    return acted, failed, (walked, last)


def _delete_writers_first(
    order: dict[str, set[str]], changes: Mapping[str, ResourceChange]
) -> dict[str, set[str]]:
    """Add edges so that possible writers are deleted before resources that hold data.

    The final backup then contains every write."""
    going = {n: f.have for n, f in changes.items() if f.have and f.action is Action.DELETE}
    users = {name for name, have in going.items() if have.USES_DATA}
    for name, have in going.items():
        if have.HOLDS_DATA:
            order[name] |= users
    return order


def _dependencies(needs: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return the needs and their deposed resources (`vpc~1`), whose users are deleted first."""
    wanted = set(needs)
    return tuple(name for name in names if current_name(name) in wanted)


def _apply_parent_ownership(changes: Mapping[str, ResourceChange]) -> dict[str, ResourceChange]:
    """Leave a resource without a mark alone if its parent is foreign."""
    judged = dict(changes)
    order = TopologicalSorter({name: change.needs for name, change in changes.items()})
    for name in order.static_order():
        change = judged.get(name)
        if change is None or change.action is not Action.DELETE or not change.needs:
            continue
        parent = judged.get(change.needs[0])
        assert change.have is not None
        if parent and parent.action is Action.FOREIGN and not change.have.MARKED:
            reason = f"it is part of {parent.node}, which is not this stack's: left alone"
            judged[name] = replace(change, action=Action.FOREIGN, reason=reason)
    return judged


def _plan_orphans(
    engine: Engine, others: Mapping[str, ResourceChange], workers: int
) -> dict[str, ResourceChange]:
    """Plan the orphans, which only the journal has, with the other nodes they may need."""
    records = engine.journal.records
    names = [name for name in records if name not in engine.stack.nodes]
    forgotten: dict[str, ResourceChange] = {}

    def visit(name: str) -> None:
        forgotten[name] = engine.plan_orphan(name)

    looked = start_walk(engine, "look", dict.fromkeys(names, ()))
    raise_first(engine, run_walk(engine, looked, visit, workers))
    judged = _apply_parent_ownership({**others, **{name: forgotten[name] for name in names}})
    return {name: judged[name] for name in names}
