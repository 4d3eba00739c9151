"""Settings that `provision` passes to the function in its environment, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CURSOR_KEY = "CURSOR_KEY"
"""The variable that says where the key is kept that cursors are sealed with; it may be absent."""
_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Expiry:
    """After how many seconds an item expires, and the attribute that says when."""

    attribute: str
    seconds: int


@dataclass(frozen=True)
class Settings:
    table: str
    expiry: Expiry | None
    seals_cursors: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        attribute = environment.get("EXPIRE_ATTRIBUTE_ITEMS", "")
        days = environment.get("EXPIRE_DAYS_ITEMS", "")
        return cls(
            table=environment["TABLE_ITEMS"],
            expiry=Expiry(attribute, int(days) * _DAY) if attribute and days else None,
            seals_cursors=CURSOR_KEY in environment,
        )
