"""Rights go last: what `up` takes away from anybody goes when everything else is made, so that code
and callers that are live until then do not lose what they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from provision.engine.executor import Engine
from provision.engine.timing import WalkTiming
from provision.engine.walks import run_walk, start_walk
from provision.errors import ProvisionError
from provision.model.step import Step, with_computed
from provision.plan.blocking import block_on_failed, block_with_reasons
from provision.plan.change import WRITES, Action, Cause, ResourceChange, diff_fields

GOES_LAST: Final = "what it takes away goes when all else is made"


def without_revocations(change: ResourceChange) -> ResourceChange | None:
    """The finding with all that is allowed now left in place; None where nothing is taken away, or
    only what somebody else has given."""
    want, have = change.want, change.have
    if change.action is not Action.UPDATE or want is None or have is None:
        return None
    if all(diff.cause is Cause.DRIFT and not diff.is_conflict for diff in change.diffs):
        return None
    wider = want.meanwhile(have)
    if wider == want:
        return None
    return replace(change, want=wider, diffs=diff_fields(wider, have, None))


def revoke(
    engine: Engine,
    acted: Mapping[str, ResourceChange],
    late: Mapping[str, ResourceChange],
    steps: dict[str, Step],
    workers: int,
) -> tuple[dict[str, ResourceChange], dict[str, ProvisionError], WalkTiming]:
    """Make what `without_revocations` held back as it is wanted, then what follows from that.
    `steps`: by node as made; changed here. The findings as acted on, the failures, and the walk."""
    nodes, begun = engine.stack.nodes, dict(acted)
    follow = _followers(engine, acted, late, steps)
    done: dict[str, Step] = {}

    def visit(name: str) -> None:
        if name in follow:
            left = engine.replan(follow[name], nodes[name], steps)
            begun[name] = _as_one(acted[name], left)
        else:
            change, made = late[name], steps[name]
            assert change.want is not None
            left = replace(change, have=made, diffs=diff_fields(change.want, made, None))
        steps[name] = done[name] = engine.apply(left)
        if left.action in WRITES:
            engine.verify(left, steps[name])

    order = dict.fromkeys(late, ()) | {
        name: tuple(need for need in nodes[name].needs if need in late or need in follow)
        for name in follow
    }
    walked = start_walk(engine, "take away", order)
    failed = run_walk(engine, walked, visit, workers)
    return block_on_failed(begun, failed, done, order), failed, walked


def _as_one(first: ResourceChange, then: ResourceChange) -> ResourceChange:
    """What was done about one node in two walks, told as a plan tells it."""
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


def block_revocations(
    engine: Engine,
    acted: Mapping[str, ResourceChange],
    late: Mapping[str, ResourceChange],
    steps: Mapping[str, Step],
) -> dict[str, ResourceChange]:
    """The findings where the run ended before the turn of `late` had come."""
    follow = _followers(engine, acted, late, steps)
    reasons = {name: f"comes after {', '.join(late)}: {GOES_LAST}" for name in follow}
    return block_with_reasons(acted, dict.fromkeys(late, GOES_LAST) | reasons)


def _followers(
    engine: Engine,
    acted: Mapping[str, ResourceChange],
    late: Mapping[str, ResourceChange],
    steps: Mapping[str, Step],
) -> dict[str, ResourceChange]:
    """What has to be made again when `late` is as it is wanted, by node: a deployment is a copy of
    the API as it was."""
    wanted = dict(steps)
    for name, change in late.items():
        if change.want is not None and name in steps:
            wanted[name] = with_computed(change.want, steps[name])
    follow: dict[str, ResourceChange] = {}
    for name, node in engine.stack.nodes.items():  # each after those it needs
        moved = any(need in late or need in follow for need in node.needs)
        if not moved or name in late or name not in steps:
            continue
        change = engine.replan(replace(acted[name], have=steps[name]), node, wanted)
        if change.want != acted[name].want and change.action in WRITES:
            follow[name] = change
            wanted[name] = engine.planned_value(change)
    return follow
