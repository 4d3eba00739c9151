"""Asks AWS who owns a resource if its mark and the record do not show it."""

from __future__ import annotations

from dataclasses import dataclass

from provision.aws.client import Aws
from provision.model.capabilities import HasParent, MayReappear
from provision.model.step import OwnerMark, Step
from provision.plan.change import ResourceChange
from provision.plan.ownership import OwnedBy, Ownership, has_no_owner, same_mark


@dataclass(frozen=True)
class OwnershipCheck:
    """The ownership of resources, confirmed by reads from AWS where that is needed."""

    aws: Aws
    ownership: Ownership

    def is_ours(self, node: str, expected: Step, have: Step) -> bool:
        """Return whether the observed resource is the node's, for which `expected` is wanted."""
        match self.ownership.owner_by_mark(node, expected, have):
            case OwnedBy.US:
                return True
            case OwnedBy.OTHERS:
                return False
            case OwnedBy.PARENT:
                return self.ownership.leads_to_ours(expected, self._parent_owner(have))
            case OwnedBy.WRITER:
                assert isinstance(have, MayReappear)
                return self._has_reappeared(node, expected, have)

    def is_part_of_ours(self, have: Step) -> bool:
        """Return whether a resource without a mark is part of an owned one, as AWS shows it.

        The state may have been written by anyone, and name any resource.
        """
        return self.ownership.is_our_mark(self._parent_owner(have))

    def may_remove(self, change: ResourceChange, expected: Step) -> bool:
        """Return whether the observed resource is the node's and may be removed.

        One that is recognised by its content alone must be as config.yaml wants it, or AWS must
        show that it leads to ours.
        """
        have, want = change.have, change.want
        if have is None or not self.is_ours(change.node, expected, have):
            return False
        if have.OWNER_MARK is not OwnerMark.BY_CONTENT:
            return True
        wanted = want is not None and self.ownership.carries_mark(change.node, want, have)
        return wanted or self.is_part_of_ours(have)

    def reappeared(self, have: Step) -> bool:
        """Return whether a delayed writer recreated what this run deleted."""
        if not isinstance(have, MayReappear) or not has_no_owner(have):
            return False
        return have.is_new_and_empty(self.aws)

    def changed_hands(self, node: str, have: Step, now: Step) -> bool:
        """Return whether the resource that was owned as `have` is foreign now.

        It then has neither the mark or content of before, nor another mark of ours.
        """
        return not same_mark(have, now) and not self.is_ours(node, have, now)

    def _has_reappeared(self, node: str, expected: Step, have: MayReappear) -> bool:
        """Return whether a resource without a mark may be one that we deleted.

        If its writer is not ours, it must be as new and empty as delayed writers leave it.
        """
        writer = have.writer_owner(self.aws)
        if self.ownership.is_our_mark(writer):
            return True
        possible = self.ownership.may_have_reappeared(node, expected, have, writer)
        return possible and have.is_new_and_empty(self.aws)

    def _parent_owner(self, have: Step) -> str | None:
        return have.parent_owner(self.aws) if isinstance(have, HasParent) else ""
