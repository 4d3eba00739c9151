"""What the user allows by name: to take over, and to destroy."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from provision.model.stack import current_name


@dataclass(frozen=True)
class PlanOptions:
    """What the user allows by name."""

    adopt: frozenset[str] = frozenset()
    destroy: frozenset[str] = frozenset()
    destroy_data: bool = False
    backup: bool = True
    """A final backup is made before data is destroyed."""

    verb: str = "up"
    """The command that would go on with more of it."""

    @property
    def options(self) -> tuple[str, ...]:
        """What it names, as it is typed."""
        adopted = [word for node in sorted(self.adopt) for word in ("--adopt", node)]
        lost = [word for node in sorted(self.destroy) for word in ("--destroy", node)]
        return (*adopted, *lost)

    def destroying(self, node: str) -> str:
        """The command that lets the node's data be lost."""
        return f"`provision {self.verb} --destroy {shlex.quote(node)}`"

    def without_backup(self, node: str) -> str:
        """The command that does so without a final backup."""
        return f"`provision {self.verb} --no-backup --destroy {shlex.quote(node)}`"

    def may_destroy(self, node: str) -> bool:
        return self.destroy_data or self._names(node)

    def may_undo_backups(self, node: str) -> bool:
        """Whether what the final backups need may go, too."""
        return self._names(node) or (self.destroy_data and not self.backup)

    def _names(self, node: str) -> bool:
        return not self.destroy.isdisjoint({node, current_name(node)})


NO_OPTIONS: Final = PlanOptions()
