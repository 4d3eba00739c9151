"""Every law there is, by service: what the complete stack lives under."""

from __future__ import annotations

from tests.laws.law import Law
from tests.laws.rules import answers, apigateway, domains, iam, lambda_, network

LAWS: tuple[type[Law], ...] = (
    *answers.LAWS,
    *apigateway.LAWS,
    *domains.LAWS,
    *iam.LAWS,
    *lambda_.LAWS,
    *network.LAWS,
)


def every_law() -> list[Law]:
    """One of each, without memory: a new account."""
    return [law() for law in LAWS]
