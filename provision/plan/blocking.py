"""Marks changes that are blocked: a dependency is missing or refused, or the run ended first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provision.errors import ConcurrentRun, ProvisionError
from provision.model.stack import Needs
from provision.model.step import Step
from provision.plan.change import WRITES, Action, ResourceChange


def block_on_refused(changes: dict[str, ResourceChange]) -> dict[str, ResourceChange]:
    """Mark changes as blocked that need something foreign or refused."""
    stuck: set[str] = set()
    for name, change in changes.items():
        if change.action is Action.SKIP:
            continue  # it is never blocked, and blocks nothing
        blocker = next((need for need in change.needs if need in stuck), None)
        if blocker:
            changes[name] = replace(change, action=Action.BLOCKED, reason=f"needs {blocker}")
        if blocker or change.unblock_hint:
            stuck.add(name)
    return changes


def block_on_failed(
    changes: dict[str, ResourceChange],
    failed: Mapping[str, ProvisionError],
    made: Mapping[str, Step],
    graph: Needs,
) -> dict[str, ResourceChange]:
    """Mark changes as blocked that were not begun.

    Something they need failed, the user asked to stop, or another run is at work.
    """
    stuck = {name for name in failed if name not in made}
    crossed = any(isinstance(error, ConcurrentRun) for error in failed.values())
    ended = "not begun: another run is in progress" if crossed else "interrupted before it began"
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
    """Return the changes with those in `reasons` blocked: the run ended before their turn.

    The next `up` continues with them.
    """
    waits = {
        name: replace(acted[name], action=Action.BLOCKED, reason=reason)
        for name, reason in reasons.items()
    }
    return {**acted, **waits}
