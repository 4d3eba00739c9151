"""Refuses a node if another resource with its mark may hold its data and the state is lost.

A name leads to one resource only. If the name has changed since (`moved`, or a line of it removed),
the data may be in the other one.
"""

from __future__ import annotations

from dataclasses import replace

from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.engine.planner import Planner
from provision.model.step import OWNER, Step
from provision.plan.change import Action, ResourceChange
from provision.plan.ownership import adopt_hint


def refuse_marked_twice(eyes: Planner, change: ResourceChange) -> ResourceChange:
    """Return the change, refused if another resource carries the node's mark.

    Nothing is built upon the resource that was chosen until the user decides. Must not write; makes
    no call if there is a record.
    """
    want, node = change.want, change.node
    if want is None or change.action in {Action.FOREIGN, Action.SKIP}:
        return change
    if node in eyes.journal.records or node in eyes.options.adopt:
        return change
    others = _others(eyes, node, want)
    if not others:
        return change
    names = " and ".join(others)
    carry = "carries" if len(others) == 1 else "carry"
    found = f", and so does {change.label}" if change.have else ""
    goes_on = f"goes on with {change.label}" if change.have else f"makes {change.label}"
    cure = f"{adopt_hint(node).replace('takes it over', goes_on)} and leaves {names} as it is"
    return replace(
        change,
        action=Action.FOREIGN,
        diffs=(),
        reason=f"{names} {carry} its mark{found}, and no state says which holds its data",
        blocked_by=f"{cure}; or take the tag {OWNER} off what is not it, or bring back the state",
    )


def _others(eyes: Planner, node: str, step: Step) -> tuple[str, ...]:
    """Return the names of others with the node's mark; none if they may not be listed by tag.

    Older policies for reading do not permit that.
    """
    try:
        return tuple(step.others_marked(eyes.aws, eyes.owners(node)))
    except NO_GOOD_ANSWER:
        return ()
