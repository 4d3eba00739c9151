"""The user's data in a resource: how much there is, and the backup made before deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class StoredData:
    """The amount of data in a resource by AWS's count, which may be six hours old.

    `protected` means that AWS refuses to delete it now.
    """

    items: int
    bytes: int
    protected: bool

    @property
    def summary(self) -> str:
        """The amount in words: `12 items, 3.4 kB by AWS's count of up to six hours ago`."""
        items = "1 item" if self.items == 1 else f"{self.items:,} items"
        return f"{items}, {format_bytes(self.bytes)} by AWS's count of up to six hours ago"


@dataclass(frozen=True)
class Backup:
    """A complete backup with the data of the second `made` (UTC, as AWS dates it).

    `restore` is the command that recreates the resource from it; `earlier` are backups of
    interrupted runs.
    """

    name: str
    arn: str
    made: str
    restore: str
    earlier: tuple[str, ...] = ()


def format_bytes(count: int) -> str:
    """Return a number of bytes in readable form: `3.4 kB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004  (kilo)
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} bytes"
