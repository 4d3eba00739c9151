"""Decides on the action from the wanted and the observed resource, and on ownership."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from provision.aws.client import Aws
from provision.model.stack import Node, Stack, current_name
from provision.model.step import OWNER, Replacement, Step, Tagged, same_identity, with_computed
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange, diff_fields
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.ownership import describe_owner, ownership_hint, unknown_move
from provision.state.journal import Journal
from provision.unknown import in_words, is_known

_LOCKED: Final = "deletion protection is on"


class NodeEvent(StrEnum):
    """An event of a node during a run."""

    LOOKING = "looking"
    FOUND = "found"
    BEGUN = "begun"
    WAITING = "waiting"
    DONE = "done"
    SETTLED = "settled"
    FAILED = "failed"


EventListener = Callable[[str, NodeEvent, str], None]
"""Called with a node, an event, and words for it (an action, or what it waits for)."""


@dataclass
class Planner:
    """The decisions for one stack in one account, with what the user allows.

    Reads from AWS only about data that is to be deleted, and about the owners of unmarked
    resources.
    """

    stack: Stack
    aws: Aws
    journal: Journal
    options: PlanOptions = NO_OPTIONS
    limitations: Limitations = NO_LIMITATIONS
    report: EventListener = lambda *_: None

    def plan(self, node: Node[Step], want: Step, have: Step | None) -> ResourceChange:
        """Return the action that follows from the two values, or that `have` is foreign."""
        if have is None or self._matches(node.name, want, have):
            return self.plan_owned(node, want, have)
        if node.name in self.options.adopt:
            return self._judge_adopted(node, want, have)
        return replace(
            self._finding(node, want, have, Action.FOREIGN, describe_owner(have, self.stack.mark)),
            blocked_by=ownership_hint(have, self.stack.mark, node.name),
        )

    def _judge_adopted(self, node: Node[Step], want: Step, have: Step) -> ResourceChange:
        """Plan an adoption, which never deletes and recreates unless the user names the node."""
        change = self.plan_owned(node, want, have)
        fixed = [diff for diff in change.diffs if diff.fixed]
        if not fixed or self.options.may_destroy(node.name):
            return change
        told = "; ".join(f"{each.field} is {_in_plain_words(each.have)}" for each in fixed)
        return replace(
            change,
            action=Action.FOREIGN,
            reason=f"{have.label} is not this stack's and cannot become it: {told}",
            blocked_by="rename ours in config.yaml, or delete the other one",
        )

    def plan_owned(self, node: Node[Step], want: Step, have: Step | None) -> ResourceChange:
        """Return the action for a resource that is owned, or does not exist."""
        if have is None:
            if want.MADE_BY_AWS:
                return self._finding(node, want, None, Action.KEEP)
            reason = unknown_move(node.name, self.stack.moved, self.journal.records)
            made = self._finding(node, want, None, Action.CREATE, reason)
            if not self.journal.existed(node.name):
                return replace(made, cause=Cause.CONFIG)
            back = want.having_back(node.name, self.aws.location.region)
            return replace(made, cause=Cause.DRIFT, reason=back or reason)
        record, reason = self.journal.records.get(node.name), ""
        diffs = diff_fields(
            want,
            have,
            record.step if record else None,
            frozenset(self.limitations.unreadable_fields.get(want.KIND, ())),
        )
        if record and record.pending == "update":
            diffs, reason = _marked_pending(diffs)
        change = replace(self._finding(node, want, have, Action.UPDATE, reason), diffs=diffs)
        if not diffs:
            ailing = have.ailment() if have.SHARED else ""  # owned by no stack: each reports it
            return replace(change, action=Action.KEEP, reason=ailing)
        if not any(diff.fixed for diff in diffs):
            return change
        refusal = ""
        if have.REPLACEMENT is Replacement.SUCCEED:
            change = replace(change, reason=have.outlived())
        if want.HOLDS_DATA and not self.options.may_destroy(node.name):
            destroy = self.options.destroying(node.name)
            refusal = f"it holds data; {destroy} lets it be deleted and made again"
        return replace(change, action=Action.REPLACE, blocked_by=refusal)

    def planned_value(self, change: ResourceChange) -> Step:
        """Return the value to plan dependents with: Computed fields as found, or unknown."""
        assert change.want is not None
        stays = change.action in {Action.KEEP, Action.UPDATE, Action.FOREIGN}
        stays = stays and not any(diff.field in change.want.RENEWS for diff in change.diffs)
        if stays and change.have:
            return with_computed(change.want, change.have)
        return with_computed(change.want, None).foretold(self.aws)

    def plan_deletion(self, change: ResourceChange, expected: Step) -> ResourceChange:
        """Return the change of a removal: nothing there, foreign, kept, or deleted."""
        if change.action is Action.SKIP:
            return change
        have, name = change.have, change.node
        change = replace(change, diffs=(), blocked_by="", action=Action.KEEP)
        if have is None:
            return replace(change, reason="not there")
        if not (self._matches(name, expected, have) and self._may_remove(change, have)):
            left = describe_owner(have, self.stack.mark).replace("exists and is not", "is not")
            return replace(change, action=Action.FOREIGN, reason=f"{left}: left alone")
        if have.SHARED:
            return replace(change, reason="the whole account uses it")
        if lasting := have.lasting():
            return replace(change, reason=lasting)
        if have.HOLDS_DATA:
            return self._judge_data(change, have)
        reason = f"{_LOCKED} and is switched off first" if have.locked() else ""
        return replace(change, action=Action.DELETE, reason=reason)

    def _judge_data(self, change: ResourceChange, have: Step) -> ResourceChange:
        """Decide whether data is deleted, and explain it. Protection is read live (D19)."""
        if parting := have.deletion_warning(self.aws):
            if self.options.may_undo_backups(change.node):
                return replace(change, action=Action.DELETE, reason=parting)
            return replace(
                change, reason=f"{parting}; {self.options.destroying(change.node)} deletes it"
            )
        holdings = have.stored_data(self.aws)
        change = replace(change, stored_data=holdings)
        words = [holdings.summary] if holdings else []
        if holdings and holdings.protected:
            words.append(_LOCKED)
        if not self.options.may_destroy(change.node):
            held = f" ({'; '.join(words)})" if words else ""
            reason = f"it holds data{held}; {self.options.destroying(change.node)} deletes it"
            return replace(change, reason=reason)
        if holdings and holdings.protected:
            words[-1] += " and is switched off first"
        without = "no backup is made: --no-backup"
        words.append(self.limitations.backup_words(have.KIND) if self.options.backup else without)
        return replace(change, action=Action.DELETE, reason="; ".join(words))

    # -- ownership ---------------------------------------------------------------------------

    def owner(self, node: str) -> str:
        """Return the owner for a node's owner tag. A deposed resource keeps its node's."""
        return f"{self.stack.mark}/{current_name(node)}"

    def is_part_of_ours(self, have: Step) -> bool:
        """Return whether a resource without a mark is part of an owned one, as AWS shows it.

        The state may have been written by anyone, and name any resource.
        """
        return self._is_ours(have.parent_owner(self.aws))

    def _is_ours(self, owner: str | None) -> bool:
        """Return whether this is the owner mark of a node of ours.

        A mark of an older version, which two stacks may share, is believed only if a record has it.
        A node has no slash: `tap-dev/x/…` is the mark of a stack `tap-dev`, not an old mark with
        the prefix `tap-dev`.
        """
        before, _, node = (owner or "").rpartition("/")
        if not owner or not node:
            return False
        return before == self.stack.mark or (before == self.stack.name and self._recorded(owner))

    def _recorded(self, owner: str) -> bool:
        steps = [record.step for record in self.journal.records.values()]
        return any(step.MARKED and step.is_owned_by(step, owner) for step in steps)

    def _may_be_back(self, node: str, expected: Step, have: Step) -> bool:
        """Return whether a resource without a mark may be one that we deleted.

        The state may have been written by anyone: it is believed if the writer to the resource is
        ours. If that is gone, it is believed for a node of config.yaml whose resource is as new and
        empty as delayed writers leave it.
        """
        parent = have.parent_owner(self.aws)
        if self._is_ours(parent):
            return True
        told = parent is None or (parent == "" and same_identity(expected, have))
        return told and node in self.stack.nodes and have.came_back(self.aws)

    def owns(self, change: ResourceChange) -> bool:
        """Return whether the observed resource carries this node's owner, or can carry none."""
        record = self.journal.records.get(change.node)
        expected = change.want or (record and record.step)
        have = change.have
        return bool(have and expected and self._matches(change.node, expected, have))

    def came_back(self, have: Step) -> bool:
        """Return whether a delayed writer recreated what this run deleted."""
        return _has_no_owner(have) and have.came_back(self.aws)

    def changed_hands(self, node: str, have: Step, now: Step) -> bool:
        """Return whether the resource that was owned as `have` is foreign now.

        It then has neither the mark or content of before, nor another mark of ours.
        """
        if isinstance(have, Tagged) and isinstance(now, Tagged):
            same = have.tags.get(OWNER) == now.tags.get(OWNER)
        else:
            same = have.is_owned_by(now, "")
        return not same and not self._matches(node, have, now)

    def _matches(self, node: str, expected: Step, have: Step) -> bool:
        record = self.journal.records.get(node)
        recorded = record is not None and self._owned(node, record.step, have)
        deleting = record is not None and record.pending == "delete"
        back = deleting and have.COMES_BACK and _has_no_owner(have)
        if back and self._may_be_back(node, expected, have):
            return True  # a delayed writer recreated what we were deleting (A35)
        if self._owned(node, expected, have):
            return True
        return recorded and (not have.BY_CONTENT or self._may_lead_to_ours(expected, have))

    def _may_lead_to_ours(self, expected: Step, have: Step) -> bool:
        """Return whether AWS confirms the ownership that only a record states.

        Anyone may have written the record. The target may be gone and is recreated before anything
        is written here: AWS refuses a second one of that name to everyone else.
        """
        parent = have.parent_owner(self.aws)
        return self._is_ours(parent) or (parent is None and not is_known(expected))

    def _may_remove(self, change: ResourceChange, have: Step) -> bool:
        """Return whether a resource that is recognised by its content alone may be removed.

        It must be as config.yaml wants it, or AWS must show that it leads to ours.
        """
        if not have.BY_CONTENT:
            return True
        wanted = change.want is not None and self._owned(change.node, change.want, have)
        return wanted or self.is_part_of_ours(have)

    def _owned(self, node: str, expected: Step, have: Step) -> bool:
        return any(expected.is_owned_by(have, owner) for owner in self.owners(node))

    def owners(self, node: str) -> tuple[str, ...]:
        """Return the values that the owner tag of a node's resource may have."""
        return (self.owner(node), *self._former_owners(node))

    def _former_owners(self, node: str) -> tuple[str, ...]:
        """Return the owners that the tag names until `up` has changed it.

        They are those of a renamed node's old name, and those of older versions, whose marks had
        neither region nor account. Two stacks could share such a mark, so it is believed only if
        the state has it.
        """
        name = current_name(node)
        renamed = [self.owner(old) for old, new in self.stack.moved.items() if new == name]
        record = self.journal.records.get(node)
        older = [f"{self.stack.name}/{old}" for old in (name, *self._former_names(name))]
        recorded = [own for own in older if record and record.step.is_owned_by(record.step, own)]
        return tuple(dict.fromkeys([*recorded, *renamed]))

    def _former_names(self, node: str) -> list[str]:
        return [old for old, new in self.stack.moved.items() if new == node]

    def _build(self, node: Node[Step], inputs: Mapping[str, Step]) -> Step:
        want = node.build(inputs)
        former = self._former_owners(node.name) if want.MARK_LASTS else ()
        return want.with_owner(next(iter(former), self.owner(node.name)))

    def _finding(
        self, node: Node[Step], want: Step, have: Step | None, action: Action, reason: str = ""
    ) -> ResourceChange:
        return ResourceChange(node.name, node.needs, want.KIND, want, have, (), action, reason)


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


def _has_no_owner(have: Step) -> bool:
    """Return whether the resource could carry an owner and carries none."""
    return isinstance(have, Tagged) and OWNER not in have.tags
