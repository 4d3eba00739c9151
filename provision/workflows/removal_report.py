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
            "removed": [finding.node for finding in self.removed],
            "kept": [{"node": f.node, "name": f.label, "reason": f.reason} for f in self.kept],
            "finishing": [{"node": n, "reason": words} for n, words in self.in_progress.items()],
            "backups": [{"node": node, **asdict(one)} for node, one in self.backups.items()],
            "leftovers": [asdict(one) for one in self.search.found],
            "unasked": list(self.search.not_searched),
        }


def removal_report(
    aws: Aws, stack: Stack, outcome: Result, blind: Limitations = NO_LIMITATIONS
) -> RemovalReport:
    """Sorted from the outcome; then the account is searched for what else is the stack's."""
    going, kept = [], []
    finishing: dict[str, str] = {}
    expected = []
    for node, finding in outcome.findings.items():
        if node in outcome.failed:
            error = outcome.failed[node]
            if isinstance(error, WaitTimeout):
                finishing[node] = error.message
        elif finding.action is Action.BLOCKED:
            finishing[node] = finding.reason
        elif finding.action is Action.DELETE:
            going.append(finding)
            continue
        elif finding.have is not None:
            kept.append(finding)
        # What was left alone as another's, yet carries this stack's name, is told as left over.
        if finding.have is not None and finding.action is not Action.FOREIGN:
            expected.append(finding.have)
    found = find_leftovers(aws, stack, expected, blind)
    return RemovalReport(tuple(going), tuple(kept), finishing, outcome.backups, found)
