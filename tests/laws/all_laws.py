"""Every law there is, by service: what the complete stack lives under."""

from __future__ import annotations

from tests.laws.law import Law
from tests.laws.rules import lambda_

LAWS: tuple[type[Law], ...] = (*lambda_.LAWS,)


def every_law() -> list[Law]:
    """One of each, without memory: a new account."""
    return [law() for law in LAWS]
