"""Defines the actions that the user allows by name: adopting resources, and destroying data."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from provision.model.stack import current_name


@dataclass(frozen=True)
class PlanOptions:
    """The nodes that the user allows to be adopted or destroyed by name."""

    adopt: frozenset[str] = frozenset()
    destroy: frozenset[str] = frozenset()
    destroy_data: bool = False
    backup: bool = True
    """Whether a final backup is made before data is destroyed."""

    verb: str = "up"
    """The command to run again with further options."""

    @property
    def options(self) -> tuple[str, ...]:
        """The options for the named nodes, as they are typed."""
        adopted = [word for node in sorted(self.adopt) for word in ("--adopt", node)]
        lost = [word for node in sorted(self.destroy) for word in ("--destroy", node)]
        return (*adopted, *lost)

    def destroying(self, *nodes: str) -> str:
        """Return the command that allows the data of the nodes to be lost."""
        named = " ".join(f"--destroy {shlex.quote(node)}" for node in nodes)
        return f"`provision {self.verb} {named}`"

    def without_backup(self, node: str) -> str:
        """Return the command that allows it to be lost without a final backup."""
        return f"`provision {self.verb} --no-backup --destroy {shlex.quote(node)}`"

    def may_destroy(self, node: str) -> bool:
        return self.destroy_data or self._names(node)

    def may_undo_backups(self, node: str) -> bool:
        """Return whether a resource that final backups need may be deleted, too."""
        return self._names(node) or (self.destroy_data and not self.backup)

    def _names(self, node: str) -> bool:
        return not self.destroy.isdisjoint({node, current_name(node)})


NO_OPTIONS: Final = PlanOptions()
