"""Limitations of an emulator: services it lacks, settings it accepts but does not return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limitations:
    """Limitations of an emulator, each with its reason in words.

    They are kinds without a service, fields that it accepts but does not return, and kinds of which
    it makes no backups.
    """

    unsupported_kinds: Mapping[str, str]
    unreadable_fields: Mapping[str, Mapping[str, str]]
    kinds_without_backup: Mapping[str, str]
    unlisted: str = ""
    """In words, the resources that it has but does not list by tag."""
    at_once: bool = False
    """Whether it carries out every change at once, so that none is slow."""

    def backup_words(self, kind: str) -> str:
        """Return what happens to a kind's data before deletion, if backups are wanted."""
        if lacking := self.kinds_without_backup.get(kind):
            return f"no backup is made: {lacking}"
        return "a final backup is made first"


NO_LIMITATIONS: Final = Limitations({}, {}, {})
