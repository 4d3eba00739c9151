"""What the engine says, in the words of this call: its commands as they can be pasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provision.commands.invocation import Invocation
from provision.engine.engine import Result
from provision.model.stored_data import Backup
from provision.plan.change import ResourceChange
from provision.workflows.leftovers import LeftoverReport
from provision.workflows.removal_report import RemovalReport


def worded(call: Invocation, findings: Mapping[str, ResourceChange]) -> dict[str, ResourceChange]:
    """The findings, for a screen or a document."""
    return {node: _finding(call, finding) for node, finding in findings.items()}


def worded_outcome(call: Invocation, outcome: Result) -> Result:
    """The outcome, for a screen or a document."""
    for error in outcome.failed.values():
        call.word(error)
    return replace(
        outcome,
        findings=worded(call, outcome.findings),
        backups=_backups(call, outcome.backups),
    )


def worded_receipt(call: Invocation, receipt: RemovalReport) -> RemovalReport:
    """The receipt, for a screen or a document."""
    search = receipt.search
    found = tuple(replace(one, remove=call.pasteable(one.remove)) for one in search.found)
    return replace(
        receipt,
        kept=tuple(_finding(call, finding) for finding in receipt.kept),
        finishing={node: call.as_typed(words) for node, words in receipt.finishing.items()},
        backups=_backups(call, receipt.backups),
        search=LeftoverReport(found, tuple(call.as_typed(words) for words in search.unasked)),
    )


def _finding(call: Invocation, finding: ResourceChange) -> ResourceChange:
    reason, refusal = call.as_typed(finding.reason), call.as_typed(finding.refusal)
    return replace(finding, reason=reason, refusal=refusal)


def _backups(call: Invocation, backups: Mapping[str, Backup]) -> dict[str, Backup]:
    return {
        node: replace(one, restore=call.pasteable(one.restore)) for node, one in backups.items()
    }
