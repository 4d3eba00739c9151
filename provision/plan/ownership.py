"""Decides whether a resource found for a node is this stack's, and explains it to the user."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from provision.model.capabilities import MayReappear
from provision.model.stack import Stack, current_name
from provision.model.step import OWNER, OwnerMark, Step, Tagged, same_identity
from provision.state.record import Record
from provision.unknown import is_known

MOVABLE: Final = frozenset({"table", "function", "layer"})
"""The areas whose nodes `moved` in config.yaml may name."""

S = TypeVar("S", bound=Step)


class OwnedBy(StrEnum):
    """The owner of an observed resource, as far as its mark and the record show it."""

    US = "us"
    OTHERS = "others"
    PARENT = "parent"  # only a record leads to it: ours if AWS shows that it leads to ours
    WRITER = "writer"  # it may have reappeared after our deletion: ours if its writer is


@dataclass(frozen=True)
class Ownership:
    """The owner marks of one stack, with its moves and records. Makes no AWS call.

    `records` are those of the journal, and change while the engine works.
    """

    stack: Stack
    records: Mapping[str, Record]

    def owner_of(self, node: str) -> str:
        """Return the owner for a node's owner tag. A deposed resource keeps its node's."""
        return f"{self.stack.owner_prefix}/{current_name(node)}"

    def owners(self, node: str) -> tuple[str, ...]:
        """Return the values that the owner tag of a node's resource may have."""
        return (self.owner_of(node), *self._former_owners(node))

    def claim(self, node: str, want: S) -> S:
        """Return the wanted step with its owner; if that cannot be changed, the one it has."""
        lasts = want.OWNER_MARK is OwnerMark.PERMANENT
        former = self._former_owners(node) if lasts else ()
        return want.with_owner(next(iter(former), self.owner_of(node)))

    def carries_mark(self, node: str, expected: Step, have: Step) -> bool:
        """Return whether the resource carries one of the node's owners, or can carry none."""
        return any(expected.is_owned_by(have, owner) for owner in self.owners(node))

    def owner_by_mark(self, node: str, expected: Step, have: Step) -> OwnedBy:
        """Return the owner, or what AWS has to be asked to know it."""
        record = self.records.get(node)
        deleting = record is not None and record.pending == "delete"
        if deleting and isinstance(have, MayReappear) and has_no_owner(have):
            return OwnedBy.WRITER  # a delayed writer may have recreated it (A35)
        if self.carries_mark(node, expected, have):
            return OwnedBy.US
        if record is None or not self.carries_mark(node, record.step, have):
            return OwnedBy.OTHERS
        return OwnedBy.PARENT if have.OWNER_MARK is OwnerMark.BY_CONTENT else OwnedBy.US

    def is_our_mark(self, owner: str | None) -> bool:
        """Return whether this is the owner mark of a node of ours.

        A mark of an older version, which two stacks may share, is believed only if a record has it.
        A node has no slash: `tap-dev/x/…` is the mark of a stack `tap-dev`, not an old mark with
        the prefix `tap-dev`.
        """
        if not owner:
            return False
        before, _, node = owner.rpartition("/")
        older = before == self.stack.name and self._recorded(owner)
        return bool(node) and (before == self.stack.owner_prefix or older)

    def leads_to_ours(self, expected: Step, parent: str | None) -> bool:
        """Return whether its parent's owner confirms the ownership that only a record states.

        Anyone may have written the record. The parent may be gone (None) and is recreated before
        anything is written here: AWS refuses a second one of that name to everyone else.
        """
        return self.is_our_mark(parent) or (parent is None and not is_known(expected))

    def may_have_reappeared(
        self, node: str, expected: Step, have: Step, parent: str | None
    ) -> bool:
        """Return whether it may be what we deleted, although its writer is not shown to be ours.

        The state may have been written by anyone: it is believed for a node of config.yaml whose
        writer is gone, or that is found by its wanted name.
        """
        told = parent is None or (parent == "" and same_identity(expected, have))
        return told and node in self.stack.nodes

    def describe(self, have: Step) -> str:
        """Return in words which node of this stack owns the resource, or that none does.

        For example: `tap-dev-items is this stack's table.articles`.
        """
        other = self._other_node(have)
        return (
            f"{have.label} belongs to this stack's {other}"
            if other
            else f"{have.label} exists and does not belong to this stack"
        )

    def hint(self, node: str, have: Step) -> str:
        """Return what to do about it: declare a rename in config.yaml, or adopt it."""
        other = self._other_node(have)
        adopt = adopt_hint(node)
        one_each = other.count(".") == node.count(".") == 1
        if other and other.partition(".")[0] in MOVABLE and one_each:
            return f"`moved: {{{other}: {node}}}` in config.yaml says that it was renamed; {adopt}"
        return adopt

    def unknown_move(self, node: str) -> str:
        """Return why a node named in `moved` is created: the state knows no former name of it.

        Empty for every other node, and if the state knows nothing at all.
        """
        former = self._former_names(node)
        if not former or not self.records or node in self.records or node.count(".") > 1:
            return ""
        return f"`moved` says it was {former[0]}, which the state does not have either"

    def _other_node(self, have: Step) -> str:
        """Return the node of this stack that the owner tag names; empty if it names another."""
        owner = have.tags.get(OWNER, "") if isinstance(have, Tagged) else ""
        mine = f"{self.stack.owner_prefix}/"
        return owner.removeprefix(mine) if owner.startswith(mine) else ""

    def _recorded(self, owner: str) -> bool:
        steps = [record.step for record in self.records.values()]
        return any(step.OWNER_MARK.names_owner and step.is_owned_by(step, owner) for step in steps)

    def _former_owners(self, node: str) -> tuple[str, ...]:
        """Return the owners that the tag names until `up` has changed it.

        They are those of a renamed node's old name, and those of older versions, whose marks had
        neither region nor account. Two stacks could share such a mark, so it is believed only if
        the state has it.
        """
        name = current_name(node)
        former = self._former_names(name)
        renamed = [self.owner_of(old) for old in former]
        record = self.records.get(node)
        older = [f"{self.stack.name}/{old}" for old in (name, *former)]
        recorded = [own for own in older if record and record.step.is_owned_by(record.step, own)]
        return tuple(dict.fromkeys([*recorded, *renamed]))

    def _former_names(self, node: str) -> list[str]:
        return [old for old, new in self.stack.moved.items() if new == node]


def adopt_hint(node: str) -> str:
    """Return the command that adopts a foreign resource, with its effect."""
    return f"`provision up --adopt {shlex.quote(node)}` takes it over"


def has_no_owner(have: Step) -> bool:
    """Return whether the resource could carry an owner and carries none."""
    return isinstance(have, Tagged) and OWNER not in have.tags


def same_mark(have: Step, now: Step) -> bool:
    """Return whether two observations of one resource show the same mark or content."""
    if isinstance(have, Tagged) and isinstance(now, Tagged):
        return have.tags.get(OWNER) == now.tags.get(OWNER)
    return have.is_owned_by(now, "")
