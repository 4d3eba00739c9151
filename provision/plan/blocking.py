"""What cannot go on, and why: what it needs is not there or refused, or its turn has not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provision.errors import ConcurrentRun, ProvisionError
from provision.model.stack import Needs
from provision.model.step import Step
from provision.plan.change import WRITES, Action, ResourceChange


def block_on_refused(changes: dict[str, ResourceChange]) -> dict[str, ResourceChange]:
    """Mark what cannot go on because something it needs is foreign or refused."""
    stuck: set[str] = set()
    for name, change in changes.items():
        if change.action is Action.SKIP:
            continue  # it waits for nothing, and nothing for it
        blocker = next((need for need in change.needs if need in stuck), None)
        if blocker:
            changes[name] = replace(change, action=Action.BLOCKED, reason=f"needs {blocker}")
        if blocker or change.blocked_by:
            stuck.add(name)
    return changes


def block_on_failed(
    changes: dict[str, ResourceChange],
    failed: Mapping[str, ProvisionError],
    made: Mapping[str, Step],
    graph: Needs,
) -> dict[str, ResourceChange]:
    """Mark what was not begun: something it needs failed, the user asked to stop, or another run is
    at work."""
    stuck = {name for name in failed if name not in made}
    crossed = any(isinstance(error, ConcurrentRun) for error in failed.values())
    ended = "not begun: another run is at work" if crossed else "interrupted before it began"
    for name, needs in graph.items():
        if name in made or name in failed:
            continue
        blocker = next((need for need in needs if need in stuck), None)
        if blocker or changes[name].action in WRITES:
            stuck.add(name)
            reason = f"needs {blocker}, which failed" if blocker else ended
            changes[name] = replace(changes[name], action=Action.BLOCKED, reason=reason)
    return changes


def block_with_reasons(
    acted: Mapping[str, ResourceChange], reasons: Mapping[str, str]
) -> dict[str, ResourceChange]:
    """The findings where the run ended before the turn of some had come, for `reasons` by node: the
    next `up` goes on there."""
    waits = {
        name: replace(acted[name], action=Action.BLOCKED, reason=reason)
        for name, reason in reasons.items()
    }
    return {**acted, **waits}
