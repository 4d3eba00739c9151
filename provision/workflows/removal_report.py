"""What `down` came to: removed, kept, still finishing, backed up, and what else is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from provision.aws.client import Aws
from provision.engine.engine import Result
from provision.errors import WaitTimeout
from provision.model.stack import Stack
from provision.model.stored_data import Backup
from provision.plan.change import Action, ResourceChange
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.workflows.leftovers import LeftoverReport, find_leftovers


@dataclass(frozen=True)
class RemovalReport:
    """`finishing`: node → what AWS is still at, or what it waits for."""

    removed: tuple[ResourceChange, ...]
    kept: tuple[ResourceChange, ...]
    in_progress: Mapping[str, str]
    backups: Mapping[str, Backup]
    search: LeftoverReport

    @property
    def document(self) -> dict[str, Any]:
        """As docs/json.md says: the `removal` of a document."""
        return {
            "removed": [change.node for change in self.removed],
            "kept": [{"node": f.node, "name": f.label, "reason": f.reason} for f in self.kept],
            "finishing": [{"node": n, "reason": words} for n, words in self.in_progress.items()],
            "backups": [{"node": node, **asdict(one)} for node, one in self.backups.items()],
            "leftovers": [asdict(one) for one in self.search.found],
            "unasked": list(self.search.not_searched),
        }


def removal_report(
    aws: Aws, stack: Stack, result: Result, limitations: Limitations = NO_LIMITATIONS
) -> RemovalReport:
    """Sorted from the outcome; then the account is searched for what else is the stack's."""
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
        # What was left alone as another's, yet carries this stack's name, is told as left over.
        if change.have is not None and change.action is not Action.FOREIGN:
            expected.append(change.have)
    found = find_leftovers(aws, stack, expected, limitations)
    return RemovalReport(tuple(going), tuple(kept), finishing, result.backups, found)
