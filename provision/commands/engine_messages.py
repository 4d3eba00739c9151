"""Makes the commands in what the engine returns pasteable, in the words of this call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provision.commands.invocation import Invocation
from provision.model.stored_data import Backup
from provision.plan.change import ResourceChange
from provision.plan.plan import Result
from provision.workflows.leftovers import LeftoverReport
from provision.workflows.removal_report import RemovalReport


def worded(call: Invocation, changes: Mapping[str, ResourceChange]) -> dict[str, ResourceChange]:
    """Return the changes with pasteable commands, for a screen or a document."""
    return {node: _worded(call, change) for node, change in changes.items()}


def worded_outcome(call: Invocation, result: Result) -> Result:
    """Return the result with pasteable commands, for a screen or a document."""
    return replace(
        result,
        failed={node: call.word(error) for node, error in result.failed.items()},
        changes=worded(call, result.changes),
        backups=_backups(call, result.backups),
    )


def worded_receipt(call: Invocation, receipt: RemovalReport) -> RemovalReport:
    """Return the removal report with pasteable commands, for a screen or a document."""
    search = receipt.search
    found = tuple(
        replace(one, delete_command=call.pasteable(one.delete_command)) for one in search.found
    )
    return replace(
        receipt,
        kept=tuple(_worded(call, change) for change in receipt.kept),
        in_progress={node: call.expand_hint(words) for node, words in receipt.in_progress.items()},
        backups=_backups(call, receipt.backups),
        search=LeftoverReport(
            found, tuple(call.expand_hint(words) for words in search.not_searched)
        ),
    )


def _worded(call: Invocation, change: ResourceChange) -> ResourceChange:
    reason, refusal = call.expand_hint(change.reason), call.expand_hint(change.unblock_hint)
    return replace(change, reason=reason, unblock_hint=refusal)


def _backups(call: Invocation, backups: Mapping[str, Backup]) -> dict[str, Backup]:
    return {
        node: replace(one, restore=call.pasteable(one.restore)) for node, one in backups.items()
    }
