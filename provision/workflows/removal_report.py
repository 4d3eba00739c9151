"""Reports the result of `down`: removed, kept, in progress, backed up, and left over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provision.aws.client import Aws
from provision.errors import WaitTimeout
from provision.model.stack import Stack
from provision.model.stored_data import Backup
from provision.plan.change import Action, ResourceChange
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.plan import Result
from provision.workflows.leftovers import LeftoverReport, find_leftovers


@dataclass(frozen=True)
class RemovalReport:
    """The result of `down`.

    `in_progress`: node → what AWS is still doing, or what it waits for.
    """

    removed: tuple[ResourceChange, ...]
    kept: tuple[ResourceChange, ...]
    in_progress: Mapping[str, str]
    backups: Mapping[str, Backup]
    search: LeftoverReport


def removal_report(
    aws: Aws, stack: Stack, result: Result, limitations: Limitations = NO_LIMITATIONS
) -> RemovalReport:
    """Return the report of a result, after a search of the account for leftovers."""
    going, kept = [], []
    finishing: dict[str, str] = {}
    expected = []
    for node, change in result.changes.items():
        if node in result.failed:
            error = result.failed[node]
            if isinstance(error, WaitTimeout):
                finishing[node] = error.message
        elif change.action is Action.BLOCKED:
            finishing[node] = change.reason
        elif change.action is Action.DELETE:
            going.append(change)
            continue
        elif change.have is not None:
            kept.append(change)
        # A resource left alone as foreign, yet with this stack's mark, is reported as left over.
        if change.have is not None and change.action is not Action.FOREIGN:
            expected.append(change.have)
    found = find_leftovers(aws, stack, expected, limitations)
    return RemovalReport(tuple(going), tuple(kept), finishing, result.backups, found)
