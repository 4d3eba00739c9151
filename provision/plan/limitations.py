"""What cannot be seen: an emulator lacks services, and forgets what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limitations:
    """What an emulator lacks: kinds without a service, fields it takes but does not show, and kinds
    it makes no backups of."""

    unsupported_kinds: Mapping[str, str]
    unreadable_fields: Mapping[str, Mapping[str, str]]
    kinds_without_backup: Mapping[str, str]
    unlisted: str = ""
    """In words, what it has and does not list by tag."""

    def backup_words(self, kind: str) -> str:
        """What becomes of a kind's data before it goes, where backups are wanted."""
        if lacking := self.kinds_without_backup.get(kind):
            return f"no backup is made: {lacking}"
        return "a final backup is made first"


NO_LIMITATIONS: Final = Limitations({}, {}, {})
