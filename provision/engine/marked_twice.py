"""Finds other resources with the mark of a node, which may hold its data if the state is lost.

A name leads to one resource only. If the name has changed since (`moved`, or a line of it removed),
the data may be in the other one.
"""

from __future__ import annotations

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.model.capabilities import HoldsData
from provision.plan.change import Action, ResourceChange
from provision.plan.options import PlanOptions
from provision.plan.ownership import Ownership


def others_with_owner(
    aws: Aws, ownership: Ownership, options: PlanOptions, change: ResourceChange
) -> tuple[str, ...]:
    """Return the names of other resources that carry the node's mark. Must not write.

    Makes no call if there is a record, or if the user adopts the node's resource. Empty if they may
    not be listed by tag: older policies for reading do not permit that.
    """
    want, node = change.want, change.node
    if not isinstance(want, HoldsData) or change.action in {Action.FOREIGN, Action.SKIP}:
        return ()
    if node in ownership.records or node in options.adopt:
        return ()
    try:
        return tuple(want.others_with_owner(aws, ownership.owners(node)))
    except NO_GOOD_ANSWER:
        return ()
