"""Revokes access last: `up` takes access away after everything else is made.

Code and callers that are live until then keep what they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from provision.engine.executor import Executor
from provision.engine.node_planner import NodePlanner
from provision.engine.timing import WalkTiming
from provision.engine.walks import Walks
from provision.errors import ProvisionError
from provision.model.capabilities import GrantsAccess
from provision.model.stack import Stack
from provision.model.step import Step, with_computed
from provision.plan.blocking import block_on_failed, block_with_reasons
from provision.plan.change import WRITES, Action, Cause, ResourceChange, diff_fields

GOES_LAST: Final = "access is revoked only after all other changes"


def without_revocations(change: ResourceChange) -> ResourceChange | None:
    """Return the change with all present access kept, or None if no access is taken away.

    Access that another party has granted does not count.
    """
    want, have = change.want, change.have
    if change.action is not Action.UPDATE or want is None or have is None:
        return None
    if all(diff.cause is Cause.DRIFT and not diff.is_conflict for diff in change.diffs):
        return None
    if not isinstance(want, GrantsAccess) or not isinstance(have, GrantsAccess):
        return None
    wider = want.keeping_access_of(have)
    if wider == want:
        return None
    return replace(change, want=wider, diffs=diff_fields(wider, have, None))


@dataclass(frozen=True)
class Revoker:
    """Applies the revocations that `without_revocations` held back."""

    stack: Stack
    planner: NodePlanner
    executor: Executor
    walks: Walks

    def revoke(
        self,
        acted: Mapping[str, ResourceChange],
        late: Mapping[str, ResourceChange],
        steps: dict[str, Step],
        workers: int,
    ) -> tuple[dict[str, ResourceChange], dict[str, ProvisionError], WalkTiming]:
        """Apply the revocations, then what follows from them.

        `steps` has the resources by node as made, and is changed here. Return the changes as made,
        the failures, and the walk.
        """
        nodes, begun = self.stack.nodes, dict(acted)
        follow = self._followers(acted, late, steps)
        done: dict[str, Step] = {}

        def visit(name: str) -> None:
            if name in follow:
                left = self.planner.replan(follow[name], nodes[name], steps)
                begun[name] = _as_one(acted[name], left)
            else:
                change, made = late[name], steps[name]
                assert change.want is not None
                left = replace(change, have=made, diffs=diff_fields(change.want, made, None))
            steps[name] = done[name] = self.executor.apply(left)
            if left.action in WRITES:
                self.executor.verify(left, steps[name])

        order = dict.fromkeys(late, ()) | {
            name: tuple(need for need in nodes[name].needs if need in late or need in follow)
            for name in follow
        }
        walked = self.walks.start("take away", order)
        failed = self.walks.run(walked, visit, workers)
        return block_on_failed(begun, failed, done, order), failed, walked

    def block(
        self,
        acted: Mapping[str, ResourceChange],
        late: Mapping[str, ResourceChange],
        steps: Mapping[str, Step],
    ) -> dict[str, ResourceChange]:
        """Return the changes of a run that ended before the turn of `late`."""
        follow = self._followers(acted, late, steps)
        reasons = {name: f"comes after {', '.join(late)}: {GOES_LAST}" for name in follow}
        return block_with_reasons(acted, dict.fromkeys(late, GOES_LAST) | reasons)

    def _followers(
        self,
        acted: Mapping[str, ResourceChange],
        late: Mapping[str, ResourceChange],
        steps: Mapping[str, Step],
    ) -> dict[str, ResourceChange]:
        """Return by node what must be made again once `late` is as wanted.

        For example, a deployment is a copy of the API as it was.
        """
        wanted = dict(steps)
        for name, change in late.items():
            if change.want is not None and name in steps:
                wanted[name] = with_computed(change.want, steps[name])
        follow: dict[str, ResourceChange] = {}
        for name, node in self.stack.nodes.items():  # each after those it needs
            moved = any(need in late or need in follow for need in node.needs)
            if not moved or name in late or name not in steps:
                continue
            change = self.planner.replan(replace(acted[name], have=steps[name]), node, wanted)
            if change.want != acted[name].want and change.action in WRITES:
                follow[name] = change
                wanted[name] = self.planner.observer.planned_value(change)
        return follow


def _as_one(first: ResourceChange, then: ResourceChange) -> ResourceChange:
    """Return the changes of one node in two walks as one, in the form that a plan has."""
    if first.action is Action.CREATE:
        return first
    if first.action not in WRITES:
        return then
    before = {diff.field: diff for diff in first.diffs}
    after = {
        diff.field: replace(before.get(diff.field, diff), want=diff.want) for diff in then.diffs
    }
    action = first.action if first.action is Action.REPLACE else then.action
    return replace(then, have=first.have, diffs=tuple((before | after).values()), action=action)
