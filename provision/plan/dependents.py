"""Decides what a change of one resource means for the nodes that need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provision.model.step import FieldRole, Replacement, fields_with, replacement
from provision.plan.change import Action, Cause, ResourceChange


def keeps_computed(change: ResourceChange) -> bool:
    """Return whether the Computed values that dependents read stay as they were found."""
    if change.want is None or change.have is None:
        return False
    stays = change.action in {Action.KEEP, Action.UPDATE, Action.FOREIGN}
    renewing = fields_with(type(change.want), FieldRole.RENEWS)
    return stays and not any(diff.field in renewing for diff in change.diffs)


def follow_replaced_parent(
    change: ResourceChange, changes: Mapping[str, ResourceChange]
) -> ResourceChange:
    """Plan to create an unmarked resource that is deleted with its replaced parent."""
    parent = changes[change.needs[0]] if change.needs else None
    if parent is None or parent.action is not Action.REPLACE or parent.have is None:
        return change
    assert parent.want is not None
    stands = replacement(parent.want, parent.have) is not Replacement.DELETE_FIRST
    if (
        stands
        or change.have is None
        or change.have.OWNER_MARK.names_owner
        or change.action is Action.FOREIGN
    ):
        return change
    drifted = Cause.DRIFT in parent.causes
    cause = Cause.DRIFT if drifted else Cause.CONFIG
    return replace(change, have=None, diffs=(), action=Action.CREATE, cause=cause)


def deletes_dependents(change: ResourceChange) -> bool:
    """Return whether dependents may be deleted with it. Entries of a history stay."""
    have = change.have if change.action is Action.REPLACE else None
    return have is not None and not have.REPLACEMENT.keeps_old
