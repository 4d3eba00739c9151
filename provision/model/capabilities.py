"""Optional interfaces of steps: what one or a few kinds can do, or need, beyond every other.

The engine and the planner ask for them with `isinstance`. None has fields, so comparison and JSON
do not depend on them. A kind that could hold data or grant access, and lacks the interface, is
treated as one that cannot.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from provision.model.step import Step
from provision.model.stored_data import Backup, StoredData

if TYPE_CHECKING:
    from provision.aws.client import Aws
    from provision.model.risks import Risk


# -- the user's data ---------------------------------------------------------------------------


class HoldsData(Step):
    """A resource with the user's data. Never deleted or replaced unless the user names it."""

    def stored_data(self, aws: Aws) -> StoredData | None:  # noqa: ARG002  (an interface)
        """Return how much data it holds, or None if AWS does not count it. Must not write."""
        return None

    def deletion_warning(self, aws: Aws) -> str:  # noqa: ARG002  (an interface)
        """Return what others lose by its deletion, backups included, or nothing.

        With a warning, it is deleted only if the user names it."""
        return ""

    def back_up(self, aws: Aws) -> Backup | None:  # noqa: ARG002  (an interface)
        """Back up its data as it is now, before deletion. Return None if it cannot be."""
        return None

    def restore_hint(self, node: str, region: str) -> str:  # noqa: ARG002  (an interface)
        """Return how to restore its data after a foreign deletion; empty if it cannot be."""
        return ""

    def others_with_owner(self, aws: Aws, owners: Collection[str]) -> Sequence[str]:  # noqa: ARG002  (an interface)
        """Return the names of other resources of this kind that carry one of these owners.

        After a change of name and a loss of the state, they may hold its data. Must not write."""
        return ()


class KeepsMessages(Step):
    """A resource in which messages wait at times. Those are the user's data.

    While some wait, it is not deleted unless the user names it. Their number is read live."""

    @abstractmethod
    def messages_waiting(self, aws: Aws) -> int:
        """Return about how many messages wait in it, also those being received. Must not write."""

    def saving_hint(self, node: str) -> str:  # noqa: ARG002  (an interface)
        """Return how to keep the messages in a file; empty if there is no command for that."""
        return ""


class WritesData(Step):
    """A resource that runs code, which may write to resources that hold data.

    It is deleted before them, so that the final backup contains every write."""


# -- whose it is -------------------------------------------------------------------------------


class HasParent(Step):
    """A resource that does not name its owner in AWS. It is part of another one, its parent."""

    @abstractmethod
    def parent_owner(self, aws: Aws) -> str | None:
        """Return the owner tag of its parent, read from AWS. Must not write.

        Called when only the state leads to the resource. Empty if the parent has no owner, None if
        it does not exist."""


class CheckedBeforeDeletion(Step):
    """A resource whose name another party may take between observation and deletion.

    It holds data or leads callers somewhere, so its owner is checked again right before its
    deletion."""

    def observe_owner(self, aws: Aws) -> Self | None:
        """Observe it by only those calls that show its owner. Must not write."""
        return self.observe(aws)


class MayReappear(Step):
    """A resource that AWS may recreate after its deletion, without our owner tag.

    That happens when a delayed writer delivers its last data. The engine checks for it before it
    finishes."""

    @abstractmethod
    def has_recent_writes(self, aws: Aws) -> bool:
        """Return whether a delayed writer may recreate it. Called before it is deleted."""

    @abstractmethod
    def is_new_and_empty(self, aws: Aws) -> bool:
        """Return whether it is as a delayed writer leaves it. Must not write.

        Deleting it then loses next to nothing, even if it is foreign."""

    @abstractmethod
    def writer_owner(self, aws: Aws) -> str | None:
        """Return the owner tag of what writes to it, as `HasParent.parent_owner` does."""


# -- deletion ----------------------------------------------------------------------------------


class HasDeletionProtection(Step):
    """A resource without the user's data that AWS can protect from deletion."""

    @abstractmethod
    def has_deletion_protection(self) -> bool:
        """Return whether the protection is on, which `delete` switches off first."""


class MayOutliveStack(Step):
    """A resource that a stack which only created it may not always delete."""

    @abstractmethod
    def retention_reason(self) -> str:
        """Return why `down` leaves it in AWS, and how a user who knows better deletes it.

        Empty if it is deleted. The journal forgets a resource that is left."""


class KeepsVersions(Step):
    """A numbered history of which only the last entries are kept."""

    @abstractmethod
    def prune(self, aws: Aws) -> None:
        """Delete older entries, once the newest is in use and verified."""

    def displaced_versions(self) -> str:
        """Return in words which entries a new one displaces, as far as that is observed."""
        return ""


# -- reading and planning ----------------------------------------------------------------------


class BatchObserved(Step):
    """A resource of which AWS describes many in one call."""

    BATCH_SIZE: ClassVar[int]
    """The maximum for `observe_many`."""

    @classmethod
    @abstractmethod
    def observe_many(cls, aws: Aws, steps: Sequence[Self]) -> list[Self | None]:
        """Observe up to BATCH_SIZE resources, in their order. Must not write."""


class HasPrerequisites(Step):
    """A resource that may depend on something that no node creates."""

    @abstractmethod
    def check_prerequisites(self, aws: Aws) -> None:
        """Raise if something it depends on is missing or unsuitable.

        Called before anything is created. Must not write."""


class PredictsValues(Step):
    """A resource with Computed values that follow a known rule."""

    @abstractmethod
    def with_predicted_values(self, aws: Aws) -> Self:
        """Return this, not created yet, with those values. Must not write."""


class ReportsProblems(Step):
    """A resource that can be wrong although its settings are as wanted."""

    @abstractmethod
    def reported_problem(self) -> str:
        """Return in a few words what AWS reports as wrong, if anything."""


class HasOwnRisks(Step):
    """A resource whose risks depend on what its settings say, not only on which field differs."""

    @abstractmethod
    def own_risks(self, have: Self | None) -> Sequence[Risk]:
        """Return the risks of changing `have` into this, or of creating it if `have` is None.

        Called with unknown values, before anything is created."""


class GrantsAccess(Step):
    """A resource that grants access, which `up` revokes only when everything else is made."""

    @abstractmethod
    def keeping_access_of(self, have: Self) -> Self:
        """Return this with all access that `have` grants added; itself if it revokes none.

        It is first made so, because code and callers may still use that access."""
