"""What is wanted beside what was found: the difference by field, its cause, and the action that
follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from provision.model.step import Mark, Replacement, Step, fields_with
from provision.model.stored_data import StoredData
from provision.unknown import is_known


class Action(StrEnum):
    """What `up` does about a node (`delete`: about one no longer wanted, or in `down`)."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    KEEP = "keep"
    BLOCKED = "wait"  # something it needs must be settled by the user first
    FOREIGN = "foreign"  # exists, and is not ours
    SKIP = "skip"  # the emulator has no such service


class Cause(StrEnum):
    """Why a field differs, or a whole node is made or removed."""

    CONFIG = "config"
    DRIFT = "drift"
    REMOVED = "removed"  # the configuration no longer has it


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE})
PUBLISH: Final = "publish"
"""The word for a replacement that adds to a numbered history: the old one stays."""


@dataclass(frozen=True)
class FieldDiff:
    """One field that differs. `want` may hold unknowns; `fixed` means it cannot change in place.
    `left` is what the journal says we left there; what AWS has, where it says nothing."""

    field: str
    want: Any
    have: Any
    fixed: bool
    cause: Cause
    recorded: Any = None

    @property
    def is_conflict(self) -> bool:
        """Whether AWS and the configuration were both changed since, each to something else."""
        return self.cause is Cause.DRIFT and is_known(self.want) and self.want != self.recorded


@dataclass(frozen=True)
class ResourceChange:
    """One node: what is wanted, what AWS has, and what follows."""

    node: str
    needs: tuple[str, ...]
    kind: str
    want: Step | None
    have: Step | None
    diffs: tuple[FieldDiff, ...]
    action: Action
    reason: str = ""
    """Why it is kept, skipped, foreign or waiting; empty where the action says it all."""
    blocked_by: str = ""
    """What stops `up` or `down` here until the user decides: the option to type."""
    cause: Cause | None = None
    """Why it is created or deleted; the causes of an update are its changes'."""

    @property
    def causes(self) -> frozenset[Cause]:
        """Why anything is done about it; empty where nothing is."""
        if self.action not in WRITES:
            return frozenset()
        own = {self.cause} if self.cause else set()
        return frozenset(own | {diff.cause for diff in self.diffs})

    deposed: tuple[Step, ...] = ()
    """What a replacement cut short has left beside it, found by owner when the state was lost."""
    stored_data: StoredData | None = None
    """The user's data in what may go; None where there is none."""

    @property
    def verb(self) -> str:
        """What is done about it, in the word that people read."""
        step = self.have or self.want
        adds = step is not None and step.REPLACEMENT is Replacement.SUCCEED
        return PUBLISH if adds and self.action is Action.REPLACE else self.action.value

    @property
    def label(self) -> str:
        """The resource's name, as found or as wanted."""
        step = self.have or self.want
        return step.label if step else ""


def diff_fields(
    want: Step, have: Step, recorded: Step | None, ignored: frozenset[str] = frozenset()
) -> tuple[FieldDiff, ...]:
    """The compared fields in which two values of one class differ, in the class's order.

    A field is drift when AWS no longer has what the journal recorded; when it still has that, the
    configuration changed.
    """
    kind = type(want)
    fixed = fields_with(kind, Mark.FIXED)
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
