"""Defines a plan of the whole stack and the result of carrying it out."""

from __future__ import annotations

from dataclasses import dataclass, field

from provision.errors import DataProtected, NotOwned, ProvisionError
from provision.model.step import Step
from provision.model.stored_data import Backup
from provision.plan.change import WRITES, Action, ResourceChange


@dataclass
class Plan:
    """The changes of all nodes, and of orphans, which only the journal has."""

    changes: dict[str, ResourceChange]
    orphans: dict[str, ResourceChange] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, ResourceChange]:
        return self.changes | self.orphans

    @property
    def has_changes(self) -> bool:
        """Return whether `up` would write anything if nothing were refused."""
        return any(change.action in WRITES for change in self.all.values())

    @property
    def writes(self) -> int:
        """The number of nodes that will be written."""
        return sum(change.action in WRITES for change in self.all.values())

    @property
    def observed(self) -> dict[str, Step]:
        """The observed resources, by node."""
        return {name: one.have for name, one in self.changes.items() if one.have is not None}

    @property
    def doable(self) -> bool:
        """Return whether there is a change that `up` may make."""
        return any(f.action in WRITES and not f.unblock_hint for f in self.all.values())


@dataclass
class Result:
    """The result of a run: changes as made, resources as they are now, failures by node."""

    changes: dict[str, ResourceChange]
    resources: dict[str, Step]
    failed: dict[str, ProvisionError]
    interrupted: bool = False
    backups: dict[str, Backup] = field(default_factory=dict)
    """Backups made before data was destroyed, by node."""

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Nodes that were not begun, because of a failure or an interruption."""
        return tuple(n for n, f in self.changes.items() if f.action is Action.BLOCKED)

    @property
    def done(self) -> tuple[str, ...]:
        """Nodes that were created, changed or deleted."""
        written = (n for n, f in self.changes.items() if f.action in WRITES)
        return tuple(node for node in written if node not in self.failed)

    @property
    def refused_whole(self) -> bool:
        """Return whether nothing was done, only because the user must decide first."""
        refused = all(isinstance(error, NotOwned | DataProtected) for error in self.failed.values())
        return bool(self.failed) and refused and not self.done
