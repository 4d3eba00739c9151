"""Changes: the wanted and the observed resource, their field diffs, and the action that follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from provision.model.step import FieldRole, Step, fields_with
from provision.model.stored_data import StoredData
from provision.unknown import is_known


class Action(StrEnum):
    """An action of `up` on a node (`delete`: on an orphan, or in `down`)."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    KEEP = "keep"
    BLOCKED = "wait"  # the user must first decide about something it needs
    FOREIGN = "foreign"  # exists, and is not owned by this stack
    SKIP = "skip"  # the emulator has no such service


class Cause(StrEnum):
    """The reason why a field differs, or why a node is created or deleted."""

    CONFIG = "config"
    DRIFT = "drift"
    REMOVED = "removed"  # the configuration no longer has it


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE})
PUBLISH: Final = "publish"
"""The verb for a replacement that adds to a numbered history: the old one stays."""


@dataclass(frozen=True)
class FieldDiff:
    """A field that differs.

    `want` may hold unknowns. `fixed` means that it cannot be changed in place. `recorded` is the
    value in the journal or, if the journal has none, the value in AWS.
    """

    field: str
    want: Any
    have: Any
    fixed: bool
    cause: Cause
    recorded: Any = None

    @property
    def is_conflict(self) -> bool:
        """Return whether AWS and the configuration both changed since the last run, differently."""
        return self.cause is Cause.DRIFT and is_known(self.want) and self.want != self.recorded


@dataclass(frozen=True)
class ResourceChange:
    """The wanted and the observed resource of one node, and what follows."""

    node: str
    needs: tuple[str, ...]
    kind: str
    want: Step | None
    have: Step | None
    diffs: tuple[FieldDiff, ...]
    action: Action
    reason: str = ""
    """Why the action was chosen; empty if the action says it all."""
    unblock_hint: str = ""
    """How the user lifts the block of `up` or `down`; empty if nothing is blocked."""
    cause: Cause | None = None
    """Why it is created or deleted; the causes of an update are those of its diffs."""

    deposed: tuple[Step, ...] = ()
    """Left by an interrupted replacement, and found by owner after a loss of the state."""
    stored_data: StoredData | None = None
    """The user's data in a resource that may be deleted; None if there is none."""
    messages: int = 0
    """About how many messages wait in a resource that may be deleted."""
    at_once: bool = False
    """Whether it takes no time, as in an emulator."""

    @property
    def causes(self) -> frozenset[Cause]:
        """The causes of everything that is done about the node; empty if nothing is."""
        if self.action not in WRITES:
            return frozenset()
        own = {self.cause} if self.cause else set()
        return frozenset(own | {diff.cause for diff in self.diffs})

    @property
    def verb(self) -> str:
        """The action as a word for users."""
        step = self.have or self.want
        adds = step is not None and step.REPLACEMENT.keeps_old
        return PUBLISH if adds and self.action is Action.REPLACE else self.action.value

    @property
    def label(self) -> str:
        """The resource's name, as observed or else as wanted."""
        step = self.have or self.want
        return step.label if step else ""


def diff_fields(
    want: Step, have: Step, recorded: Step | None, ignored: frozenset[str] = frozenset()
) -> tuple[FieldDiff, ...]:
    """Return the compared fields in which two values of one class differ, in class order.

    A difference is drift if AWS no longer has the value that the journal recorded; if AWS still has
    it, the configuration changed.
    """
    kind = type(want)
    fixed = fields_with(kind, FieldRole.FIXED)
    diffs = []
    for name in (*fixed, *fields_with(kind, None)):
        wanted, found = vars(want)[name], vars(have)[name]
        if name in ignored or (is_known(wanted) and wanted == found):
            continue
        left_as = vars(recorded).get(name, found) if recorded else found
        cause = Cause.CONFIG if left_as == found else Cause.DRIFT
        diffs.append(
            FieldDiff(name, wanted, found, fixed=name in fixed, cause=cause, recorded=left_as)
        )
    return tuple(diffs)
