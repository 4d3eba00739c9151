"""The engine: plans, applies a plan, plans a removal, and carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from provision.aws.client import Aws
from provision.engine.events import EventListener, NodeEvent, report_nothing
from provision.engine.executor import Deleted, Executor
from provision.engine.marked_twice import others_with_owner
from provision.engine.node_planner import NodePlanner
from provision.engine.observer import Accepts, Observer, accept_any
from provision.engine.prefetch import Prefetched, batches, candidate_inputs, prefetch_batch
from provision.engine.revocations import GOES_LAST, Revoker, without_revocations
from provision.engine.timing import WalkTiming
from provision.engine.walks import Walks
from provision.errors import ProvisionError
from provision.model.stack import Needs, Stack, Visit
from provision.model.step import Step
from provision.model.stored_data import Backup
from provision.plan.blocking import block_on_failed, block_on_refused
from provision.plan.change import Action, ResourceChange
from provision.plan.dependents import deletes_dependents, follow_replaced_parent
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.ownership import Ownership
from provision.plan.plan import Plan, Result
from provision.plan.planner import Planner
from provision.plan.removal import apply_parent_ownership, deletion_order, keep_needed_by_data
from provision.state.journal import Journal

WORKERS: Final = 16
REAPPEAR_DELAY: Final = 30.0
"""Seconds for which log lines may still arrive after their writer was deleted (G4, A35)."""


@dataclass
class Engine:
    """The procedures over one stack in one account, and the parts that they use.

    `report` is called with every event. `timings` gets the walks that a command waits for, in their
    order. `accepts` decides for which nodes a record is trusted.
    """

    stack: Stack
    aws: Aws
    journal: Journal
    options: PlanOptions = NO_OPTIONS
    limitations: Limitations = NO_LIMITATIONS
    report: EventListener = report_nothing
    timings: list[WalkTiming] = field(default_factory=list)
    accepts: Accepts = accept_any
    backups: dict[str, Backup] = field(default_factory=dict, init=False)
    """Backups made by this engine, by node."""

    def __post_init__(self) -> None:
        self.ownership = Ownership(self.stack, self.journal.records)
        region = self.aws.access.region
        self.planner = Planner(self.ownership, self.options, self.limitations, region)
        self.observer = Observer(self.aws, self.journal, self.ownership, self.accepts)
        self.nodes = NodePlanner(self.observer, self.planner, self.report)
        self.walks = Walks(self.stack, self.aws, self.journal, self.report)
        self.executor = Executor(
            self.aws,
            self.journal,
            self.observer.check,
            self.options,
            self.limitations,
            self.report,
            backed_up=self.backups.__setitem__,
            crossed=self.walks.crossed.add,
        )

    # -- the whole stack ---------------------------------------------------------------------

    def plan(self, *, workers: int = WORKERS) -> Plan:
        """Observe every node after those it needs, and return the plan.

        Raises the first failure: an incomplete plan is worse than none."""
        changes: dict[str, ResourceChange] = {}
        wanted: dict[str, Step] = {}
        nodes = self.stack.nodes
        prefetched: dict[str, Prefetched] = {}
        self._prefetch_all(prefetched, workers)

        def visit(name: str) -> None:
            node = nodes[name]
            alternatives = candidate_inputs(node, changes, wanted)
            seen = self.nodes.plan(node, wanted, alternatives, prefetched.get(name))
            others = others_with_owner(self.aws, self.ownership, self.options, seen)
            change = self.planner.refuse_marked_twice(seen, others)
            change = follow_replaced_parent(change, changes)
            wanted[name] = self.observer.planned_value(change)
            changes[name] = change
            self.report(name, NodeEvent.FOUND, change.action)

        self.raise_first(self.walk("look", self.stack.graph, visit, workers))
        ordered = block_on_refused({name: changes[name] for name in nodes})
        decided = [change for change in changes.values() if change.action is not Action.FOREIGN]
        behind = {one.node: one for change in decided for one in self.nodes.plan_deposed(change)}
        return self._timed(Plan(ordered, self._plan_orphans(ordered, workers) | behind))

    def apply(self, plan: Plan, *, workers: int = WORKERS) -> Result:
        """Carry out the change of every node, then delete the orphans."""
        steps: dict[str, Step] = {}
        acted, late = dict(plan.changes), dict[str, ResourceChange]()
        for orphan in plan.orphans.values():
            self.executor.record_found(orphan)

        def visit(name: str) -> Callable[[], None] | None:
            change = acted[name] = self._replan(acted, name, steps)
            if change.action is Action.SKIP:
                steps[name] = self.observer.planned_value(change)
                return None
            kept = without_revocations(change)
            if kept is not None:
                late[name] = change
            made = self.executor.give(kept, GOES_LAST) if kept else self.executor.apply(change)
            steps[name] = made
            if change.action is Action.KEEP:
                return None
            return lambda: self.executor.verify(kept or change, made)

        failed = self.walk("make", self.stack.graph, visit, workers)
        acted = block_on_failed(acted, failed, steps, self.stack.graph)
        revoker = Revoker(self.stack, self.nodes, self.executor, self.walks)
        if failed or self.aws.clock.stopped:
            acted = revoker.block(acted, late, steps)
        elif late:
            acted, failed, last = revoker.revoke(acted, late, steps, workers)
            self.timings.append(last)
        removed: dict[str, ResourceChange] = {}
        if not failed and not self.aws.clock.stopped:
            removed = self._plan_orphans(acted, workers)
            removed, failed = self._remove(removed, workers, reappear_delay=0)
        return Result(acted | removed, steps, failed, self.aws.clock.stopped, self.backups)

    def plan_removal(self, plan: Plan) -> Plan:
        """Return the changes that `down` would make."""
        changes = {
            name: self.nodes.plan_deletion(change, change.want)
            for name, change in plan.changes.items()
            if change.want is not None
        }
        undecided = [change for change in plan.changes.values() if change.action is Action.FOREIGN]
        behind = {one.node: one for change in undecided for one in self.nodes.plan_deposed(change)}
        gone = plan.orphans | behind
        changes = keep_needed_by_data(apply_parent_ownership(changes | gone))
        return self._timed(
            Plan(
                {name: changes[name] for name in changes if name not in gone},
                {name: changes[name] for name in gone},
            )
        )

    def _timed(self, plan: Plan) -> Plan:
        """Return the plan without risks of slowness where nothing is slow."""
        if not self.limitations.at_once:
            return plan
        return Plan(
            {name: replace(change, at_once=True) for name, change in plan.changes.items()},
            {name: replace(change, at_once=True) for name, change in plan.orphans.items()},
        )

    def remove(
        self, removal: Plan, *, workers: int = WORKERS, reappear_delay: float = REAPPEAR_DELAY
    ) -> Result:
        """Carry out the plan of `plan_removal`, dependents first.

        A resource that may reappear is observed again `reappear_delay` seconds after its deletion.
        """
        for orphan in removal.orphans.values():
            self.executor.record_found(orphan)
        acted, failed = self._remove(removal.all, workers, reappear_delay)
        return Result(acted, {}, failed, self.aws.clock.stopped, self.backups)

    # -- for procedures over a few nodes -----------------------------------------------------

    def find(self, name: str, wanted: Mapping[str, Step]) -> ResourceChange:
        """Find the node's resource and return its change, without observing the nodes it needs."""
        return self.nodes.plan(self.stack.nodes[name], wanted)

    def change(self, name: str, want: Step, have: Step | None) -> ResourceChange:
        """Return the change of a node whose resource was observed already."""
        return self.nodes.change(self.stack.nodes[name], want, have)

    def make(self, change: ResourceChange) -> Step:
        """Carry out one change and return the resource. See `Executor.apply`."""
        return self.executor.apply(change)

    def verify(self, change: ResourceChange, made: Step) -> None:
        """Wait until AWS returns the settings as written. See `Executor.verify`."""
        self.executor.verify(change, made)

    def owns(self, change: ResourceChange) -> bool:
        """Return whether the observed resource carries this node's owner, or can carry none."""
        record = self.journal.records.get(change.node)
        expected = change.want or (record.step if record else None)
        if change.have is None or expected is None:
            return False
        return self.observer.check.is_ours(change.node, expected, change.have)

    def walk(
        self, doing: str, graph: Needs, visit: Visit, workers: int
    ) -> dict[str, ProvisionError]:
        """Run a walk that the command waits for, and return the failures by node."""
        walked = self.walks.start(doing, graph)
        self.timings.append(walked)
        return self.walks.run(walked, visit, workers)

    def raise_first(self, failed: Mapping[str, ProvisionError]) -> None:
        """Raise the first failure, if any: an incomplete observation is of no use."""
        self.walks.raise_first(failed)

    # -- parts of the procedures -------------------------------------------------------------

    def _replan(
        self, acted: Mapping[str, ResourceChange], name: str, steps: Mapping[str, Step]
    ) -> ResourceChange:
        """Return the change of a node whose needs are made now."""
        change, node = acted[name], self.stack.nodes[name]
        if any(deletes_dependents(acted[need]) for need in change.needs):
            return self.nodes.replan_after_replacement(change, node, steps)
        return self.nodes.replan(change, node, steps)

    def _prefetch_all(self, seen: dict[str, Prefetched], workers: int) -> None:
        """Prefetch all that can be observed at once into `seen`. Raise the first failure."""
        records = self.journal.records
        needs: dict[str, tuple[str, ...]] = {}
        first: dict[str, dict[str, Step]] = {}
        unsupported = self.limitations.unsupported_kinds
        queries = self.observer.prefetchable(self.stack.nodes, unsupported)
        for batch in batches(records, queries):
            leader, *others = batch
            first[leader] = batch
            needs |= {leader: ()} | dict.fromkeys(others, (leader,))

        def visit(name: str) -> None:
            if name in first:
                seen.update(prefetch_batch(self.aws, records, first[name]))

        self.raise_first(self.walk("look", needs, visit, workers))

    def _remove(
        self, changes: Mapping[str, ResourceChange], workers: int, reappear_delay: float
    ) -> tuple[dict[str, ResourceChange], dict[str, ProvisionError]]:
        """Return the changes as made, and the failures."""
        visited: dict[str, ResourceChange] = {}
        late: dict[str, Deleted] = {}

        def visit(name: str) -> None:
            deleted = self.executor.delete(changes[name])
            visited[name] = deleted.change
            if deleted.may_reappear_since is not None:
                late[name] = deleted

        def confirm(name: str) -> None:
            visited[name] = self.executor.confirm_deleted(late[name], reappear_delay)

        failed = self.walk("remove", deletion_order(changes), visit, workers)
        failed |= self.walk("last look", dict.fromkeys(late, ()), confirm, workers)
        unbegun = "not begun: resources that use it still exist"
        acted = {
            name: visited.get(name, change)
            if name in visited or name in failed or change.action is not Action.DELETE
            else replace(change, action=Action.BLOCKED, reason=unbegun)
            for name, change in changes.items()
        }
        return acted, failed

    def _plan_orphans(
        self, others: Mapping[str, ResourceChange], workers: int
    ) -> dict[str, ResourceChange]:
        """Plan the orphans, which only the journal has, with the other nodes they may need."""
        names = [name for name in self.journal.records if name not in self.stack.nodes]
        orphans: dict[str, ResourceChange] = {}

        def visit(name: str) -> None:
            orphans[name] = self.nodes.plan_orphan(name)

        walked = self.walks.start("look", dict.fromkeys(names, ()))
        self.walks.raise_first(self.walks.run(walked, visit, workers))
        decided = apply_parent_ownership({**others, **{name: orphans[name] for name in names}})
        return {name: decided[name] for name in names}
