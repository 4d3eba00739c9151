"""Decides on the action for one node, from the wanted and the observed resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeGuard

from provision.model.capabilities import (
    HasDeletionProtection,
    HoldsData,
    KeepsMessages,
    KeepsVersions,
    MayOutliveStack,
    ReportsProblems,
)
from provision.model.stack import Node, deposed_name
from provision.model.step import (
    OWNER,
    Management,
    Step,
)
from provision.model.stored_data import StoredData
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange, diff_fields
from provision.plan.limitations import Limitations
from provision.plan.options import PlanOptions
from provision.plan.ownership import Ownership, adopt_hint
from provision.unknown import in_words

_LOCKED: Final = "deletion protection is on"


@dataclass(frozen=True)
class Observation:
    """The resources observed for one node.

    `owned` is whether `have` is this stack's. `deposed` are resources that are deleted once the
    wanted one exists. `alike` are the ids of several that carry the node's mark, if no record says
    which of them is the node's.
    """

    have: Step | None
    owned: bool = True
    deposed: tuple[Step, ...] = ()
    alike: tuple[str, ...] = ()


NOT_THERE: Final = Observation(None)


@dataclass(frozen=True)
class DataFacts:
    """The facts that AWS reports about a resource that holds data and may be deleted.

    `deletion_warning` is what others lose by its deletion, or empty; with a warning, the amount of
    data is not read. `messages` wait in it.
    """

    deletion_warning: str = ""
    stored: StoredData | None = None
    messages: int = 0


@dataclass(frozen=True)
class Planner:
    """The decisions for one stack, with what the user allows. Makes no AWS call."""

    ownership: Ownership
    options: PlanOptions
    limitations: Limitations
    region: str

    def skip(self, node: Node[Step], want: Step) -> ResourceChange | None:
        """Return the change of a node whose kind the emulator lacks; None for every other."""
        reason = self.limitations.unsupported_kinds.get(want.KIND)
        return _change(node, want, None, Action.SKIP, reason) if reason else None

    def plan(self, node: Node[Step], want: Step, seen: Observation) -> ResourceChange:
        """Return the action that follows from the two values, or that the resource is foreign."""
        return replace(self._plan(node, want, seen), deposed=seen.deposed)

    def _plan(self, node: Node[Step], want: Step, seen: Observation) -> ResourceChange:
        have = seen.have
        if have is None:
            return self._missing(node, want)
        if seen.alike:
            return _undecided(node, want, seen)
        if seen.owned:
            return self._compare(node, want, have)
        if node.name in self.options.adopt:
            return self._adopt(node, want, have)
        return replace(
            _change(node, want, have, Action.FOREIGN, self.ownership.describe(have)),
            unblock_hint=self.ownership.hint(node.name, have),
        )

    def refuse_marked_twice(self, change: ResourceChange, others: Sequence[str]) -> ResourceChange:
        """Return the change, refused if other resources (`others`) carry the node's mark.

        Nothing is built upon the resource that was chosen until the user decides.
        """
        if not others:
            return change
        names = " and ".join(others)
        carry = "carries" if len(others) == 1 else "carry"
        found = f", and so does {change.label}" if change.have else ""
        goes_on = f"continues with {change.label}" if change.have else f"creates {change.label}"
        cure = adopt_hint(change.node).replace("takes it over", goes_on)
        return replace(
            change,
            action=Action.FOREIGN,
            diffs=(),
            reason=f"{names} {carry} its owner tag{found}, and no state says which one holds its"
            " data",
            unblock_hint=f"{cure} and leaves {names} as it is; or remove the tag {OWNER} from"
            " the wrong ones, or restore the state",
        )

    def _adopt(self, node: Node[Step], want: Step, have: Step) -> ResourceChange:
        """Plan an adoption, which never deletes and recreates unless the user names the node."""
        change = self._compare(node, want, have)
        fixed = [diff for diff in change.diffs if diff.fixed]
        if not fixed or self.options.may_destroy(node.name):
            return change
        told = "; ".join(f"{each.field} is {_in_plain_words(each.have)}" for each in fixed)
        return replace(
            change,
            action=Action.FOREIGN,
            reason=f"{have.label} does not belong to this stack and cannot be adopted: {told}",
            unblock_hint="rename this stack's in config.yaml, or delete the other one",
        )

    def _missing(self, node: Node[Step], want: Step) -> ResourceChange:
        """Plan a node without a resource."""
        if want.MANAGEMENT is Management.MADE_BY_AWS:
            return _change(node, want, None, Action.KEEP)
        reason = self.ownership.unknown_move(node.name)
        made = _change(node, want, None, Action.CREATE, reason)
        record = self.ownership.records.get(node.name)
        if record is None or not record.exists:
            return replace(made, cause=Cause.CONFIG)
        back = want.restore_hint(node.name, self.region) if isinstance(want, HoldsData) else ""
        return replace(made, cause=Cause.DRIFT, reason=back or reason)

    def _compare(self, node: Node[Step], want: Step, have: Step) -> ResourceChange:
        """Plan a node whose resource is owned, or is to be."""
        record, reason = self.ownership.records.get(node.name), ""
        ignored = frozenset(self.limitations.unreadable_fields.get(want.KIND, ()))
        diffs = diff_fields(want, have, record.step if record else None, ignored)
        if record and record.pending == "update":
            diffs, reason = _marked_pending(diffs)
        change = replace(_change(node, want, have, Action.UPDATE, reason), diffs=diffs)
        if not diffs:
            return replace(change, action=Action.KEEP, reason=_problem_of_all(have))
        if not any(diff.fixed for diff in diffs):
            return change
        unblock_hint = ""
        if have.REPLACEMENT.keeps_old:
            displaced = have.displaced_versions() if isinstance(have, KeepsVersions) else ""
            change = replace(change, reason=displaced)
        if isinstance(want, HoldsData) and not self.options.may_destroy(node.name):
            destroy = self.options.destroying(node.name)
            unblock_hint = f"it holds data; {destroy} lets it be deleted and recreated"
        return replace(change, action=Action.REPLACE, unblock_hint=unblock_hint)

    # -- deletions ---------------------------------------------------------------------------

    def plan_deletion(
        self, change: ResourceChange, data: DataFacts | None, *, owned: bool
    ) -> ResourceChange:
        """Return the change of a removal: nothing there, foreign, kept, or deleted.

        `owned` is whether the resource is the stack's, and may be removed. `data` is needed for an
        owned resource that `holds_deletable_data` or `KeepsMessages`.
        """
        if change.action is Action.SKIP:
            return change
        have = change.have
        change = replace(change, diffs=(), unblock_hint="", action=Action.KEEP)
        if have is None:
            return replace(change, reason="not there")
        if not owned:
            left = self.ownership.describe(have).replace("exists and does not", "does not")
            return replace(change, action=Action.FOREIGN, reason=f"{left}: not touched")
        if have.MANAGEMENT is Management.NEVER_DELETED:
            return replace(change, reason="the whole account uses it")
        if retained := retention_reason(have):
            return replace(change, reason=retained)
        if isinstance(have, HoldsData):
            assert data is not None
            return self._plan_data(change, have, data)
        if isinstance(have, KeepsMessages):
            assert data is not None
            return self._plan_messages(change, have, data.messages)
        locked = isinstance(have, HasDeletionProtection) and have.has_deletion_protection()
        reason = f"{_LOCKED} and is switched off first" if locked else ""
        return replace(change, action=Action.DELETE, reason=reason)

    def _plan_data(self, change: ResourceChange, have: Step, data: DataFacts) -> ResourceChange:
        """Decide whether data is deleted, and explain it. Protection is read live (D19)."""
        destroying = f"{self.options.destroying(change.node)} deletes it"
        if data.deletion_warning:
            if self.options.may_undo_backups(change.node):
                return replace(change, action=Action.DELETE, reason=data.deletion_warning)
            return replace(change, reason=f"{data.deletion_warning}; {destroying}")
        protected = data.stored is not None and data.stored.protected
        change = replace(change, stored_data=data.stored)
        words = [data.stored.summary] if data.stored else []
        if not self.options.may_destroy(change.node):
            words += [_LOCKED] if protected else []
            held = f" ({'; '.join(words)})" if words else ""
            return replace(change, reason=f"it holds data{held}; {destroying}")
        words += [f"{_LOCKED} and is switched off first"] if protected else []
        without = "no backup is made: --no-backup"
        words.append(self.limitations.backup_words(have.KIND) if self.options.backup else without)
        return replace(change, action=Action.DELETE, reason="; ".join(words))

    def _plan_messages(
        self, change: ResourceChange, have: KeepsMessages, waiting: int
    ) -> ResourceChange:
        """Decide whether a resource with messages is deleted; an empty one always is."""
        if not waiting:
            return replace(change, action=Action.DELETE, reason="")
        told = f"{messages_words(waiting)} in it"
        if self.options.may_destroy(change.node):
            return replace(change, action=Action.DELETE, messages=waiting, reason=told)
        destroying = f"{self.options.destroying(change.node)} deletes it"
        hints = [told, have.saving_hint(change.node), destroying]
        return replace(change, messages=waiting, reason="; ".join(filter(None, hints)))

    def name_deposed(self, change: ResourceChange) -> list[ResourceChange]:
        """Return the deletions of deposed resources, as nodes of their own, still undecided."""
        taken = set(self.ownership.records)
        behind = []
        for old in change.deposed:
            name = deposed_name(change.node, taken)
            taken.add(name)
            behind.append(
                ResourceChange(name, change.needs, old.KIND, None, old, (), Action.DELETE)
            )
        return behind

    def name_orphan(self, name: str, have: Step | None) -> ResourceChange:
        """Return the deletion of a node that only the journal has, still undecided."""
        record = self.ownership.records[name]
        dropped = None if "~" in name else Cause.REMOVED  # with a `~`, it is deposed
        return ResourceChange(
            name, record.needs, record.step.KIND, None, have, (), Action.DELETE, cause=dropped
        )

    def part_of_foreign(self, change: ResourceChange) -> ResourceChange:
        """Return the change of an orphan without a mark that is part of a foreign resource."""
        reason = (
            f"{change.label} is part of a resource that does not belong to this stack: not touched"
        )
        return replace(change, action=Action.FOREIGN, reason=reason, cause=None)


def retention_reason(have: Step) -> str:
    """Return why `down` leaves the resource in AWS although it is the stack's, or nothing."""
    return have.retention_reason() if isinstance(have, MayOutliveStack) else ""


def messages_words(waiting: int) -> str:
    """Return a number of messages with its verb; SQS only estimates it (Q19)."""
    return "about 1 message waits" if waiting == 1 else f"about {waiting:,} messages wait"


def holds_deletable_data(have: Step) -> TypeGuard[HoldsData]:
    """Return whether the deletion of the resource would be decided by the data in it."""
    deletable = have.MANAGEMENT is not Management.NEVER_DELETED and not retention_reason(have)
    return deletable and isinstance(have, HoldsData)


def _undecided(node: Node[Step], want: Step, seen: Observation) -> ResourceChange:
    """Return the change of a node of which several resources carry the mark.

    A tag can be copied: none of them is replaced, and nothing is built upon one.
    """
    names = " and ".join(seen.alike)
    reason = f"{names} carry its owner tag, and no state says which one is this node's"
    unblock_hint = f"remove the tag {OWNER} from the wrong ones, or restore the state"
    change = _change(node, want, seen.have, Action.FOREIGN, reason)
    return replace(change, unblock_hint=unblock_hint)


def _change(
    node: Node[Step], want: Step, have: Step | None, action: Action, reason: str = ""
) -> ResourceChange:
    return ResourceChange(node.name, node.needs, want.KIND, want, have, (), action, reason)


def _problem_of_all(have: Step) -> str:
    """Return what is wrong with a resource of the whole account: every stack reports it."""
    shared = have.MANAGEMENT is Management.NEVER_DELETED
    return have.reported_problem() if shared and isinstance(have, ReportsProblems) else ""


def _in_plain_words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{in_words(value)}"


def _marked_pending(diffs: tuple[FieldDiff, ...]) -> tuple[tuple[FieldDiff, ...], str]:
    """Return the diffs with the rest of a pending update not counted as drift, and a reason.

    AWS no longer has the recorded value, and not yet the wanted one. A table's expiry takes two
    runs (D12).
    """
    ours = tuple(replace(diff, cause=Cause.CONFIG) if diff.is_conflict else diff for diff in diffs)
    rest = ", ".join(one.field for one, diff in zip(ours, diffs, strict=True) if diff.is_conflict)
    return ours, f"the rest of a change that an earlier run began: {rest}" if rest else ""
