"""Plans one node at a time: the observer reads what the planner decides by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provision.engine.events import EventListener, NodeEvent
from provision.engine.observer import Observer
from provision.engine.prefetch import Inputs, Prefetched
from provision.model.capabilities import HasParent
from provision.model.stack import Node
from provision.model.step import Step
from provision.plan.change import Action, ResourceChange
from provision.plan.planner import Planner


@dataclass(frozen=True)
class NodePlanner:
    """An observer and a planner, and their use for one node. Writes nothing."""

    observer: Observer
    planner: Planner
    report: EventListener

    def plan(
        self,
        node: Node[Step],
        wanted: Mapping[str, Step],
        alternatives: Sequence[Inputs] = (),
        prefetched: Prefetched | None = None,
    ) -> ResourceChange:
        """Find the node's resource and return its change.

        `wanted`: the wanted steps of the nodes it needs. `alternatives`: see `candidate_inputs`.
        `prefetched`: its prefetched resource.
        """
        want = self.observer.build(node, wanted)
        if skipped := self.planner.skip(node, want):
            return skipped
        self.report(node.name, NodeEvent.OBSERVING, "")
        return self.planner.plan(
            node, want, self.observer.observe(node, want, alternatives, prefetched)
        )

    def change(self, node: Node[Step], want: Step, have: Step | None) -> ResourceChange:
        """Return the change of a node whose resource was observed already."""
        return self.planner.plan(node, want, self.observer.observed(node, want, have))

    def replan(
        self, change: ResourceChange, node: Node[Step], made: Mapping[str, Step]
    ) -> ResourceChange:
        """Plan again once all needs exist and nothing is unknown any more."""
        if change.action is Action.SKIP:
            return change
        want = self.observer.build(node, made)
        if want == change.want:
            return change
        have = self.observer.observe_made(change, node, want)
        seen = self.observer.observe_again(node, want, have, known=change)
        return self.planner.plan(node, want, seen)

    def replan_after_replacement(
        self, change: ResourceChange, node: Node[Step], made: Mapping[str, Step]
    ) -> ResourceChange:
        """Plan again after a need was replaced: the resource may be deleted with it."""
        if change.action is Action.SKIP:
            return change
        want = self.observer.build(node, made)
        seen = self.observer.observe_after_replacement(change, node, want)
        return self.planner.plan(node, want, seen)

    def plan_deletion(self, change: ResourceChange, expected: Step) -> ResourceChange:
        """Return the change of a removal, for which data and its protection are read live."""
        if change.action is Action.SKIP or change.have is None:
            return self.planner.plan_deletion(change, None, owned=False)
        owned = self.observer.check.may_remove(change, expected)
        data = self.observer.data_facts(change.have) if owned else None
        return self.planner.plan_deletion(change, data, owned=owned)

    def plan_deposed(self, change: ResourceChange) -> list[ResourceChange]:
        """Return the deletions of deposed resources, as nodes of their own."""
        named = self.planner.name_deposed(change)
        return [self.plan_deletion(one, one.have) for one in named if one.have]

    def plan_orphan(self, name: str) -> ResourceChange:
        """Return the change of a node that the journal has and the configuration has not."""
        have = self.observer.recorded_step(name)
        change = self.planner.name_orphan(name, have)
        if isinstance(have, HasParent) and not self.observer.check.is_part_of_ours(have):
            return self.planner.part_of_foreign(change)
        return self.plan_deletion(change, self.planner.ownership.records[name].step)
