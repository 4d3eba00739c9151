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
class Cors:
    """Answer headers by which a browser knows who may call, with the values of OPTIONS answers."""

    origins: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: str = ""


@dataclass(frozen=True)
class Settings:
    table: str
    expiry: Expiry | None
    cors: Cors
    seals_cursors: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        attribute = environment.get("EXPIRE_ATTRIBUTE_ITEMS", "")
        days = environment.get("EXPIRE_DAYS_ITEMS", "")
        return cls(
            table=environment["TABLE_ITEMS"],
            expiry=Expiry(attribute, int(days) * _DAY) if attribute and days else None,
            cors=Cors(
                origins=_listed(environment.get("CORS_ORIGIN", "")),
                headers=_listed(environment.get("CORS_HEADERS", "")),
                expose=_listed(environment.get("CORS_EXPOSE", "")),
                max_age=environment.get("CORS_MAX_AGE", ""),
            ),
            seals_cursors=CURSOR_KEY in environment,
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
